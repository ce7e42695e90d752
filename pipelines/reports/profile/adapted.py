"""The checks of one archive: without those that it leaves out, with thresholds of its own."""

from pipelines.errors import SettingsError
from pipelines.reports.profile.checks import Check, adapt_checks
from pipelines.runs.job import Job
from pipelines.runs.operating import find_profile_settings
from pipelines.settings.stored import locate_settings


def find_checks(job: Job) -> list[Check]:
    """The checks, as [profile] of matterhouse.toml says.

    Raises:
        SettingsError: The file makes no sense.
    """
    said = find_profile_settings(job)
    try:
        return adapt_checks(said.skip, said.thresholds) if said else adapt_checks((), {})
    except ValueError as error:
        file = locate_settings(job.config, job.raw)
        raise SettingsError(f"{file}: profile: {error}") from error
