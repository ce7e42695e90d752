"""Items that repeat in many posts are parsed once, and mean the same everywhere."""

from typing import Any

import pytest

from pipelines.documents import repeats
from pipelines.documents.repeats import CHUNK_ITEMS, MAX_CUT_CHARACTERS, fit_repeats
from tests.conftest import FITTER, parse

HEAD = "---\ntitle: A\n"
TAIL = "type: article\n"
ITEMS = "  - title: B\n    provider:\n      name: C\n  - title: D\n\n"


def post(items: str = ITEMS, head: str = HEAD, tail: str = TAIL) -> str:
    return f"{head}related:\n{items}{tail}"


def fit_slowly(texts: list[str]) -> list[dict[str, Any]]:
    fitted = [FITTER.fit_front_matter(parse(text)) for text in texts]
    return FITTER.frame(fitted).to_pylist()


@pytest.mark.parametrize(
    "text",
    [
        post(),
        post(tail=""),
        post("- title: B\n- title: D\n  images:\n  - url: /e\n"),
        post("  - title: B\n\n\n  - title: B\n    # why\n  - title: B\n"),
        post("  -   title: B\n      type: C\n"),
        post("  - title: B", tail=""),
        post(head=HEAD + "topics:\n- E\n"),
        post(head="---\n"),
    ],
)
def test_a_post_is_put_together_again(text: str) -> None:
    texts = [text, post(), text]
    fitted = fit_repeats(texts, FITTER)
    assert fitted.places == [0, 1, 2]
    assert fitted.columns.to_pylist() == fit_slowly(texts)


@pytest.mark.parametrize(
    "text",
    [
        HEAD + TAIL,
        HEAD + "related: []\n",
        HEAD + "related:\n",
        post(ITEMS + "# why\n  - title: E\n"),
        post(ITEMS + "- title: E\n"),
        post("  - title: B\n   type: C\n"),
        post("  - title: B\n type: C\n"),
        post("  - title: B\n  type: C\n"),
        post("  -\n    title: B\n"),
        post("  - title: B\n  -\n"),
        post("  - B\n"),
        post("  - - B\n"),
        post("  - # why\n"),
        post("  - title:\n"),
        post("  - mood: B\n"),
        post("  - title: B\n    title: C\n"),
        post("  - title: |\n      B\n"),
        post("  - &a title: B\n"),
        post("  - title: 'B\n  - title: C'\n"),
        post("  - images:\n    - url: B\n       url: C\n"),
        post(tail=TAIL + "related:\n  - title: E\n"),
        post(head=HEAD + "related: []\n"),
        post(head=HEAD + "mood: E\n"),
        post(head=HEAD + "topics:\n"),
        post(head="---\nexcerpt: 'E\n", tail="title: F'\n"),
        post(tail="x" * MAX_CUT_CHARACTERS),
        post("\t- title: B\n"),
        post().replace("\n", "\r\n"),
    ],
)
def test_a_post_that_cannot_be_cut_for_sure_is_parsed_whole(text: str) -> None:
    fitted = fit_repeats([post(), text, post()], FITTER)
    assert fitted.places == [0, 2]
    assert fitted.columns.to_pylist() == fit_slowly([post(), post()])


@pytest.mark.parametrize("misfits", [set(), {0}, {CHUNK_ITEMS}, {1, 70, 199}])
def test_one_item_that_does_not_fit_harms_only_its_posts(misfits: set[int]) -> None:
    items = [f"  - title: {n}\n" + "    mood: B\n" * (n in misfits) for n in range(200)]
    texts = [post(items[n] + items[(n + 1) % 200] + items[n]) for n in range(200)]
    fitted = fit_repeats(texts, FITTER)
    expected = [n for n in range(200) if not misfits & {n, (n + 1) % 200}]
    assert fitted.places == expected
    assert fitted.columns.to_pylist() == fit_slowly([texts[n] for n in expected])


def test_every_distinct_item_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []

    def to_json(texts: list[str]) -> list[bytes | None]:
        parsed.extend(texts)
        return real(texts)

    real = repeats.to_json
    monkeypatch.setattr(repeats, "to_json", to_json)
    assert len(fit_repeats([post()] * 50, FITTER).places) == 50
    assert sum(text.count("title: B") for text in parsed) == 1


def test_no_posts_give_an_empty_table() -> None:
    assert fit_repeats([], FITTER).columns.schema == FITTER.frame([]).schema
