"""The file itself: where a mistake is in it, and what may be wrong with all of it."""

from pathlib import Path

import pytest

from pipelines.errors import SettingsError
from pipelines.settings.reading import read_settings
from pipelines.settings.stored import dump_settings, find_settings, restore_settings


def fail(path: Path, data: str | bytes) -> list[str]:
    """The lines of the error, without the path."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    with pytest.raises(SettingsError) as caught:
        read_settings(path)
    return [line.removeprefix(f"{path}:").strip() for line in str(caught.value).split("\n")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "matterhouse.toml"


def test_a_slip_is_told_with_its_line_and_the_nearest_key(path: Path) -> None:
    assert fail(path, '# settings\n\n[articles]\ntittle = "a"\n') == [
        "4: articles.tittle: found a key that is not known; is title meant?"
    ]
    assert fail(path, 'related_links = [\n  "a",\n  { key = "b", web_ulr = "c" },\n]\n') == [
        "3: related_links.web_ulr: found a key that is not known; is web_url meant?"
    ]


def test_mistakes_are_told_in_the_order_of_the_file(path: Path) -> None:
    text = 'time_zon = "UTC"\r\nbase = "web"\r\n[[folders]]\r\npath = "a"\r\nskip = 1\r\n'
    assert fail(path, text) == [
        "1: time_zon: found a key that is not known; is time_zone meant?",
        "5: folders.skip: expected true or false",
    ]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ('base = "web\n', "1:12: Illegal character '\\n'"),
        ('a = 1\nbase = "a"\nbase = "b"\n', "3:11: Cannot overwrite a value"),
        ("a = [", "Invalid value"),
        (b"base = '\xff'", "found other text than UTF-8"),
        ("a = " + "[" * 5_000, "found too many levels"),
    ],
)
def test_a_file_that_is_no_toml_is_told_with_the_place(
    path: Path, data: str | bytes, line: str
) -> None:
    assert fail(path, data) == [line]


def test_a_file_that_is_absent_or_a_directory_is_told(path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file or directory, expected settings"):
        read_settings(path)
    path.mkdir()
    with pytest.raises(SettingsError, match="Is a directory, expected settings"):
        read_settings(path)


@pytest.mark.parametrize("text", ["", "# nothing\n", "\ufeff"])
def test_an_empty_file_says_nothing(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    assert dump_settings(read_settings(path)) == {}


def test_settings_come_back_from_a_manifest_as_they_were(path: Path) -> None:
    path.write_text(
        'base = "web"\nsite = "https://e.org/"\nsecrets = ["a"]\nimages = ["b", "..."]\n'
        '[articles.columns]\nx = { key = "c", type = "integer", min = 1 }\n'
        '[[folders]]\npath = "d"\narticles.title = { constant = "T" }\n',
        encoding="utf-8",
    )
    settings = read_settings(path)
    dumped = dump_settings(settings)
    restored = restore_settings(dumped)
    assert restored == settings
    assert dump_settings(restored) == dumped


def test_settings_lie_beside_the_raw_folder_or_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, archive = tmp_path / "work", tmp_path / "archive"
    for folder in (work, archive / "raw"):
        folder.mkdir(parents=True)
    monkeypatch.chdir(work)
    assert find_settings(str(archive / "raw")) is None
    (work / "matterhouse.toml").touch()
    assert find_settings(str(archive / "raw")) == Path("matterhouse.toml")
    (archive / "matterhouse.toml").touch()
    assert find_settings(str(archive / "raw")) == archive / "matterhouse.toml"
