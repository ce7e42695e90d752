"""The new state of a warehouse, as a whole snapshot in staging."""

from pipelines.runs.sightings import note_sightings, read_sightings, write_sightings
from pipelines.runs.start import Start
from pipelines.runs.state import Concluded
from pipelines.runs.summary import summarize_new
from pipelines.settings.stored import dump_settings
from pipelines.warehouse.identities import keep_identities, write_identities
from pipelines.warehouse.manifest import Manifest
from pipelines.warehouse.runs import RunRecord


def stage_state(start: Start, concluded: Concluded, record: RunRecord, number: int) -> Manifest:
    """Make the state a whole snapshot in staging, and note what is new in it."""
    manifest = _seal(start, concluded, record, number)
    findings = note_sightings(concluded.findings, read_sightings(start.parent), record.run_id)
    write_sightings(concluded.draft.folder, manifest, findings)
    summarize_new(record, findings)
    return manifest


def _seal(start: Start, concluded: Concluded, record: RunRecord, number: int) -> Manifest:
    """Make the state a whole snapshot in staging."""
    folder = concluded.draft.folder
    manifest = concluded.draft.seal(
        Manifest(
            snapshot=number,
            parent=record.parent,
            run_id=record.run_id,
            created_at=record.started_at,
            raw=start.source.address,
            listed_ns=start.began_ns,
            include=start.globs.include,
            exclude=start.globs.exclude,
            mapping=concluded.mapping.name,
            settings=dump_settings(start.settings),
        )
    )
    for bucket in manifest.tables["files"]:
        if start.parent and concluded.files.has_same(start.before, bucket):
            keep_identities(start.parent.folder, folder, bucket)
        else:
            identities = concluded.files.read(bucket, ["identity"]).to_series()
            write_identities(folder, manifest, bucket, identities)
    return manifest
