"""A mistake in a schema is reported in one line."""

import re
import subprocess
import sys

import pytest

from tests.changed_code import Code
from tests.conftest import Archive, post

pytestmark = pytest.mark.slow

BUILD = "from pipelines.cli.main import main; main()"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("columns={", "columns=(", r"schemas/articles\.py:\d+: SyntaxError: .+"),
        (
            '"featured_content": text(',
            '"featured_content": txt(',
            r"schemas/articles\.py:\d+: NameError: .*'txt'.*",
        ),
        (
            '"web_url": url("webUrl", ',
            '"web_url": url(',
            r"schemas/articles\.py:\d+: TypeError: .+",
        ),
        # The column itself complains.
        ("boolean(", 'derived("no type", ', r"schemas/articles\.py:\d+: TypeError: .*'no type'.*"),
        ('key=("article_id",)', 'key=("articl_id",)', r"schemas/articles\.py:\d+: .*articl_id"),
        (
            '"type": text(',
            '"mood": derived(pl.String, "Mood."), "type": text(',
            r"schemas/articles\.py: mood: expected a key of the front matter, or an expression.*",
        ),
    ],
)
def test_a_mistake_in_a_schema_is_one_line_that_says_where(
    archive: Archive, old: str, new: str, line: str
) -> None:
    archive.write("a.md", post())
    code = Code(archive.raw.with_name("code"))
    schema = code.folder / "schemas" / "articles.py"
    text = schema.read_text()
    assert old in text
    schema.write_text(text.replace(old, new))
    process = subprocess.run(
        [sys.executable, "-c", BUILD, "build", "--jobs", "1", "--raw", archive.raw],
        capture_output=True,
        text=True,
        check=False,
        cwd=code.folder,
        env=code.environment,
    )
    assert process.returncode == 1
    assert re.fullmatch(f"matterhouse: {line}\n", process.stderr), process.stderr
