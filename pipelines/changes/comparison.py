"""The comparison of a listing with the ledger of the parent snapshot."""

import time
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

import polars as pl

from pipelines.changes.buckets import list_buckets
from pipelines.changes.ledger import LEDGER_TYPES, Ledger
from pipelines.changes.listing import Listing
from schemas.files import FILES

LOOK: Final = ("source_path", "size_bytes", "modified_ns")
_NOTHING: Final = pl.lit(value=False)
_SUSPECT_TYPES: Final = pl.Schema(
    {each: LEDGER_TYPES[each] for each in ("source_path", "size_bytes", "content_sha256")}
)
_PATH_TYPES: Final = pl.Schema({"source_path": LEDGER_TYPES["source_path"]})


class Unsettled(NamedTuple):
    """The times of files that may still be written: after the first, up to the second."""

    after_ns: int
    until_ns: int

    @classmethod
    def within(cls, seconds: float) -> "Unsettled | None":
        """The last `seconds` until now; None if these are 0. Times in the future do not count."""
        return cls.before(time.time_ns(), seconds)

    @classmethod
    def before(cls, until_ns: int, seconds: float) -> "Unsettled | None":
        """The times of the `seconds` up to `until_ns`; None if there are none."""
        return cls(until_ns - int(seconds * 1e9), until_ns) if seconds else None


class Comparison(NamedTuple):
    """A listing compared with a ledger. All rows are in order of their paths.

    `suspects` are the files to read, with their size and their known hash. `unopened` are new rows
    of the ledger for what is never opened. `gone` are the paths of files that are no longer there.
    `waiting` are those of files that are read by a later run.
    """

    suspects: pl.DataFrame
    unopened: pl.DataFrame
    gone: pl.DataFrame
    waiting: pl.DataFrame

    @classmethod
    def nothing(cls) -> "Comparison":
        """That of files of which none changed."""
        types = (_SUSPECT_TYPES, LEDGER_TYPES, _PATH_TYPES, _PATH_TYPES)
        return cls(*(each.to_frame() for each in types))

    @property
    def is_empty(self) -> bool:
        """Whether no file changed, or those that did are waiting."""
        return all(rows.is_empty() for rows in (self.suspects, self.unopened, self.gone))


def compare_listing(
    listing: Listing,
    ledger: Ledger,
    *,
    is_parser_unchanged: bool = True,
    misread: Collection[str] = (),
) -> Comparison:
    """Find the files that must be read, of all buckets at once. See `compare_buckets`."""
    buckets = compare_buckets(
        listing, ledger, is_parser_unchanged=is_parser_unchanged, misread=misread
    )
    found = [Comparison.nothing(), *(comparison for _, comparison in buckets)]
    return Comparison(*(pl.concat(rows).sort("source_path") for rows in zip(*found, strict=True)))


def compare_buckets(
    listing: Listing,
    ledger: Ledger,
    *,
    is_parser_unchanged: bool = True,
    misread: Collection[str] = (),
    reread: Collection[str] = (),
    is_kept: pl.Expr = _NOTHING,
    unsettled: Unsettled | None = None,
) -> Iterator[tuple[str, Comparison]]:
    """Find the files that must be read, bucket by bucket.

    A file is unchanged if its size, time and identity are the known ones. All others are read, and
    their bytes decide. A file that crashed the parser is always read, since that may have been for
    want of memory.

    Args:
        listing: The files as they look now.
        ledger: That of the parent snapshot.
        is_parser_unchanged: False if the parser changed: then every file is read.
        misread: The paths of files that are read in any case, as if the parser had changed.
        reread: The paths of files whose bytes are compared, even if they look unchanged.
        is_kept: Whether a file is not looked at, since it was not asked for.
        unsettled: Files of these times wait, unless nothing is known that could be kept.
    """
    for bucket in list_buckets(listing.bits):
        known = _forget(ledger.read(bucket), "content_sha256", misread)
        known = _forget(known, "identity", reread)
        compared = _compare_bucket(
            listing.read(bucket), known, is_parser_unchanged, is_kept, unsettled
        )
        yield bucket, compared


def _forget(known: pl.DataFrame, column: str, source_paths: Collection[str]) -> pl.DataFrame:
    """`known` without a column of the files at `source_paths`, so they are read again."""
    if not source_paths:
        return known
    is_kept = ~pl.col("source_path").is_in(list(source_paths))
    return known.with_columns(pl.when(is_kept).then(column))


