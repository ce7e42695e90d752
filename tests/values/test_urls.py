"""Canonical addresses."""

import polars as pl
import pytest

from pipelines.values.ids import identify
from pipelines.values.urls import canonicalize_url, canonicalize_urls, read_host


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://example.org/a", "https://example.org/a"),
        (" https://example.org/a ", "https://example.org/a"),
        ("HTTPS://Example.ORG/Path", "https://example.org/Path"),
        ("https://Example.org", "https://example.org"),
        ("https://Example.org?A=B", "https://example.org?A=B"),
        ("https://Me:PASS@Example.org/A@B", "https://Me:PASS@example.org/A@B"),
        ("//CDN.Example.org/A", "//cdn.example.org/A"),
        ("https://e.org/a#part", "https://e.org/a"),
        ("https://e.org/a?#part", "https://e.org/a?"),
        ("https://e.org/a?utm_source=x", "https://e.org/a"),
        ("https://e.org/a?b=1&utm_source=x&c=2", "https://e.org/a?b=1&c=2"),
        ("https://e.org/a?utm_source=x&utm_medium=y&b", "https://e.org/a?b"),
        ("https://e.org/a?fbclid=1&gclid=2&msclkid=3&mc_cid=4&mc_eid=5", "https://e.org/a"),
        ("https://e.org/a?fbclid2=1&my_utm_x=2", "https://e.org/a?fbclid2=1&my_utm_x=2"),
        ("https://e.org/a?b=1&&c", "https://e.org/a?b=1&&c"),
        ("https://e.org/a?b=1&#038;c=2", "https://e.org/a?b=1&c=2"),
        ("https://e.org/a?b=1&amp;utm_source=x", "https://e.org/a?b=1"),
        ("https://e.org/a?b=1&copy=2&amp=3", "https://e.org/a?b=1&copy=2&amp=3"),
        ("https://e.org/a?b=&amp;amp;c", "https://e.org/a?b=&amp;c"),
        ("https://e.org/%7Ea b", "https://e.org/%7Ea b"),
        ("https://e.org/a?b=1&copyright;c=2&notify;", "https://e.org/a?b=1&copyright;c=2&notify;"),
        ("https://e.org/a?b=1&copy;&NotEqualTilde;", "https://e.org/a?b=1©≂̸"),
        ("/Relative/Path?utm_source=x#y", "/Relative/Path"),
        ("/go?to=HTTPS://Example.ORG/Path", "/go?to=HTTPS://Example.ORG/Path"),
    ],
)
def test_a_canonical_address_keeps_only_what_names_its_page(url: str, canonical: str) -> None:
    assert canonicalize_url(url) == canonical


def test_ids_follow_the_canonical_address_and_null_stays_null() -> None:
    urls = pl.Series(["https://e.org/a#1", None, "https://e.org/a#2"])
    page = ("https://e.org/a", identify("https://e.org/a"))
    assert canonicalize_urls(urls).rows() == [page, (None, None), page]


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://example.org/a", "example.org"),
        ("HTTPS://WWW.Example.org", "example.org"),
        ("//cdn.example.org/a", "cdn.example.org"),
        ("http://me:pass@www.example.co.uk:8080/a@b", "example.co.uk"),
        ("https://example.org?to=//other.org", "example.org"),
        ("https://www.com/", "www.com"),
        ("https://www2.example.org/", "www2.example.org"),
        ("https://[::1]:8080/a", "[::1]"),
        ("ftp://Example.org/a", "example.org"),
        ("/a", None),
        ("/go?to=https://example.org", None),
        ("example.org/a", None),
        ("https:///a", None),
        ("", None),
        (None, None),
    ],
)
def test_a_host_has_neither_user_nor_port_nor_www(address: str | None, host: str | None) -> None:
    frame = pl.DataFrame({"address": [address]}, schema={"address": pl.String})
    assert frame.select(read_host(pl.col("address"))).item() == host
