"""Mistakes in schemas, which operators edit: reported at their line, without a traceback."""

from pathlib import Path
from traceback import extract_tb

_ROOT = Path(__file__).parents[2]
_SCHEMAS = _ROOT / "schemas"
_LANGUAGE = _SCHEMAS / "language"
_OURS = (_ROOT / "pipelines", _SCHEMAS)


def find_schema_mistake(error: Exception) -> str | None:
    """Where in schemas/ `error` arose, and what it says; None if it arose elsewhere."""
    places = [(Path(frame.filename), frame.lineno) for frame in extract_tb(error.__traceback__)]
    # Not the libraries on the way, which may be installed below the same folder.
    ours = [each for each in places if any(map(each[0].is_relative_to, _OURS))]
    if isinstance(error, SyntaxError) and error.filename:
        ours.append((Path(error.filename), error.lineno))
    else:
        # The words of the language only carry out what a table declares.
        ours = [each for each in ours if not each[0].is_relative_to(_LANGUAGE)]
    if not ours or not ours[-1][0].is_relative_to(_SCHEMAS):
        return None
    path, line = ours[-1]
    problem = " ".join(str(error).split())
    return f"{path.relative_to(_ROOT).as_posix()}:{line}: {type(error).__name__}: {problem}"
