"""Two short histories of an archive; `make histories` plays many long ones."""

from pathlib import Path

import pytest

from tests.histories import History

pytestmark = pytest.mark.slow


def test_nothing_is_lost_in_a_random_history(tmp_path: Path) -> None:
    history = History("one", tmp_path / "one")
    history.play(steps=6)
    assert history.counts["files"] > 0
    assert history.counts["restored"] > 0
    assert history.counts["observations"] > 0


def test_a_build_that_is_killed_leaves_no_trace(tmp_path: Path) -> None:
    history = History("kill", tmp_path / "kill")
    history.play(steps=1)
    history.editor.edit()
    history.act("kill")
    history.act("build")
