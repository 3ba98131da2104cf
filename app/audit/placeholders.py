"""The placeholders of a record's sentence, filled from its detail and from what is beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from app import clock
from app.audit import stored, wording
from app.audit.queries import Record
from app.audit.sentence_lookups import Surroundings

#: Longest text of somebody's own inside a sentence.
LONGEST = 160


class Words(dict[str, str]):
    """The placeholders of a record's sentence. What a record does not say is nothing, never an error."""

    def __init__(self, record: Record, around: Surroundings, locale: str, makers: Mapping[str, Callable[[Words], Any]]) -> None:
        super().__init__()
        self.record, self.around, self.locale, self._makers = record, around, locale, makers
        self.detail: Mapping[str, Any] = stored.detail(record.event)

    def __missing__(self, name: str) -> str:
        make = self._makers.get(name)
        return str(make(self)) if make else self.said(name)

    def said(self, name: str) -> str:
        value = self.detail.get(name)
        if isinstance(value, Mapping) and set(value) == {"gone"}:
            return self.both("（已抹除）", "(erased)")
        text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        text = " ".join(text.split())
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

    def both(self, zh: str, en: str) -> str:
        return wording.both(zh, en, self.locale)

    def moment(self, name: str) -> str:
        return self.moment_of(self.detail.get(name)) or self.said(name)

    def moment_of(self, value: Any) -> str:
        """A moment in the campaign's zone; "" for what is none."""
        try:
            return f"{clock.local(datetime.fromisoformat(str(value))):%Y-%m-%d %H:%M}"
        except ValueError:
            return ""

    def about(self) -> str:
        """What the record is about, as people call it."""
        return self.around.about(self.record, self.locale)

    def person(self, name: str) -> str:
        value = self.detail.get(name)
        return self.around.name(str(value), self.locale) if value else ""

    def joined(self, names: Iterable[str]) -> str:
        """Names one after the other, each once; nameless ones say nothing."""
        return self.both("、", ", ").join(dict.fromkeys(name for name in names if name))

    def quoted(self, names: Iterable[str]) -> str:
        """The same in quotation marks."""
        return self.joined(f"“{name}”" for name in names if name)


Maker = Callable[[Words], Any]
