"""Which Prefect API is configured, as Prefect reads its own settings."""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

from pipelines.errors import PipelineError


def read_api_url() -> str | None:
    """The API of the environment, `.env`, the profile, `prefect.toml` or `pyproject.toml`.

    Raises:
        PipelineError: Prefect cannot read its settings.
    """
    try:
        # Prefect reads its settings while it is imported, too.
        from prefect.settings import Settings

        # Prefect takes an empty text for no API.
        return Settings().api.url or None
    except (ValueError, OSError) as error:
        # An error of pydantic has many lines.
        message = " ".join(str(error).split())[:300]
        raise PipelineError(f"the settings of Prefect cannot be read: {message}") from error
