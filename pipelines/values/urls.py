"""Addresses in a canonical form, by which links are joined."""

import re
from html.entities import html5
from typing import Final

import polars as pl

from pipelines.values.distinct import map_distinct
from pipelines.values.entities import decode_entities
from pipelines.values.ids import identify

TRACKING_PARAMETERS: Final = re.compile(
    r"(utm_[^=]*|fbclid|gclid|msclkid|mc_cid|mc_eid)(=.*)?\Z", re.S
)
"""Parameters that say where a reader came from, not which page it is."""

_HOST: Final = r"^(?:(?i)[a-z][a-z0-9+.-]*:)?//(?:[^/?#]*@)?(\[[^/?#\]]*\]|[^/?#:]+)"
_WWW: Final = r"^www\.([^.]+\..)"
"""`www.` before a whole domain. In `www.com` it is the domain itself."""

_CLOSED_ENTITY = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|([A-Za-z][A-Za-z0-9]*));")
_SCHEME_AND_HOST = re.compile(r"\A(?P<scheme>https?:)?//(?P<user>[^/?#]*@)?(?P<host>[^/?#]*)", re.I)


def canonicalize_url(url: str) -> str:
    """`url` trimmed, its entities decoded once, without tracking parameters and fragment.

    Scheme and host are lower case. Only entities that end in `;` are decoded: `&copy=1` is a
    parameter. Nothing else changes, so a page keeps its own spelling.
    """
    decoded = _CLOSED_ENTITY.sub(_decode_closed, url.strip())
    address, _, _ = decoded.partition("#")
    path, has_query, query = address.partition("?")
    kept = [part for part in query.split("&") if not TRACKING_PARAMETERS.match(part)]
    if has_query and kept:
        path = f"{path}?{'&'.join(kept)}"
    return _SCHEME_AND_HOST.sub(_lower, path)


def _lower(start: re.Match[str]) -> str:
    """Scheme and host in lower case. User and password stay as they are."""
    scheme, user, host = start.group("scheme", "user", "host")
    return f"{(scheme or '').lower()}//{user or ''}{host.lower()}"


def _decode_closed(entity: re.Match[str]) -> str:
    # Browsers would also decode the start of an unknown name: &copyright; as &copy.
    is_known = entity[1] is None or f"{entity[1]};" in html5
    return decode_entities(entity[0]) if is_known else entity[0]


def canonicalize_urls(urls: pl.Series) -> pl.DataFrame:
    """`canonical_url` and `url_id` of every address; null for null."""
    return map_distinct(urls, _canonicalize_distinct)


def read_host(address: pl.Expr) -> pl.Expr:
    """The host of an address in lower case, without user, port and `www.`; null without a host."""
    return address.str.extract(_HOST).str.to_lowercase().str.replace(_WWW, "$1")


def _canonicalize_distinct(urls: pl.Series) -> pl.DataFrame:
    canonical = [canonicalize_url(url) for url in urls]
    return pl.DataFrame(
        {"canonical_url": canonical, "url_id": [identify(url) for url in canonical]},
        schema={"canonical_url": pl.String, "url_id": pl.String},
    )
