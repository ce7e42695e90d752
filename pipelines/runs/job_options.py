"""The help of each option of a job, and the values that it takes.

`Job` says which options there are, and their defaults.
"""

from typing import Final

from pipelines.mapping.built_in import BUILT_IN, CHOSEN_MAPPING
from pipelines.runs.limits import Limits
from pipelines.runs.options import (
    ANY_MONTH,
    EVERYONE,
    Taker,
    check_dated_month,
    check_file,
    check_folder,
    check_globs,
    check_mapping,
    check_months,
    check_path,
    check_table,
    offer,
)
from pipelines.sources.globs import EVERYTHING
from pipelines.sources.source import MOST_SETTLE_SECONDS
from pipelines.warehouse.layout import SETTINGS_NAME
from pipelines.warehouse.retention import KEPT_DAYS, KEPT_SNAPSHOTS, MOST_DAYS, MOST_SNAPSHOTS
from schemas.language.months import MONTH_PATTERN

_BUILD: Final[frozenset[Taker]] = frozenset({"build"})
_TABLE: Final[frozenset[Taker]] = frozenset({"table"})
_REPLAY: Final[frozenset[Taker]] = frozenset({"replay"})
_READING: Final[frozenset[Taker]] = frozenset({"build", "ingest", "replay"})

