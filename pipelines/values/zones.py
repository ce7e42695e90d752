"""Time zones by their names."""

from zoneinfo import ZoneInfo


def check_zone(zone: str) -> str:
    """`zone`, if it is the name of a time zone.

    Raises:
        ValueError: It is not.
    """
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, KeyError) as error:
        # Some names, like the empty one, are those of folders.
        raise ValueError(f'found "{zone}", expected a time zone like Europe/Oslo') from error
    return zone
