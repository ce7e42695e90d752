"""Several archives in one warehouse: each below its name, built together or alone."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.errors import RawError, UsageError
from pipelines.runs.job import Job
from pipelines.runs.run import run_job
from tests.conftest import Archive, Run, post

SETTINGS = """
[archives.blog]
raw = "raw/of-blog"
time_zone = "Europe/Oslo"

[archives.news]
raw = "raw/of-news"
base = "everyday"
exclude = ["drafts"]
"""
FOREIGN = "---\ntitle: {}\ndate: 2024-03-01\nheat: hot\n---\n"


class Both(Archive):
    """An archive `blog` of a site generator and an archive `news` of the tables' own keys."""

    def build(self, **options: object) -> None:
        config = str(self.raw.parent / "matterhouse.toml")
        job = self.job(mapping="auto", config=config, **options)
        run_job(replace(job, raw=Job.raw))

    def list_articles(self) -> list[tuple[object, ...]]:
        return (
            self.rows("articles")
            .select("archive", "source_path", "title")
            .sort("source_path")
            .rows()
        )


@pytest.fixture
def both(tmp_path: Path) -> Both:
    archive = Both(tmp_path)
    (tmp_path / "matterhouse.toml").write_text(SETTINGS)
    archive.write("of-blog/a.md", FOREIGN.format("A"))
    archive.write("of-news/b.md", post({"title": "B"}))
    archive.write("of-news/drafts/c.md", post())
    archive.age()
    archive.build()
    return archive


def test_each_archive_is_mounted_under_its_name(both: Both) -> None:
    assert both.list_articles() == [("blog", "blog/a.md", "A"), ("news", "news/b.md", "B")]
    documents = both.rows("documents").select("archive", "source_path").sort("source_path")
    assert documents.rows() == [("blog", "blog/a.md"), ("news", "news/b.md")]


def test_each_archive_has_its_own_mapping_and_zone(both: Both) -> None:
    both.write("of-news/d.md", post({"heat": "hot"}))
    both.build()
    # The same value is a warning by `web`, and an error by `everyday`.
    severities = both.rows("findings").filter(rule="is_integer").select("source_path", "severity")
    assert set(severities.rows()) == {("blog/a.md", "warning"), ("news/d.md", "error")}
    months = dict(both.rows("articles").select("source_path", "published_month").iter_rows())
    assert months == {"blog/a.md": "2024-02", "news/b.md": "2024-03"}


def test_one_archive_is_built_alone(both: Both) -> None:
    both.write("of-blog/a.md", FOREIGN.format("A2"))
    both.write("of-news/b.md", post({"title": "B2"}))
    both.delete("of-news/drafts/c.md")
    shutil.rmtree(both.raw / "of-news")
    both.build(archive=("blog",))
    assert both.list_articles() == [("blog", "blog/a.md", "A2"), ("news", "news/b.md", "B")]
    both.write("of-news/b.md", post({"title": "B2"}))
    both.build()
    assert both.list_articles() == [("blog", "blog/a.md", "A2"), ("news", "news/b.md", "B2")]


def test_archives_built_one_after_the_other_equal_a_build_of_all(both: Both) -> None:
    both.write("of-blog/a.md", FOREIGN.format("A2"))
    both.write("of-blog/new.md", FOREIGN.format("New"))
    both.write("of-news/b.md", post({"title": "B2"}))
    both.age()
    both.build(archive=("blog",))
    both.build(archive=("news",))
    hashes = both.hashes()
    both.build(full=True)
    assert both.hashes() == hashes


def test_a_missing_archive_stops_the_build(both: Both) -> None:
    shutil.move(both.raw / "of-news", both.raw / "elsewhere")
    with pytest.raises(RawError, match=r"archive news: .*No such file"):
        both.build()
    # As if its disk were not mounted.
    (both.raw / "of-news").mkdir()
    with pytest.raises(
        RawError, match=r"archive news: .* holds no files, and the last snapshot has 1"
    ):
        both.build()
    assert len(both.list_articles()) == 2


def test_an_archive_that_is_taken_out_of_the_settings_goes(both: Both) -> None:
    settings = both.raw.parent / "matterhouse.toml"
    settings.write_text(SETTINGS.partition("[archives.news]")[0])
    both.build()
    assert both.list_articles() == [("blog", "blog/a.md", "A")]


def test_only_an_archive_of_the_settings_can_be_asked_for(both: Both, archive: Archive) -> None:
    with pytest.raises(RawError, match="none: no archive has this name; there are: blog, news"):
        both.build(archive=("none",))
    with pytest.raises(UsageError, match="--archive: the settings name no archives"):
        archive.run(archive=("blog",))


def test_the_first_build_reads_all_archives(both: Both) -> None:
    shutil.rmtree(both.warehouse.root)
    with pytest.raises(UsageError, match="--archive: the other archives must be read, too"):
        both.build(archive=("blog",))


def test_findings_name_the_files_where_they_lie(both: Both, run: Run) -> None:
    out = run("rejects", "--warnings").out
    assert f"{both.raw}/of-blog/a.md:4:7 heat: warning: " in out.replace("raw/", f"{both.raw}/", 1)


def test_a_raw_folder_is_refused_where_the_settings_name_archives(both: Both) -> None:
    config = str(both.raw.parent / "matterhouse.toml")
    with pytest.raises(UsageError, match="--raw: the settings name archives"):
        both.run(mapping="auto", config=config)


def test_an_archive_of_which_no_file_matches_says_so(both: Both) -> None:
    settings = both.raw.parent / "matterhouse.toml"
    settings.write_text(SETTINGS.replace('exclude = ["drafts"]', 'include = ["*.rst"]'))
    with pytest.raises(RawError, match=r"archive news: no file matches '\*\.rst', and the last"):
        both.build()


def test_what_is_kept_includes_archives_that_the_settings_no_longer_name(both: Both) -> None:
    settings = both.raw.parent / "matterhouse.toml"
    settings.write_text(SETTINGS.partition("[archives.news]")[0])
    both.build(archive=("blog",))
    assert len(both.list_articles()) == 2


def test_a_lost_post_stays_an_error_while_its_archive_is_not_looked_at(both: Both) -> None:
    both.write("of-blog/a.md", "")
    both.build()
    both.write("of-news/b.md", post({"title": "Another"}))
    both.build(archive=("news",))
    assert both.findings("source_path", "rule") == [("blog/a.md", "is_still_post")]
