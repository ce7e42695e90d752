"""The command that lists findings: all of few, groups and pages of many."""

import json
import re

import pytest

from tests.conftest import Archive, Run, post

FILES = 120
TITLE = "title: found nothing, expected a value [is_not_null]"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """120 posts without title, and one with a wrong number and 12 keys that have no column."""
    template = Archive(tmp_path_factory.mktemp("template"))
    for number in range(FILES):
        template.write(f"_news/{number:03}.md", post({"title": None}))
    template.write("_news/heat.md", post({"heat": "hot"}))
    template.write("_news/keys.md", post({f"key{number}": "x" for number in range(12)}))
    template.run()
    return template


@pytest.fixture
def many(archive: Archive, template: Archive) -> Archive:
    archive.become(template)
    return archive


@pytest.mark.usefixtures("many")
def test_many_findings_are_counted_first(run: Run) -> None:
    shown = run("rejects")
    raw = re.findall(r"(\S+)/_news/000.md", shown.out)[0]
    assert shown.out.splitlines() == [
        "121 errors, by table, field and rule",
        "",
        "findings  files  severity  table     field  rule         the first one",
        f"     120    120  error     articles  title  is_not_null  {raw}/_news/000.md:2:1 "
        "found nothing, expected a value",
        f"       1      1  error     articles  heat   is_integer   {raw}/_news/heat.md:7:7 "
        'found "hot", expected a whole number from -2147483648 to 2147483647',
        "",
        "List those of one line with --table, --field and --rule, or all of them with --page 1.",
    ]
    assert shown.err == "matterhouse: and 12 warnings: add --warnings\n"
    assert run("rejects", "--groups") == shown


