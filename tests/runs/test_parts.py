"""Large months are cut into parts, each made and written alone."""

import json
import random
from typing import Any

import pytest

from pipelines.reports.comparison import Comparison
from pipelines.values.ids import identify
from pipelines.values.parts import PART_BYTES, count_bits, list_bits, overlap
from pipelines.warehouse.damage import list_damages
from tests.conftest import APRIL, CHILDREN, MARCH, Archive, Run, post, split_finely

TABLES = ("documents", "articles", "images", "related_links")
POSTS = 24


@pytest.fixture
def parted(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """A built archive with four parts of March, and April in one."""
    for number in range(POSTS):
        archive.write(f"{number}.md", post(MARCH | CHILDREN | {"heat": str(number)}))
    archive.write("bad.md", post(MARCH | CHILDREN | {"title": None}))
    archive.write("april.md", post(APRIL | CHILDREN))
    size = sum(path.stat().st_size for path in archive.raw.iterdir())
    monkeypatch.setattr("pipelines.values.parts.PART_BYTES", size // 4)
    archive.age()
    archive.run()
    return archive


def list_parts(archive: Archive, table: str = "documents") -> list[str]:
    return list(archive.snapshot.manifest.tables[table])


def list_march(archive: Archive) -> list[str]:
    return [path.name for path in archive.raw.iterdir() if path.name != "april.md"]


def find_part(name: str) -> str:
    """The part of March that has a post, if there are four."""
    return f"2024-03/{int(identify(name)[0], 16) >> 2:02b}"


def sort_rows(archive: Archive, table: str) -> list[dict[str, Any]]:
    return sorted(archive.rows(table).to_dicts(), key=str)


@pytest.mark.parametrize(
    ("size", "bits"),
    [(0, 0), (PART_BYTES, 0), (PART_BYTES + 1, 1), (2 * PART_BYTES, 1), (2 * PART_BYTES + 1, 2),
     (4 * PART_BYTES + 1, 3), (10**15, 16)],
)  # fmt: skip
def test_the_bytes_of_a_month_say_how_it_is_cut(size: int, bits: int) -> None:
    assert count_bits(size) == bits


def test_partitions_overlap_if_one_is_a_part_of_the_other() -> None:
    march = ["2024-03", "2024-03/0", "2024-03/01"]
    assert all(overlap(one, other) for one in march for other in march)
    assert not overlap("2024-03/00", "2024-03/01")
    assert not overlap("2024-03/0", "2024-04/0")
    assert list_bits([*march[2:], "unknown"]) == {"2024-03": 2, "unknown": 0}


def test_a_large_month_is_cut_by_the_leading_bits_of_its_ids(parted: Archive) -> None:
    parts = [f"2024-03/{bits}" for bits in ("00", "01", "10", "11")]
    for table in TABLES:
        assert list_parts(parted, table) == [*parts, "2024-04"]
        assert len({*parted.snapshot.list_files(table).values()}) == 5
    for key, record in parted.snapshot.manifest.tables["documents"].items():
        assert str(record.file).startswith(f"documents/published_month={key[:7]}/part-")
        wanted = [name for name in list_march(parted) if find_part(name) == key]
        assert record.rows == (1 if key == "2024-04" else len(wanted))


def test_parts_hold_the_rows_of_the_whole_month(
    parted: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {table: sort_rows(parted, table) for table in (*TABLES, "findings")}
    monkeypatch.undo()
    parted.run(full=True)
    assert list_parts(parted) == ["2024-03", "2024-04"]
    assert {table: sort_rows(parted, table) for table in rows} == rows


def test_an_edit_rewrites_its_part_alone(parted: Archive) -> None:
    parted.write("7.md", post(MARCH | CHILDREN | {"heat": "700"}))
    [key] = {
        key
        for key in list_parts(parted)
        if key.endswith(f"/{int(identify('7.md')[0], 16):04b}"[:3])
    }
    rewritten = parted.run().rewritten
    assert rewritten["documents"] == rewritten["articles"] == [key]
    assert rewritten["images"] == rewritten["related_links"] == []
    assert parted.hashes() == parted.hashes_from_nothing()


def test_a_month_that_grows_is_cut_anew_and_one_that_shrinks_is_joined(parted: Archive) -> None:
    def check(bits: int) -> None:
        parted.run()
        assert list_bits(list_parts(parted))["2024-03"] == bits
        assert parted.hashes() == parted.hashes_from_nothing()
        assert list_damages(parted.snapshot.folder) == []

    for number in range(POSTS, 3 * POSTS):
        parted.write(f"{number}.md", post(MARCH | CHILDREN))
    check(4)
    for number in range(10, 3 * POSTS):
        parted.delete(f"{number}.md")
    check(1)
    for number in range(2, 10):
        parted.write(f"{number}.md", post(APRIL | CHILDREN))
    check(0)


def test_a_flow_rebuilds_all_parts_of_the_months_that_are_asked_for(parted: Archive) -> None:
    for key in list_parts(parted):
        parted.make_stale("images", key)
    before = parted.hashes()
    record = parted.run("images", months=("2024-03",))
    assert record.kept["images"] == 5
    assert parted.hashes() == before
    with pytest.raises(Exception, match=r"there are months: 2024-03, 2024-04$"):
        parted.run("images", months=("2020-01",))


def test_a_damaged_part_is_repaired_alone(parted: Archive) -> None:
    file = parted.snapshot.list_files("images")["2024-03/10"]
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert [str(file) in each for each in list_damages(parted.snapshot.folder)] == [True]
    parted.run("images", months=("2024-03",))
    assert list_damages(parted.snapshot.folder) == []
    assert parted.hashes() == parted.hashes_from_nothing()


def test_snapshots_with_another_cut_are_compared_and_rolled_back_to(
    parted: Archive, run: Run
) -> None:
    for number in range(POSTS, 2 * POSTS):
        parted.write(f"{number}.md", post(MARCH))
    parted.run()
    old, new = (parted.warehouse.snapshot(number) for number in (1, 2))
    differences = {each.table: each[1:4] for each in Comparison(old, new).count()}
    assert differences["articles"] == (POSTS, 0, 0)
    assert differences["images"] == (0, 0, 0)
    assert json.loads(run("query", "--json", "SELECT count(*) n FROM articles").out) == [
        {"n": 2 * POSTS + 1}
    ]
    for command in (("status",), ("diff",), ("snapshots",), ("verify", "--all"), ("rejects",)):
        assert run(*command).code == 0, command
    assert run("rollback", "1").code == 0
    assert parted.run().status == "published"
    assert parted.hashes() == parted.hashes_from_nothing()


@pytest.mark.slow
@pytest.mark.parametrize("large_bytes", [0, 10**9], ids=["workers", "this process"])
def test_parts_have_the_same_bytes_whoever_makes_them(
    parted: Archive, large_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = parted.hashes()
    split_finely(monkeypatch, large_bytes=large_bytes, batch_files=3)
    parted.run(full=True, jobs=2)
    assert parted.hashes() == before


@pytest.mark.slow
def test_any_order_of_edits_gives_the_parts_of_a_build_from_nothing(parted: Archive) -> None:
    chance = random.Random(7)
    for _ in range(8):
        for _ in range(chance.randrange(1, 9)):
            name = f"{chance.randrange(3 * POSTS)}.md"
            path = parted.raw / name
            if path.exists() and chance.random() < 0.4:
                path.unlink()
            else:
                month = chance.choice((MARCH, MARCH, APRIL))
                parted.write(name, post(month | CHILDREN | {"heat": str(chance.random())[2:5]}))
        parted.run()
        assert parted.hashes() == parted.hashes_from_nothing()


@pytest.mark.parametrize("table", TABLES)
def test_a_part_that_is_missing_is_put_back(parted: Archive, run: Run, table: str) -> None:
    before = parted.hashes()
    part = list_parts(parted)[1]
    parted.snapshot.list_files(table)[part].unlink()
    assert run("verify", "--repair").code == 0
    assert parted.hashes() == before
