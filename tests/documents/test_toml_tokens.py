"""Long texts of TOML, which are read without tomllib."""

import tomllib

import pytest

from pipelines.documents.toml_front import parse_toml
from pipelines.errors import FrontMatterError


@pytest.mark.parametrize(
    "end", ["", r"\"quoted\" \\ \b\t\n\f\r é \u00e9", "\ttab", r"\U0001F600", r"\u263A 'x'"]
)
def test_a_long_text_is_read_like_a_short_one(end: str) -> None:
    text = f'+++\na = [{{b = "{"x" * 300}{end}"}}]\nc = "short"\n+++\n'
    front_matter = parse_toml(text.replace("+++\n", ""))
    assert front_matter == tomllib.loads(text.replace("+++\n", ""))


@pytest.mark.parametrize("wrong", [r"\x41", r"\ud800", "\x01"])
def test_a_long_text_with_a_mistake_is_one(wrong: str) -> None:
    with pytest.raises(FrontMatterError):
        parse_toml(f'a = "{"x" * 300}{wrong}"\n')


def test_a_mistake_behind_a_long_text_has_its_own_column() -> None:
    text = f'a = "{"x" * 300}" garbage\n'
    with pytest.raises(FrontMatterError) as failed:
        parse_toml(text)
    assert (failed.value.line, failed.value.column) == (1, text.index("garbage") + 1)
