"""What is left of contents that are erased."""

from __future__ import annotations

import re
from typing import Any

#: What stands in the place of a name.
BLANK = "（已清除）"
#: ``on_site``, ``household:V02-001``, ``V02``, ``2020-05-21T08:00:00+08:00``, ``1250``; numbers from this on may be telephones.
_CODE = re.compile(
    r"|[a-z][a-z0-9_]*(?:[:.][A-Za-z0-9_.-]+)?|[A-Z]{1,3}\d{1,4}(?:-\d{1,4})*|\d{4}-\d\d(?:-\d\d(?:[T ][0-9:.+Z-]+)?)?|\d\d:\d\d|\d{1,6}"
)
_NUMBERS = 10**10


def plain(value: Any) -> Any:
    """A copy of a JSON *value* without what may name anybody: codes, times, amounts and yes or no stay, other texts are blank."""
    if isinstance(value, dict):
        return value if value.keys() == {"gone"} else {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, str) and not _CODE.fullmatch(value):
        return BLANK
    return None if isinstance(value, int) and abs(value) >= _NUMBERS else value
