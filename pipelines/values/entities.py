"""HTML entities, however long their numbers are."""

import html
import re

_NUMBER = re.compile(r"&#0*([0-9]{1,8})[0-9]*")


def decode_entities(text: str) -> str:
    """`text` with its entities decoded once, as browsers do."""
    if "&#" in text:
        # Python reads no number of more than 4,300 digits; of eight, none is a character.
        text = _NUMBER.sub(r"&#\1", text)
    return html.unescape(text)
