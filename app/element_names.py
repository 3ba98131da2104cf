"""What a diagram calls its elements, as people read it."""

from __future__ import annotations

import re

from flask_babel import gettext

#: characters and marks of Chinese
_CHINESE = "[\u2e80-\ua000\uff00-\uffef\u201c\u201d]"
_BREAK = re.compile(rf"(?<={_CHINESE})\s+(?={_CHINESE})")


def unbroken(name: str) -> str:
    """The name without the blanks that break its lines on the diagram; between Chinese characters a blank means nothing else."""
    return " ".join(_BREAK.sub("", name).split())


def spoken(name: str) -> str:
    """The name in the reader's language where the catalogue has it, otherwise as it stands on the diagram."""
    plain = unbroken(name)
    return gettext(plain) if plain else ""
