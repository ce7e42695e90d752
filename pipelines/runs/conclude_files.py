"""conclude, the last part: every file gets its status."""

from collections.abc import Mapping

import polars as pl

from pipelines.changes.buckets import count_bits, list_buckets, name_buckets
from pipelines.changes.fingerprints import fingerprint_table
from pipelines.changes.ledger import FILE_COLUMNS, Ledger
from pipelines.changes.staleness import list_outdated
from pipelines.mapping.post_mapping import PostMapping
from pipelines.tables.files import build_files, list_reasons
from pipelines.tables.validation import check_rows
from pipelines.warehouse.draft import Draft, Written
from pipelines.warehouse.manifest import Partition
from schemas.files import FILES


def conclude_files(
    draft: Draft,
    ledger: Ledger,
    before: pl.DataFrame,
    findings: pl.DataFrame,
    mapping: PostMapping,
    *,
    is_mapping_new: bool,
) -> tuple[Draft, Ledger]:
    """Write the buckets of `ledger` that changed, with the status that findings give each file.

    `before` are the findings of the parent snapshot, `findings` those of now. With another
    `mapping` than in the parent, other files may be articles.
    """
    reasons = list_reasons(findings)
    bits = count_bits(ledger.count_files())
    buckets = list_buckets(bits)
    gone = draft.tables["files"].keys() - set(buckets)
    if not (is_mapping_new or _is_rewritten_whole(draft, ledger, bits)):
        judged_anew = _list_judged_anew(list_reasons(before), reasons)
        buckets = sorted(ledger.changed.union(name_buckets(judged_anew, bits)))
    files = ledger.cut(bits)
    written = [Written("files", bucket, None) for bucket in gone]
    for bucket in buckets:
        known = build_files(ledger.read(bucket), reasons, mapping)
        files = files.put(bucket, known, draft.scratch)
        rows = check_rows(known.select(FILE_COLUMNS), FILES)
        record = Partition({}, fingerprint_table("files"), rows.height)
        written.append(draft.write(FILES, bucket, rows, record, is_kept_empty=not bits))
    return draft.apply(written), files


def prove_loaded(draft: Draft, statuses: Mapping[str, int]) -> None:
    """Compare the ledger, which follows the findings, with the articles themselves."""
    loaded = statuses.get("loaded", 0)
    rows = draft.count_rows("articles")
    if loaded != rows:
        raise AssertionError(f"{loaded} files are loaded, and articles has {rows} rows")


def _is_rewritten_whole(draft: Draft, ledger: Ledger, bits: int) -> bool:
    """Whether the files were cut in another way before, or other code wrote them."""
    is_cut_so = draft.tables["files"].keys() == set(list_buckets(bits)) and ledger.bits == bits
    return not is_cut_so or bool(list_outdated(draft.tables)["files"])


def _list_judged_anew(before: pl.DataFrame, after: pl.DataFrame) -> pl.Series:
    """The paths of files that are rejected for another reason than before, or no more."""
    alike = before.join(after, on=["source_path", "_error"], how="semi")
    either = pl.concat([before, after])
    return either.join(alike, on="source_path", how="anti")["source_path"]
