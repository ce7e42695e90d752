"""Items that repeat in many posts are parsed once, and mean the same everywhere."""

import json
from typing import Any

import pytest

from pipelines.documents import items as module
from pipelines.documents.fences import split_post
from pipelines.documents.items import Items
from pipelines.documents.simple_yaml import MAX_UNCOUNTED_CHARACTERS, parse_simple
from tests.conftest import parse

HEAD = "---\ntitle: A\n"
TAIL = "type: article\n"
ITEMS = "  - title: B\n    provider:\n      name: C\n  - title: D\n\n"


def post(items: str = ITEMS, head: str = HEAD, tail: str = TAIL, end: str = "---\nBody\n") -> bytes:
    return f"{head}related:\n{items}{tail}{end}".encode()


def cut_all(posts: list[bytes], items: Items | None = None) -> list[dict[str, Any] | None]:
    """The mapping of each post that can be cut, put together again, and its body."""
    items = items or Items("related")
    cuts = [items.cut(data) for data in posts]
    items.parse_new()
    mappings: list[dict[str, Any] | None] = []
    for cut in cuts:
        if cut is None:
            mappings.append(None)
            continue
        [front_matter] = parse_simple([cut[0].front_matter])
        related = items.list_json(cut[1])
        if front_matter is None or related is None or "related" in front_matter:
            mappings.append(None)
        else:
            listed = list(map(json.loads, related))
            mappings.append({**front_matter, "related": listed, "": cut[0].body})
    return mappings


def read_slowly(data: bytes) -> dict[str, Any]:
    whole = split_post(data)
    return {**parse(whole.front_matter), "": whole.body}


@pytest.mark.parametrize(
    "data",
    [
        post(),
        post(tail=""),
        post("- title: B\n- title: D\n  images:\n  - url: /e\n"),
        post("  - title: B\n\n\n  - title: B\n    # why\n  - title: B\n"),
        post("  -   title: B\n      type: C\n"),
        post("  - title: B", tail="", end="\n---"),
        post(head=HEAD + "topics:\n- E\n"),
        post(end="...\n  - title: E\nrelated:\n  - title: F\n---\n"),
        post(end="--- \r\nBody\r\n"),
        post("  - B\n  - null\n  - [C, D]\n"),
        post("  - mood: B\n"),
        post(head="\ufeff" + HEAD),
        post(tail="", end="---\n  - title: E\n"),
    ],
)
def test_a_post_is_put_together_again(data: bytes) -> None:
    expected = read_slowly(data)
    assert cut_all([data, post(), data]) == [expected, read_slowly(post()), expected]


@pytest.mark.parametrize(
    "data",
    [
        HEAD.encode() + TAIL.encode() + b"---\n",
        post(""),
        f"{HEAD}related: []\n---\n".encode(),
        post(ITEMS + "# why\n  - title: E\n"),
        post(ITEMS + "- title: E\n"),
        post("  - title: B\n   type: C\n"),
        post("  - title: B\n type: C\n"),
        post("  - title: B\n  type: C\n"),
        post("  -\n    title: B\n"),
        post("  - title: B\n  -\n"),
        post("  - - B\n"),
        post("  - # why\n"),
        post("  - title: B\n    title: C\n"),
        post("  - title: |\n      B\n"),
        post("  - &a title: B\n"),
        post("  - title: 'B\n  - title: C'\n"),
        post("  - images:\n    - url: B\n       url: C\n"),
        post("  - title: B\r\n"),
        post("  - title: B\u2028\n"),
        post(tail=TAIL + "related:\n  - title: E\n"),
        post(tail="?\n"),
        post(head=HEAD + "related: []\n"),
        post(head="---\nexcerpt: 'E\n", tail="title: F'\n"),
        post(head="---\ntitle: A\n---\n"),
        post(head="---\n", tail=""),
        post(tail="x" * MAX_UNCOUNTED_CHARACTERS + ": y\n"),
        post("\t- title: B\n"),
        post(end=""),
        post(end=" ---\n"),
        post().replace(b"\n", b"\r\n"),
        post().replace(b"title: D", b"title: \xff"),
        post().replace(b"article", b"\xff"),
        post().replace(b"Body", b"\xff"),
        post().decode().encode("utf-16"),
    ],
)
def test_a_post_that_cannot_be_cut_for_sure_is_left_to_others(data: bytes) -> None:
    expected = read_slowly(post())
    assert cut_all([post(), data, post()]) == [expected, None, expected]


@pytest.mark.parametrize("broken", [set(), {0}, {64}, {1, 70, 199}])
def test_one_item_that_is_broken_harms_only_its_posts(broken: set[int]) -> None:
    items = [f"  - title: {n}\n" + "    title: B\n" * (n in broken) for n in range(200)]
    posts = [post(items[n] + items[(n + 1) % 200] + items[n]) for n in range(200)]
    cut = cut_all(posts)
    assert [n for n, each in enumerate(cut) if each is None] == [
        n for n in range(200) if broken & {n, (n + 1) % 200}
    ]
    assert all(each is None or each == read_slowly(posts[n]) for n, each in enumerate(cut))


def test_every_distinct_item_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    real = module.render_simple_items

    def render(texts: list[str]) -> list[str | None]:
        parsed.extend(texts)
        return real(texts)

    monkeypatch.setattr(module, "render_simple_items", render)
    items = Items("related")
    for _ in range(2):
        assert None not in cut_all([post()] * 50, items)
    # The last item has lost the blank line below it.
    assert parsed == ["  - title: B\n    provider:\n      name: C\n", "  - title: D\n"]


def test_items_are_forgotten_when_they_take_too_much_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_MEMORY_BYTES", 30)
    items = Items("related")
    for n in range(5):
        items.forget_if_full()
        data = post(f"  - title: {n}\n  - title: other\n")
        assert cut_all([data], items) == [read_slowly(data)]


def test_another_key_holds_the_items_of_another_archive() -> None:
    data = post().replace(b"related", b"links")
    items = Items("links")
    cut = items.cut(data)
    assert cut
    assert "links" not in cut[0].front_matter
    assert items.cut(post()) is None
