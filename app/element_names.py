"""What a diagram calls its elements, as people read it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from babel.support import NullTranslations, Translations
from flask_babel import gettext

#: characters and marks of Chinese
_CHINESE = "[\u2e80-\ua000\uff00-\uffef\u201c\u201d]"
_BREAK = re.compile(rf"(?<={_CHINESE})\s+(?={_CHINESE})")
_CATALOGUES = Path(__file__).parent / "translations"


def unbroken(name: str) -> str:
    """The name without the blanks that break its lines on the diagram; between Chinese characters a blank means nothing else."""
    return " ".join(_BREAK.sub("", name).split())


def spoken(name: str) -> str:
    """The name in the reader's language where the catalogue has it, otherwise as it stands on the diagram."""
    plain = unbroken(name)
    return gettext(plain) if plain else ""


def spoken_in(locale: str, name: str) -> str:
    """The same in a given language, whoever reads: sentences of records are exported in both."""
    plain = unbroken(name)
    return _catalogue(locale).gettext(plain) if plain and locale != "zh" else plain


@cache
def _catalogue(locale: str) -> NullTranslations:
    return Translations.load(str(_CATALOGUES), [locale])