def _compare_bucket(
    listing: pl.DataFrame,
    known: pl.DataFrame,
    is_parser_unchanged: bool,
    is_kept: pl.Expr,
    unsettled: Unsettled | None,
) -> Comparison:
    if is_parser_unchanged and _is_all_known(listing, known):
        return Comparison.nothing()
    before = align_rows(known.with_columns(is_known=pl.lit(value=True)), listing["source_path"])
    both = listing.hstack(before.select(pl.all().name.suffix("_before")))
    is_opened = pl.col("ignored_because").is_null()
    # An unknown value is null, and null equals nothing.
    is_same = pl.lit(is_parser_unchanged) & pl.col("content_sha256_before").is_not_null()
    for name in (*LOOK[1:], "identity"):
        is_same &= pl.col(name) == pl.col(f"{name}_before")
    differing = both.filter(is_opened, ~is_same.fill_null(value=False), ~is_kept)
    waits = _waits(unsettled, is_parser_unchanged)
    suspects = differing.filter(~waits)
    unopened = both.filter(
        ~is_opened, pl.col("ignored_because").ne_missing(pl.col("reason_before"))
    )
    known_sha256 = pl.col("content_sha256_before") if is_parser_unchanged else pl.lit(None)
    return Comparison(
        suspects=suspects.with_columns(content_sha256=known_sha256.cast(pl.String)).select(
            _SUSPECT_TYPES.names()
        ),
        unopened=_describe_unopened(unopened),
        gone=known.select("source_path").filter(
            ~pl.col("source_path").is_in(listing["source_path"].implode())
        ),
        waiting=differing.filter(waits).select("source_path"),
    )


def _waits(unsettled: Unsettled | None, is_parser_unchanged: bool) -> pl.Expr:
    """Whether a file that differs is read by a later run.

    A new file can always wait. A known one can if what is known of it is what this parser reads.
    """
    if unsettled is None:
        return _NOTHING
    is_new = pl.col("is_known_before").is_null()
    is_unopened = pl.col("size_bytes_before").is_null()
    can_be_kept = pl.lit(is_parser_unchanged) & (
        is_unopened | pl.col("content_sha256_before").is_not_null()
    )
    time_ns = pl.col("modified_ns")
    is_young = (time_ns > unsettled.after_ns) & (time_ns <= unsettled.until_ns)
    return is_young & (is_new | can_be_kept)


def align_rows(rows: pl.DataFrame, source_paths: pl.Series) -> pl.DataFrame:
    """The row of each of `source_paths`, without its path; all null if it has none.

    Most runs find the files that were there before. Then nothing is joined, which takes time.
    """
    if rows["source_path"].equals(source_paths):
        return rows.drop("source_path")
    wanted = source_paths.to_frame("source_path")
    return wanted.join(rows, on="source_path", how="left", maintain_order="left").drop(
        "source_path"
    )


def _is_all_known(listing: pl.DataFrame, known: pl.DataFrame) -> bool:
    """Whether no file must be read, as in most runs. Found out without a join."""
    unopened = pl.when(pl.col("size_bytes").is_null()).then("reason")
    looks = known.select(*LOOK, "identity", ignored_because=unopened)
    # `equals` takes two unknown identities for the same.
    is_identified = listing["identity"].null_count() == listing["size_bytes"].null_count()
    return is_identified and listing.equals(looks) and list_deadly(known).is_empty()


def list_deadly(known: pl.DataFrame) -> pl.Series:
    """The paths of the files that crashed the parser: they were read, and no hash is recorded."""
    is_read = pl.col("size_bytes").is_not_null()
    return known.filter(is_read & pl.col("content_sha256").is_null())["source_path"]


def find_identities(files: pl.DataFrame, listing: pl.DataFrame) -> pl.Series:
    """The identity of each row of `files`, as `listing` has it.

    It is None for a file that did not look as it was listed when it was read.
    """
    listed = align_rows(listing.select(*LOOK, "identity"), files["source_path"])
    is_alike = pl.lit(value=True)
    for name in LOOK[1:]:
        is_alike &= pl.col(name) == files[name]
    return listed.select(pl.when(is_alike).then("identity")).to_series()


def _describe_unopened(unopened: pl.DataFrame) -> pl.DataFrame:
    """Rows of the ledger for what is never opened."""
    return pl.concat(
        [
            pl.DataFrame(schema=LEDGER_TYPES),
            unopened.select(
                "source_path",
                status=pl.lit("ignored").cast(FILES.dtypes["status"]),
                reason="ignored_because",
            ),
        ],
        how="diagonal",
    )
