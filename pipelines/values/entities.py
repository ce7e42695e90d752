"""HTML entities, even those with numbers of thousands of digits."""

import html
import re

_NUMBER = re.compile(r"&#0*([0-9]{1,8})[0-9]*")


def decode_entities(text: str) -> str:
    """`text` with its entities decoded once, as browsers do."""
    if "&#" in text:
        # Python refuses numbers of more than 4,300 digits. No number of eight digits is a
        # character.
        text = _NUMBER.sub(r"&#\1", text)
    return html.unescape(text)
