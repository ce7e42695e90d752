"""JSON for other tools."""

import json
from typing import Any

from pipelines.reports.text import escape_json


def render_json(content: Any) -> str:
    """`content` as JSON. Characters that a terminal or an editor obeys are escaped."""
    return f"{escape_json(json.dumps(content, indent=1, ensure_ascii=False))}\n"
