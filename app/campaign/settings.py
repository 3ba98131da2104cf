"""The campaign's thresholds: what there is stands in ``plan.json``, the values in ``campaign_setting``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.campaign import plan
from app.campaign.models import Setting


@dataclass(frozen=True, slots=True)
class Definition:
    """A setting: what it is called, what it may be. ``share`` is kept as 0–1 and shown in per cent."""

    name: str
    zh: str
    en: str
    unit: str
    unit_en: str
    #: integer, share, boolean, choice
    kind: str
    default: Any
    min: float = 0
    max: float = 0
    options: tuple[tuple[str, str, str], ...] = ()
    help_zh: str = ""
    help_en: str = ""


@cache
def definitions() -> tuple[Definition, ...]:
    """Every setting of a campaign, in the order of the page."""
    return tuple(
        Definition(**{**item, "options": tuple(tuple(option) for option in item.get("options", ()))}) for item in plan.section("settings")
    )


def defaults() -> dict[str, Any]:
    """Name → value of a new campaign."""
    return {definition.name: definition.default for definition in definitions()}


#: Made once: every form reads it.
_VALUES = select(Setting.__table__.c.name, Setting.__table__.c.value).where(Setting.__table__.c.campaign_id == bindparam("campaign"))


def read(session: Session, campaign_id: int) -> dict[str, Any]:
    """Name → value; what was never set has its default."""
    rows = session.execute(_VALUES, {"campaign": campaign_id})
    return {**defaults(), **dict(rows.all())}


def write(session: Session, campaign_id: int, values: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Keep *values* (already parsed); returns name → (old, new) of what changed."""
    before = read(session, campaign_id)
    changed = {name: (before[name], value) for name, value in values.items() if before[name] != value}
    for name, (_, value) in changed.items():
        session.merge(Setting(campaign_id=campaign_id, name=name, value=value))
    return changed


#: A number as a form takes it: Python also reads 1_0 and digits of other scripts.
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")


def parse(definition: Definition, text: str) -> Any:
    """What somebody typed → the value. ``ValueError`` when it is none or out of bounds."""
    if definition.kind == "boolean":
        return text in ("on", "true", "1", "yes")
    if definition.kind == "choice":
        if text not in {value for value, _, _ in definition.options}:
            raise ValueError(text)
        return text
    text = text.strip()
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(text)
    value: float = int(text) if definition.kind == "integer" else round(float(text) / 100, 6)
    if not definition.min <= value <= definition.max:
        raise ValueError(text)
    return value


def shown(definition: Definition, value: Any) -> str:
    """The value as an input shows it."""
    if definition.kind == "share":
        return f"{value * 100:g}"
    return str(value)
