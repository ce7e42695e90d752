"""The page of the catalog in a real browser, over an archive whose posts are hostile."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from pipelines.reports.catalog.keeping import keep_page, write_page
from tests.browser import PROGRAM, Browser, start_browser
from tests.conftest import Archive, post

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="the browser chromium is not installed"),
]

SCRIPT = "<script>window.hacked = 1</script>"
IMAGE = '"><img src=x onerror="window.hacked = 1">'
END = "</script></style></title></table><script>window.hacked = 1</script>"
REVERSED = "abc\u202edef"
WIDTHS = (1440, 1280, 1100, 800, 360)
CONTRAST = """
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const paint = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const shine = (colour) => {
    const [r, g, b] = colour.map((each) => each / 255)
      .map((each) => (each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const grounds = (element) => {
    const found = [];
    for (let at = element; at; at = at.parentElement) {
      found.unshift(getComputedStyle(at).backgroundColor);
    }
    return found;
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const hasText = [...element.childNodes].some((each) => each.nodeType === 3 && each.data.trim());
    if (!hasText || !element.checkVisibility()) continue;
    if (element.closest("script, .unseen, .skip")) continue;
    const style = getComputedStyle(element);
    const under = grounds(element);
    const text = shine(paint([...under, element.closest("svg") ? style.fill : style.color]));
    const ground = shine(paint(under));
    const ratio = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    const shown = element.textContent.trim().slice(0, 30);
    if (ratio < 4.5) poor.push(`${element.className} ${shown} ${ratio}`);
  }
  return poor;
})()
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive in which every text tries to become markup."""
    archive = Archive(tmp_path_factory.mktemp('it\'s <b> "hostile" & new'))
    for number in range(6):
        values = {
            "title": json.dumps(SCRIPT),
            "category": json.dumps(END[:58]),
            "type": json.dumps(REVERSED),
            "provider": json.dumps({"name": IMAGE, "domain": SCRIPT}),
            "topics": json.dumps([SCRIPT, IMAGE]),
            "publishedDateTime": f"2024-0{number + 1}-05T10:00:00Z",
            "webUrl": f"https://example.org/{number}",
            "quality": str(number),
            "heat": "warm <b>" if number == 5 else str(number),
            "secured": f"secret-{number}",
        }
        archive.write(f"_news/{number} <img src=x onerror=alert(1)>.md", post(values))
    archive.run()
    return archive


@pytest.fixture(scope="module")
def page(hostile: Archive) -> Path:
    return keep_page(hostile.warehouse, hostile.snapshot)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with start_browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture
def opened(browser: Browser, page: Path) -> Browser:
    """The browser with the page in it, as if for the first time."""
    browser.look(1440)
    browser.open(page)
    browser.run("localStorage.clear()")
    browser.open(page)
    return browser


def test_the_page_asks_for_nothing_and_has_no_error(opened: Browser, page: Path) -> None:
    opened.run("new Promise((done) => setTimeout(done, 300))")
    assert opened.requests == [page.as_uri()]
    assert opened.errors == []


def test_what_posts_say_is_text(opened: Browser) -> None:
    shown = opened.run("document.body.textContent")
    assert SCRIPT in shown
    assert IMAGE in shown
    assert r"abc\u202edef" in shown
    assert opened.run("typeof window.hacked") == "undefined"
    assert opened.run("document.querySelectorAll('img, b > img, iframe, object').length") == 0
    assert opened.run("document.scripts.length") == 1


def test_no_foreign_script_or_style_would_run(opened: Browser) -> None:
    opened.run(
        "document.body.insertAdjacentHTML('beforeend', '<p id=x style=\"color:red\">')"
        " ?? document.body.append(Object.assign(document.createElement('script'),"
        " { textContent: 'window.hacked = 1' }))"
    )
    assert opened.run("typeof window.hacked") == "undefined"
    assert opened.run("getComputedStyle(document.getElementById('x')).color") != "rgb(255, 0, 0)"
    assert any("Content Security Policy" in each for each in opened.errors)


def test_no_secret_is_on_the_page(page: Path) -> None:
    assert "secret-" not in page.read_text(encoding="utf-8")


def test_search_shows_the_rows_with_all_words(opened: Browser) -> None:
    opened.press("/")
    assert opened.run("document.activeElement.id") == "search"
    opened.type("attribution credit")
    shown = (
        "[...document.querySelectorAll('[data-searched]')].filter((row) => row.checkVisibility())"
    )
    found = opened.run(f"{shown}.map((row) => row.cells[0].firstChild.textContent)")
    assert found == ["attribution", "attribution"]  # of images and image_assets
    assert opened.run("document.getElementById('found').textContent") == "2 rows found"
    assert opened.run("document.getElementById('table-articles').checkVisibility()") is False
    opened.press("Escape")
    assert opened.run(f"{shown}.length") > 20
    assert opened.run("document.getElementById('table-images').open") is False
    assert opened.run("document.getElementById('found').textContent") == ""


def test_a_search_without_a_match_says_so(opened: Browser) -> None:
    opened.press("/")
    opened.type("no such column")
    assert opened.run("document.getElementById('found').textContent") == "Nothing found"


def test_a_table_is_sorted_by_its_heading_with_the_keyboard(opened: Browser) -> None:
    opened.run("document.querySelector('.overview .sorts').focus()")
    names = "[...document.querySelectorAll('.overview tbody th')].map((each) => each.textContent)"
    before = opened.run(names)
    opened.press("Enter")
    assert opened.run(names) == sorted(before)
    heading = "document.querySelector('.overview thead th')"
    assert opened.run(f"{heading}.getAttribute('aria-sort')") == "ascending"
    opened.press("Enter")
    assert opened.run(names) == sorted(before, reverse=True)
    assert opened.run(f"{heading}.getAttribute('aria-sort')") == "descending"
    said = opened.run("document.getElementById('announcement').textContent")
    assert said == "Sorted by table, descending"


def test_numbers_are_sorted_as_numbers_the_largest_first(opened: Browser) -> None:
    opened.run("document.querySelectorAll('.overview .sorts')[2].click()")
    rows = "[...document.querySelectorAll('.overview tbody tr')]"
    sizes = opened.run(f"{rows}.map((row) => +row.cells[3].dataset.value)")
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) > 3


def test_a_query_is_copied(opened: Browser) -> None:
    opened.send("Browser.grantPermissions", permissions=["clipboardReadWrite"])
    opened.run("document.querySelector('.copy').click()")
    opened.run("new Promise((done) => setTimeout(done, 100))")
    copied = opened.run("document.querySelector('.copy').textContent")
    assert copied.startswith(("Copied", "Press Ctrl+C"))


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_text_has_enough_contrast(opened: Browser, colours: str) -> None:
    opened.look(1440, colours=colours)
    opened.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert opened.run(CONTRAST) == []


def test_colours_follow_the_system_or_the_switch(opened: Browser) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = opened.run(ground)
    opened.look(1440, colours="dark")
    dark = opened.run(ground)
    assert light != dark
    opened.run("document.querySelector('[name=theme][value=light]').click()")
    assert opened.run(ground) == light
    opened.run("document.querySelector('[name=theme][value=auto]').click()")
    assert opened.run(ground) == dark


def test_the_choice_of_colours_is_kept(opened: Browser, page: Path) -> None:
    opened.run("document.querySelector('[name=theme][value=dark]').click()")
    opened.open(page)
    assert opened.run("document.querySelector('[name=theme]:checked').value") == "dark"
    assert opened.run("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_never_wider_than_the_window(opened: Browser, width: int) -> None:
    opened.look(width)
    opened.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert opened.run("document.documentElement.scrollWidth") == width
    columns = "[...document.querySelectorAll('details.table')]"
    wide = opened.run(f"{columns}.filter((each) => each.scrollWidth > each.clientWidth).length")
    assert wide == 0


def test_headings_descend_by_one_and_everything_has_a_name(opened: Browser) -> None:
    levels = opened.run(
        "[...document.querySelectorAll('h1,h2,h3,h4')].map((each) => +each.tagName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    named = {
        "table": "each.caption",
        "[role=region], nav": "each.getAttribute('aria-label')",
        "section": "document.getElementById(each.getAttribute('aria-labelledby'))",
        "input": "each.labels.length",
        "fieldset": "each.querySelector('legend')",
        "button": "each.textContent.trim()",
        'a[href^="#"]:not(svg a)': "document.getElementById(each.hash.slice(1))",
    }
    for selector, name in named.items():
        each = f"[...document.querySelectorAll('{selector}')]"
        assert opened.run(f"{each}.length") > 0, selector
        assert opened.run(f"{each}.filter((each) => !({name})).length") == 0, selector


def test_ids_are_unique(opened: Browser) -> None:
    ids = opened.run("[...document.querySelectorAll('[id]')].map((each) => each.id)")
    assert len(ids) == len(set(ids))


def test_a_link_to_a_table_opens_it(opened: Browser) -> None:
    opened.run("location.hash = '#table-images'")
    opened.run("new Promise((done) => setTimeout(done, 100))")
    assert opened.run("document.getElementById('table-images').open") is True


def test_a_finding_links_to_its_file(opened: Browser, hostile: Archive) -> None:
    (link,) = opened.run("[...document.querySelectorAll('.lines a')].map((each) => each.href)")
    assert link == next(hostile.raw.glob("_news/5*")).absolute().as_uri()
    assert opened.run("document.querySelector('.lines a').textContent").endswith(".md:10:7")


def test_the_printed_page_shows_what_was_closed(opened: Browser) -> None:
    opened.send("Emulation.setEmulatedMedia", media="print")
    opened.run("dispatchEvent(new Event('beforeprint'))")
    assert opened.run("document.querySelectorAll('details:not([open])').length") == 0
    assert opened.run("document.querySelector('nav').checkVisibility()") is False
    opened.send("Emulation.setEmulatedMedia", media="")


def test_the_page_works_under_another_name(
    hostile: Archive, tmp_path: Path, browser: Browser
) -> None:
    path = tmp_path / "sent to a colleague.html"
    write_page(hostile.warehouse, hostile.snapshot, path)
    browser.look(1440)
    browser.open(path)
    assert browser.run("document.querySelector('h1').textContent") == "Snapshot 1"
    assert browser.errors == []
