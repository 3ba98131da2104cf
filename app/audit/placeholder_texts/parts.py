"""Small parts of sentences: a reason, old and new values, spans of time, numbers with their words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from app.audit import wording
from app.audit.placeholders import Maker, Words

#: Old and new values, definitions and the like that a sentence lists.
MOST = 8
#: Date and time of the plan.
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:[+-]\d\d:\d\d|Z)?")


def changes(words: Words) -> str:
    """Old and new values of variables, settings and dates, as the campaign calls them."""
    changed = words.detail.get("variables") or words.detail.get("changed") or {}
    shown = []
    for name, value in list(changed.items())[:MOST] if isinstance(changed, Mapping) else ():
        old, new = (value.get("old"), value.get("new")) if isinstance(value, Mapping) else value if _is_pair(value) else ("", value)
        called = words.around.value_name(name, words.locale)
        shown.append(f"{called} {_short(old)} → {_short(new)}")
    more = [words.both("等 {0} 项", "{0} in all").format(len(changed))] if len(changed) > MOST else []
    return words.both("；", "; ").join([*shown, *more])


def _is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2


def _short(value: Any) -> str:
    if value in (None, ""):
        return "—"
    text = written(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"


def written(text: str) -> str:
    """A moment of the plan without its technical marks: ``2020-05-31T24:00:00+08:00``."""
    found = _MOMENT.fullmatch(text)
    return f"{found.group(1)} {found.group(2)}" if found else text


def span(spent: timedelta, locale: str) -> str:
    minutes = int(spent.total_seconds() // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    units = ((days, "天", "d"), (hours, "小时", "h"), (minutes, "分", "min"))
    shown = [f"{number} {en if locale == 'en' else zh}" for number, zh, en in units if number]
    return " ".join(shown[:2]) or wording.both("不到 1 分", "less than a minute", locale)


def because(words: Words) -> str:
    reason = words.said("reason") or words.said("cause")
    return words.both(f"，理由：{reason}", f", because: {reason}") if reason else ""


def household(words: Words) -> str:
    return words.around.household(words.record, words.said("household"))


def optional(name: str, zh: str, en: str) -> Any:
    def make(words: Words) -> str:
        said = words.said(name)
        return words.both(zh, en).format(said) if said and said != "false" else ""

    return make


def counted(name: str, zh: str, one: str, many: str) -> Maker:
    """A number with its word."""

    def make(words: Words) -> str:
        number = words.said(name) or "0"
        return words.both(zh, one if number == "1" else many).format(number)

    return make


def version(name: str) -> Any:
    """A version: a number, or the definition that it is a version of."""

    def make(words: Words) -> str:
        value = words.detail.get(name)
        return str(value.get("version", "")) if isinstance(value, Mapping) else words.said(name)

    return make
