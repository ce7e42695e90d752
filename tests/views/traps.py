"""A small archive with all that makes a naive count wrong."""

import json
from typing import Any

from tests.conftest import Archive, post

FILLERS = 15
"""Posts without anything special. With the others they are enough for a site-wide topic."""
TEASER = (
    "A long teaser, which two outlets print word for word, since both of them took it "
    "from the same agency."
)


def write_post(archive: Archive, name: str, **values: Any) -> None:
    """Write a post with some values of the base post changed; None leaves a key out.

    JSON is YAML, so hostile texts need no care.
    """
    values = {"webUrl": f"https://www.example.org/{name}", "topics": ["Azure"]} | values
    texts = {key: None if value is None else json.dumps(value) for key, value in values.items()}
    archive.write(f"_news/{name}.md", post(texts))


def write_traps(archive: Archive) -> None:
    """Write all posts, each group for one kind of mistake."""
    _write_shared_addresses(archive)
    _write_links(archive)
    _write_stories(archive)
    _write_providers(archive)
    _write_likenesses(archive)
    _write_images(archive)
    _write_hosts(archive)
    for number in range(FILLERS):
        write_post(archive, f"filler-{number}", topics=["Azure", f"Topic {number % 3}"])


def provider(name: str | None = None, domain: str | None = None, **more: Any) -> dict[str, Any]:
    return {"name": name, "domain": domain} | more


def links(*names: str) -> list[dict[str, str]]:
    return [{"webUrl": f"https://www.example.org/{name}", "title": f"{name}?"} for name in names]


def _write_shared_addresses(archive: Archive) -> None:
    """Several files with one address, of which one is its owner."""
    url = "https://www.example.org/shared?utm_source=x"
    write_post(archive, "shared-hidden-and-best", webUrl=url, quality=99, published=False)
    write_post(archive, "shared-public", webUrl=url, quality=10, title="The public one")
    write_post(archive, "shared-public-and-removed", webUrl=f"{url}#a", quality=50, removed=True)
    url = "https://www.example.org/tied"
    late, early = "2024-03-06", "2024-03-05"
    write_post(archive, "tied-without-quality", webUrl=url, publishedDateTime="2024-01-01")
    write_post(archive, "tied-late", webUrl=url, quality=10, publishedDateTime=late)
    write_post(archive, "tied-early", webUrl=url, quality=10, publishedDateTime=early)
    write_post(archive, "tied-early-too", webUrl=url, quality=10, publishedDateTime=early)
    write_post(
        archive,
        "tied-without-date",
        webUrl=url,
        quality=10,
        publishedDateTime=None,
        category="learning",
    )


def _write_links(archive: Archive) -> None:
    """Links to itself, to one address twice, to shared addresses, and to nowhere."""
    write_post(archive, "target", title='It\'s the "target"; DROP TABLE articles --')
    write_post(
        archive,
        "linking",
        related=[
            *links("linking", "target", "target#again", "shared", "tied", "nowhere"),
            {"webUrl": "https://www.example.org/nowhere", "provider": provider("Gone", "gone.com")},
        ],
        provider=provider("Linker", "linker.com"),
    )
    # It has the shared address itself, so this link is to itself, whoever owns the address.
    write_post(
        archive,
        "shared-and-linking",
        webUrl="https://www.example.org/shared",
        published=False,
        related=links("shared", "target"),
        provider=provider("Linker Too", "linker.com"),
    )
    write_post(archive, "linking-to-itself-alone", related=links("linking-to-itself-alone"))
    write_post(
        archive, "linking-without-provider", related=links("target", "linking"), provider=None
    )
    write_post(archive, "linking-without-address", webUrl=None, related=links("target"))


def _write_stories(archive: Archive) -> None:
    """Lists that name one another wholly, with and without pauses; and one that does not."""
    names = ("clique-a", "clique-b", "clique-c", "clique-d")
    days = ("01T00:00:00", "04T00:00:00", "07T00:00:01", "31T23:59:59")
    for number, (name, day) in enumerate(zip(names, days, strict=True)):
        write_post(
            archive,
            name,
            published=name == "clique-b",
            quality=(20, 50, 60, 40)[number],
            publishedDateTime=f"2024-05-{day}Z",
            # Everyone in another order, the third with itself and one twice.
            related=links(*(names[number + 1 :] + names[:number]))
            + (links("clique-c", "clique-a") if name == "clique-c" else []),
            provider=provider(f"Outlet {(0, 1, 2, 1)[number]}"),
        )
    write_post(archive, "outside", related=links("clique-a"))
    for name in ("undated-a", "undated-b"):
        write_post(
            archive,
            name,
            category="learning",
            publishedDateTime=None,
            published=False,
            related=links("undated-a", "undated-b"),
            provider=provider("Outlet 0"),
        )


def _write_hidden_clique(archive: Archive) -> None:
    """A story without a public article, whose best articles differ in their dates alone."""
    names = ("hidden-a", "hidden-b", "hidden-c", "hidden-d")
    for name, quality, day in zip(
        names, (None, 10, 10, 10), ("2024-06-01", "2024-06-03", "2024-06-02", None), strict=True
    ):
        write_post(
            archive,
            name,
            category="learning",
            published=False,
            quality=quality,
            publishedDateTime=day,
            related=links(*names),
        )