@pytest.mark.usefixtures("many")
def test_a_rule_broken_in_many_fields_has_one_line(run: Run) -> None:
    shown = run("rejects", "--warnings")
    assert shown.err == ""
    assert shown.out.startswith("121 errors and 12 warnings, by table, field and rule\n")
    (line,) = [line for line in shown.out.splitlines() if "is_known_key" in line]
    assert line.split()[:6] == ["12", "1", "warning", "documents", "12", "fields"]
    every = run("rejects", "--warnings", "--groups", "--all").out
    assert re.findall(r"documents  (\w+) +is_known_key", every) == sorted(
        f"key{number}" for number in range(12)
    )


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    ("arguments", "first", "lines", "told"),
    [
        (["--page", "1"], f"000.md:2:1 {TITLE}", 50, "page 1 of 3: --page 2 shows the next, "),
        (["--page", "3"], f"100.md:2:1 {TITLE}", 21, "page 3 of 3: "),
        (["--field", "title"], f"000.md:2:1 {TITLE}", 50, "page 1 of 3: --page 2 shows the next, "),
        (["--rule", "is_not_null", "--page", "2"], f"050.md:2:1 {TITLE}", 50, "page 2 of 3: "),
        (["--all"], f"000.md:2:1 {TITLE}", 121, ""),
        (["--rule", "is_integer"], "heat.md:7:7 heat: found ", 1, ""),
        (["--path", "_news/11?.md"], f"110.md:2:1 {TITLE}", 10, ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_findings_are_listed_a_page_at_a_time(
    run: Run, arguments: list[str], first: str, lines: int, told: str
) -> None:
    shown = run("rejects", *arguments)
    assert f"/_news/{first}" in shown.out.splitlines()[0]
    assert shown.out.count("\n") == lines
    assert ("page" in shown.err) == bool(told)
    assert told in shown.err


@pytest.mark.usefixtures("many")
def test_machines_get_all_findings_unless_they_ask_for_a_page(run: Run) -> None:
    every = json.loads(run("rejects", "--json").out)
    assert len(every) == 121
    assert run("rejects", "--json").err == ""
    assert json.loads(run("rejects", "--json", "--page", "3").out) == every[100:]
    groups = json.loads(run("rejects", "--json", "--groups", "--warnings").out)
    assert len(groups) == 14
    assert {name: groups[0][name] for name in ("field", "rule", "findings", "files")} == {
        "field": "title",
        "rule": "is_not_null",
        "findings": 120,
        "files": 120,
    }
    assert groups[0]["first"]["source_path"] == "_news/000.md"


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--page", "0"], "0 is not in the range"),
        (["--page", "4"], "found 4, expected 1 to 3"),
        (["--page", "4", "--json"], "found 4, expected 1 to 3"),
        (["--page", "2", "--rule", "is_integer"], "found 2, expected 1, which has all"),
        (["--page", "2", "--all"], "--page and --all exclude each other"),
        (["--page", "2", "--groups"], "--page and --groups exclude each other"),
    ],
    ids=" ".join,
)
def test_a_page_that_is_not_there_is_wrong_usage(
    run: Run, arguments: list[str], message: str
) -> None:
    refused = run("rejects", *arguments)
    assert (refused.code, refused.out) == (2, "")
    assert message in re.sub(r"[\s│]+", " ", refused.err)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rule", "is_intger"], "is is_integer meant? rules broken: is_integer, is_known_key"),
        (["--field", "titel"], "is title meant? fields with findings: heat, key0, key1, "),
        (["--field", "heat", "--rule", "is_not_null"], "no finding matches\n"),
        (["--rule", "is_known_key"], "no error matches, but 12 warnings: add --warnings"),
        (["--rule", "is_known_key", "--page", "2"], "no error matches, but 12 warnings: add"),
        (["--rule", "is_known_key", "--groups"], "no error matches, but 12 warnings: add"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_name_without_findings_is_answered_with_those_that_have_some(
    run: Run, arguments: list[str], message: str
) -> None:
    shown = run("rejects", *arguments)
    assert (shown.code, shown.out) == (0, "")
    assert message in shown.err


def test_few_of_many_names_are_listed(archive: Archive, run: Run) -> None:
    archive.write("a.md", post({f"key{number:02}": "x" for number in range(30)}))
    archive.run()
    told = run("rejects", "--field", "unlike").err
    assert told.endswith("key18, key19 and 10 more\n")


def test_a_field_with_a_long_name_is_cut_in_groups(archive: Archive, run: Run) -> None:
    name = "k" * 100
    archive.write("a.md", post({name: "x"}))
    archive.run()
    shown = run("rejects", "--warnings", "--groups").out
    assert f"  {'k' * 60}...  " in shown
    assert f"{name}: warning: " in run("rejects", "--warnings", "--field", name).out


def test_a_build_and_the_status_say_how_to_list_what_there_is(archive: Archive, run: Run) -> None:
    archive.write("a.md", post({"mood": "x"}))
    warned = run("build", "--jobs", "1").out
    assert "; 0 errors, 1 warning\n" in warned
    assert "\nlist the warnings with `matterhouse rejects --warnings`\n" in warned
    archive.write("b.md", post({"heat": "hot"}))
    assert (
        "\nlist the errors with `matterhouse rejects`, the warnings too with `matterhouse rejects "
        "--warnings`\n" in run("build", "--jobs", "1").out
    )
    assert (
        "\nfindings: 1 error (1 in articles), 1 warning (1 in documents): list them with "
        "`matterhouse rejects --warnings`\n" in run("status").out
    )
    assert (
        "list them with `matterhouse rejects --snapshot 1 --warnings`"
        in run("status", "--snapshot", "1").out
    )
    archive.write("a.md", post())
    archive.delete("b.md")
    assert "\nlist " not in run("build", "--jobs", "1").out
    assert "\nfindings: none\n" in run("status").out


def test_only_what_the_last_run_saw_first_is_listed(archive: Archive, run: Run) -> None:
    archive.write("old.md", post({"title": None}))
    first = archive.run()
    archive.write("new.md", post({"title": None}))
    second = archive.run()
    assert [line.rpartition("/")[2] for line in run("rejects", "--new").out.splitlines()] == [
        f"new.md:2:1 {TITLE}"
    ]
    assert run("rejects", "--new", "--snapshot", "1").out.count("\n") == 1
    seen = {each["source_path"]: each["first_seen_run"] for each in list_json(run, "rejects")}
    assert seen == {"new.md": second.run_id, "old.md": first.run_id}
    sql = "SELECT source_path, first_seen_run FROM findings ORDER BY source_path"
    assert list_json(run, "query", sql) == [
        {"source_path": path, "first_seen_run": run_id} for path, run_id in sorted(seen.items())
    ]


def test_a_refused_state_has_its_own_new_findings(archive: Archive, run: Run) -> None:
    archive.write("old.md", post({"title": None}))
    archive.run()
    archive.write("new.md", post({"title": None}))
    assert run("build", "--strict").code == 1
    assert "/new.md:2:1" in run("rejects", "--staged", "--new").out
    assert run("rejects", "--staged", "--new").out.count("\n") == 1


def test_without_new_findings_the_last_run_has_none(archive: Archive, run: Run) -> None:
    archive.write("old.md", post({"title": None}))
    archive.run()
    assert "new in the run that published: 1 error, 0 warnings" in run("status").out
    archive.write("good.md", post())
    archive.run()
    assert (run("rejects", "--new").out, run("rejects", "--new").err) == (
        "",
        "matterhouse: no finding matches\n",
    )
    assert "new in the run" not in run("status").out


def list_json(run: Run, *arguments: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(run(*arguments, "--json").out)
    return found
