"""A staged plan: what lies in staging beside a state, so that it can be published later."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from pipelines.errors import PlanError
from pipelines.warehouse.layout import STAGING_NAME
from pipelines.warehouse.manifest import Manifest

PLAN_NAME: Final = "plan.json"


@dataclass(frozen=True)
class StagedPlan:
    """What a state in staging was made by and from.

    `job` is the name of the job, `options` are its options, with folders in full. `record` is that
    of the run that made it. `state` is the digest of the manifest, `code` the fingerprints of all
    that makes tables. `objections` are what guards said, by their names. `is_trial` if only
    some months were made.
    """

    job: str
    options: dict[str, Any]
    record: dict[str, Any]
    state: str
    code: dict[str, str]
    objections: dict[str, str] = field(default_factory=dict)
    is_trial: bool = False

    def write(self, root: Path) -> None:
        """Put it into the staging folder of the warehouse `root`."""
        path = root / STAGING_NAME / PLAN_NAME
        path.write_text(json.dumps(asdict(self), default=str) + "\n", encoding="utf-8")


def read_plan(root: Path) -> StagedPlan:
    """The plan in the staging folder of the warehouse `root`.

    Raises:
        PlanError: There is none, or another version wrote it.
    """
    path = root / STAGING_NAME / PLAN_NAME
    try:
        return StagedPlan(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PlanError(f"{root}: nothing is planned", root) from error
    except OSError as error:
        raise PlanError(f"{path}: {error.strerror}", root) from error
    except (ValueError, TypeError) as error:
        raise PlanError(f"{path}: damaged, or written by another version", root) from error


def digest_state(manifest: Manifest) -> str:
    """A hash of all that `manifest` says, except when it was made."""
    said = vars(replace(manifest, created_at=""))
    tables = {
        table: {key: vars(record) for key, record in records.items()}
        for table, records in manifest.tables.items()
    }
    text = json.dumps({**said, "tables": tables}, sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()
