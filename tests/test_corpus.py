"""The real archive, if it is there: every row by an independent route."""

import tarfile
from pathlib import Path

import pytest

from pipelines.warehouse.damage import list_damages
from tests.conftest import Archive
from tests.independent import compare, load_post
from tests.restoring import restore_front_matter

CORPUS = Path(__file__).parent.parent.parent / "shared" / "corpus" / "azure-2019-2020.tar.xz"
STEP = 12
"""Every twelfth file. The whole archive takes a minute, with `make corpus`."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.exists(), reason="the real archive is not here"),
]


def extract(raw: Path, step: int = 1) -> None:
    """Extract every file of the real archive, or only every second, third, ..."""
    with tarfile.open(CORPUS) as tar:
        files = sorted(
            (member for member in tar.getmembers() if member.isfile()), key=lambda each: each.name
        )
        tar.extractall(raw, files[::step], filter="data")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """A warehouse of a part of the real archive."""
    archive = Archive(tmp_path_factory.mktemp("corpus"))
    extract(archive.raw, STEP)
    archive.run()
    return archive


def test_every_row_equals_what_plain_pyyaml_reads(real: Archive) -> None:
    count, differences = compare(real.raw, real.warehouse.root)
    assert count > 400
    assert differences == []


def test_every_file_is_loaded_and_nothing_is_found_but_unknown_keys(real: Archive) -> None:
    assert set(real.statuses().values()) == {"loaded"}
    assert set(real.findings("severity", "rule")) == {("warning", "is_known_key")}


def test_the_front_matter_is_restored_from_documents(real: Archive) -> None:
    for document in real.rows("documents").to_dicts()[::10]:
        post, _ = load_post((real.raw / document["source_path"]).read_bytes())
        assert restore_front_matter(document) == post


def test_the_real_archive_builds_whole_and_a_second_time_changes_nothing(real: Archive) -> None:
    assert list_damages(real.snapshot.folder) == []
    assert not any(real.run().rewritten.values())