WAREHOUSE: Final = offer(
    "Folder of the tables.",
    str,
    EVERYONE,
    metavar="FOLDER",
    envvar="MATTERHOUSE_WAREHOUSE",
    check=check_folder,
)
RAW: Final = offer(
    "Folder of the raw files.",
    str,
    EVERYONE,
    metavar="FOLDER",
    envvar="MATTERHOUSE_RAW",
    check=check_folder,
)
INCLUDE: Final = offer(
    "Look only at files whose path below the raw folder matches, like '**/*.md' or "
    "'{_posts,_news}/'. Globs mean what they mean in .gitignore; * stays within a folder. "
    "Can be repeated.",
    list[str] | None,
    _BUILD,
    metavar="GLOB",
    envvar="MATTERHOUSE_INCLUDE",
    check=check_globs,
    effect="All other files count as not there: with --allow-deletes, their rows are "
    f"removed. Later builds remember the globs; {EVERYTHING} takes all files again.",
)
EXCLUDE: Final = offer(
    "Leave out files that match, like 'drafts' or '*.txt', even if --include matches them. "
    "Can be repeated.",
    list[str] | None,
    _BUILD,
    metavar="GLOB",
    envvar="MATTERHOUSE_EXCLUDE",
    check=check_globs,
)
MAPPING: Final = offer(
    f"How keys become columns: {', '.join(BUILT_IN)}, or {CHOSEN_MAPPING}: what "
    f"{SETTINGS_NAME} says, or else that of the last build, and at first the one that fits "
    "the files.",
    str,
    _BUILD,
    metavar="NAME",
    envvar="MATTERHOUSE_MAPPING",
    check=check_mapping,
    choices=(CHOSEN_MAPPING, *BUILT_IN),
)
ARCHIVE: Final = offer(
    f"Look only at this archive of those that {SETTINGS_NAME} names. The others stay as "
    "they are. Can be repeated.",
    list[str] | None,
    _BUILD,
    metavar="NAME",
)
CONFIG: Final = offer(
    f"What is particular about the archive. By default {SETTINGS_NAME} beside the raw "
    "folder, or in the working folder, if there is one.",
    str | None,
    _BUILD,
    metavar="FILE",
    envvar="MATTERHOUSE_CONFIG",
    check=check_file,
)
MONTHS: Final = offer(
    "Rebuild only this month, YYYY-MM or unknown, and those that are out of date. Can be repeated.",
    list[str] | None,
    _TABLE,
    metavar="MONTH",
    flag="--month",
    check=check_months,
    pattern=ANY_MONTH,
)
SINCE: Final = offer(
    "Rebuild only from this month on, besides those of --month.",
    str | None,
    _TABLE,
    metavar="MONTH",
    check=check_dated_month,
    pattern=MONTH_PATTERN,
)
UNTIL: Final = offer(
    "Rebuild only up to this month, besides those of --month.",
    str | None,
    _TABLE,
    metavar="MONTH",
    check=check_dated_month,
    pattern=MONTH_PATTERN,
)
FULL: Final = offer("Rebuild everything from the raw files.", bool, _BUILD)
DRY_RUN: Final = offer("Say what would be done, but publish nothing.", bool, _BUILD)
STRICT: Final = offer("Publish nothing if there is any error.", bool | None, EVERYONE)
MAX_REJECT_SHARE: Final = offer(
    "Refuse to publish if a larger share of the files is rejected, and more than before. "
    f"Applies above 10 files. By default {Limits.max_reject_share:g}, like the limits "
    f"below unless [guards] of {SETTINGS_NAME} says otherwise.",
    float | None,
    EVERYONE,
    metavar="SHARE",
    minimum=0,
    maximum=1,
)
MAX_NEW_REJECT_SHARE: Final = offer(
    "Refuse to publish if a larger share of the files that are new or changed is rejected, "
    "and was not before. Applies from 4 such files on. By default "
    f"{Limits.max_new_reject_share:g}.",
    float | None,
    _READING,
    metavar="SHARE",
    minimum=0,
    maximum=1,
)
MAX_DELETE_SHARE: Final = offer(
    "Refuse to publish if a larger share of the known posts is gone. Applies above 10 "
    f"posts. By default {Limits.max_delete_share:g}.",
    float | None,
    _READING,
    metavar="SHARE",
    minimum=0,
    maximum=1,
)
MAX_DELETES: Final = offer(
    "Refuse to publish if more posts than this are gone. By default only their share counts.",
    int | None,
    _READING,
    metavar="N",
    minimum=0,
)
ALLOW_DELETES: Final = offer(
    "Publish however many posts go, even if other globs leave them out.", bool, _READING
)
SETTLE: Final = offer(
    "Let files wait that were written within the last SECONDS: they may be half copied. "
    "What was known of them stays until the next run. By default 0, or as "
    f"{SETTINGS_NAME} says.",
    float | None,
    _READING,
    metavar="SECONDS",
    minimum=0,
    maximum=MOST_SETTLE_SECONDS,
)
KEEP: Final = offer(
    "Keep this many snapshots, the newest, however old. By default as [retention] of "
    f"{SETTINGS_NAME} says, or else {KEPT_SNAPSHOTS}.",
    int | None,
    _BUILD,
    metavar="N",
    minimum=1,
)
DAYS: Final = offer(
    f"Also keep snapshots younger than this ({MOST_SNAPSHOTS:,} in all). By default as [retention] "
    f"says, or else {KEPT_DAYS}.",
    float | None,
    _BUILD,
    metavar="DAYS",
    minimum=0,
    maximum=MOST_DAYS,
)
RULE: Final = offer("Only files with an error of this rule, like is_url.", str | None, _REPLAY)
PATH: Final = offer(
    "Only files that match, like '_news/**'.",
    str | None,
    _REPLAY,
    metavar="GLOB",
    check=check_path,
)
TABLE: Final = offer(
    "Only files with an error in this table.", str | None, _REPLAY, check=check_table
)
FIELD_PATH: Final = offer(
    "Only files with an error in this field, like title or 'related[].title'.",
    str | None,
    _REPLAY,
    flag="--field",
)
JOBS: Final = offer(
    "Number of worker processes. One per processor by default.",
    int | None,
    EVERYONE,
    metavar="N",
    minimum=1,
)
WAIT_SECONDS: Final = offer(
    "Seconds to wait for another run to end.",
    float,
    EVERYONE,
    flag="--wait",
    metavar="SECONDS",
    minimum=0,
)