def _write_clique_with_a_shared_address(archive: Archive) -> None:
    """A story with two public articles, of which two have one address."""
    for name, address, quality in (("pair-a", "pair", 1), ("pair-b", "pair", 2), ("other", "x", 3)):
        write_post(
            archive,
            name,
            webUrl=f"https://www.example.org/{address}",
            quality=quality,
            published=name != "other",
            publishedDateTime=f"2024-06-0{quality}",
            related=links("pair", "x"),
        )


def _write_providers(archive: Archive) -> None:
    """One publisher by several names and domains, and publishers with half a name or none."""
    names = (
        *(("PR Newswire", "prnewswire.com"), ("PR Newswire", "prnewswire.co.uk")),
        *((" pr  newswire", "prnewswire.com"), ("Morningstar%2c Inc.", "morningstar.com")),
        *(("Morningstar, Inc.", None), ("AT&amp;T", "att.com"), ("AT&T", "att.com")),
        *((None, "only-a-domain.com"), ('100%ff sure\'s "x"', "x.com"), ("100% sure", "x.com")),
    )
    for number, (name, domain) in enumerate(names):
        write_post(
            archive,
            f"provided-{number}",
            provider=provider(name, domain),
            quality=10 * number if number else None,
            published=bool(number % 3),
        )


def _write_likenesses(archive: Archive) -> None:
    """Titles and teasers that are nearly, or only by chance, the same; and topics."""
    for number, (title, domain) in enumerate(
        (
            ("Same title, other outlet: “Ärger” in 2024!", "one.com"),
            ("same title - other outlet: ärger in 2024", "TWO.com"),
            ("Same title; other outlet; 'Ärger' in 2024?", None),
            ("Week in review", "one.com"),
            ("Week in review", "two.com"),
        )
    ):
        write_post(
            archive,
            f"alike-{number}",
            title=title,
            provider=provider("Somebody", domain),
            excerpt=f"<p>{TEASER}</p>" if number in (0, 3) else "Too short to tell.",
            topics=["Azure", " Azure ", 'O\'Brien "x"', "\u00a0", "two \u00a0 words"],
        )


def _write_nearly_likenesses(archive: Archive) -> None:
    """Texts of just enough characters and of one too few, or that differ in an accent alone."""
    texts = {
        "enough": {"title": "t" * 20, "excerpt": "e" * 80},
        "too-few": {"title": "t" * 19, "excerpt": "e" * 79},
        "teaser-as-title": {"title": TEASER},
    }
    for name, values in texts.items():
        for number in range(2):
            write_post(archive, f"{name}-{number}", **values)
    write_post(archive, "accent", title="The cafe\u0301 of the whole town")
    write_post(archive, "no-accent", title="The cafe of the whole town")


def _write_images(archive: Archive) -> None:
    """One picture of several owners; sizes that are zero or unknown."""
    logo = "https://www.Pictures.org/logo's.png"
    write_post(
        archive,
        "pictured",
        images=[
            {"url": logo, "width": 1200, "height": 630},
            {"url": logo, "width": 1000},
            {"url": "/relative.png", "width": 5, "height": 0},
        ],
        provider=provider("Pictured", images=[{"url": logo}]),
        related=[
            {
                **links("target")[0],
                "images": [{"url": logo, "width": 2000, "height": 100}],
                "provider": provider("Target", images=[{"url": "//cdn.pictures.org:80/x"}]),
            }
        ],
    )
    write_post(archive, "pictured-too", images=[{"url": logo}])
    write_post(archive, "with-a-logo-alone", provider=provider("P", images=[{"url": logo}]))


def _write_hosts(archive: Archive) -> None:
    """Two addresses that differ, and two that differ in nothing that matters."""
    write_post(archive, "moved", originalUrl="https://www.Short.org:443/a?b=//c.org")
    write_post(archive, "not-moved", originalUrl="http://EXAMPLE.org/elsewhere")


def write_more_traps(archive: Archive) -> None:
    """Write posts for rarer mistakes, whose answers nobody needs to know by heart."""
    _write_hidden_clique(archive)
    _write_clique_with_a_shared_address(archive)
    _write_nearly_likenesses(archive)
    for number, name in enumerate(("CRN", "crn", "crn\u00a0", "c\u00a0rn")):
        write_post(archive, f"spelled-{number}", provider=provider(name, "crn.com"))
    enormous = {"url": "/enormous.png", "width": 100_000, "height": 100_000}
    write_post(archive, "enormous", images=[enormous])
    write_post(archive, "shouting", webUrl="HTTPS://WWW.Example.ORG/a", originalUrl="//a@WWW.com")


def write_later(archive: Archive) -> None:
    """What a second run finds: new posts, one that returns, and one that is another page now."""
    write_post(archive, "new", publishedDateTime="2024-03-05T10:00:00Z")
    write_post(archive, "new-and-dated-ahead", publishedDateTime="2999-01-01")
    write_post(archive, "new-without-date", publishedDateTime=None, category="learning")
    write_post(archive, "filler-0", webUrl="https://www.example.org/rewritten", heat=7)
    write_post(archive, "filler-1", heat=8)
