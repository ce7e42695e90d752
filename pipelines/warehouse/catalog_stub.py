"""What stands in place of the page of a snapshot until somebody asks for it."""

from typing import Final

from pipelines.warehouse.layout import CATALOG_NAME
from pipelines.warehouse.snapshot import Snapshot

_STUB: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:">
<link rel="icon" href="data:,">
<title>Snapshot {number}</title>
<h1>Snapshot {number}</h1>
<p>It was published at {published}. This command makes its page. Then load this page again.</p>
<pre>matterhouse catalog</pre>
<p>It takes --warehouse FOLDER if the tables are not in the usual folder.</p>
</html>
"""


def write_stub(snapshot: Snapshot) -> None:
    """Leave a page that says how to make the page of `snapshot`, unless there is one.

    Raises:
        OSError: The folder cannot be written to.
    """
    page = _STUB.format(
        number=snapshot.number,
        published=_escape(snapshot.manifest.created_at),
    )
    path = snapshot.folder / CATALOG_NAME
    if not path.exists():
        path.write_text(page, encoding="utf-8", errors="backslashreplace")


def _escape(text: str) -> str:
    """Text that is no markup. The module html would take longer to load than all else here."""
    return text.replace("&", "&amp;").replace("<", "&lt;")
