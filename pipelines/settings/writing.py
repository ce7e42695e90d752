"""Writing matterhouse.toml: a new file, never over another one."""

from pathlib import Path

from pipelines.errors import SettingsError


def check_free(path: Path) -> None:
    """Check that nothing is where settings are to be written.

    Raises:
        SettingsError: There is.
    """
    if path.is_dir():
        raise SettingsError(
            f"{path}: is a folder; the raw folder comes first, as in `inspect RAW --write`"
        )
    if path.exists() or path.is_symlink():
        raise _exists_already(path)


def write_settings(text: str, path: Path) -> None:
    """Write the text of settings into a file that is not there yet.

    Raises:
        SettingsError: It is there, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise _exists_already(path) from error
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}, expected a file to write") from error


def _exists_already(path: Path) -> SettingsError:
    return SettingsError(
        f"{path}: is there already, and nothing is overwritten; name another file: --write FILE"
    )
