"""The columns of the household workbook: what they are called, what may stand in them (``plan.json``).

Three sheets: 农户 (a row for each household, and for each key field one column for each of the three sources), 家庭成员 (a row for each
member) and, when there are such data, 四相符 (for each key field one column for each of the four levels).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.campaign import plan

HOUSEHOLDS, MEMBERS, FOUR = "农户", "家庭成员", "四相符"
VILLAGES, GROUPS, STAFF = "村", "工作组", "人员"

Sheets = Mapping[str, tuple["Column", ...]]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``kind``: text, integer, number, year, boolean, phone, id_number, role, choice, or ``list:<code list>``."""

    key: str
    zh: str
    en: str
    kind: str
    required: bool = False
    #: longest text, or largest number
    max: float = 200
    options: tuple[tuple[str, str, str], ...] = ()
    help_zh: str = ""
    help_en: str = ""
    #: goes into the household's facts, not into a column of its own
    fact: bool = False
    personal: str = ""
    #: set on the columns of sources: which source speaks
    source: str = ""

    @property
    def title(self) -> str:
        """The heading in the sheet; required columns carry a star."""
        return f"{self.zh}*" if self.required else self.zh


@dataclass(frozen=True, slots=True)
class Source:
    key: str
    zh: str
    en: str
    #: ``three`` (R19 三统一) or ``four`` (R20 四相符)
    set: str


def _column(raw: dict[str, Any], **more: Any) -> Column:
    return Column(**{**raw, "options": tuple(tuple(option) for option in raw.get("options", ())), **more})


@cache
def key_fields() -> tuple[Column, ...]:
    """The fields that every source has."""
    return tuple(_column(raw) for raw in plan.section("sheets")["key_fields"])


@cache
def sources() -> tuple[Source, ...]:
    return tuple(Source(**raw) for raw in plan.section("sheets")["sources"])


def _source_columns(which: str) -> tuple[Column, ...]:
    return tuple(
        _column(raw, zh=f"{raw['zh']}|{source.zh}", en=f"{raw['en']} | {source.en}", source=source.key)
        for raw in plan.section("sheets")["key_fields"]
        for source in sources()
        if source.set == which
    )


@cache
def household_columns() -> tuple[Column, ...]:
    """Sheet 农户: the household's own columns, then three for each key field."""
    return tuple(_column(raw) for raw in plan.section("sheets")["households"]) + _source_columns("three")


@cache
def member_columns() -> tuple[Column, ...]:
    """Sheet 家庭成员."""
    return tuple(_column(raw) for raw in plan.section("sheets")["members"])


@cache
def four_columns() -> tuple[Column, ...]:
    """Sheet 四相符: the household's code, then four for each key field."""
    return (_column(plan.section("sheets")["members"][0]), *_source_columns("four"))


@cache
def sheets() -> dict[str, tuple[Column, ...]]:
    """The household workbook: sheet name → columns."""
    return {HOUSEHOLDS: household_columns(), MEMBERS: member_columns(), FOUR: four_columns()}


@cache
def place_sheets() -> dict[str, tuple[Column, ...]]:
    """The workbook of villages, work groups and staff: sheet name → columns."""
    return {
        name: tuple(_column(raw) for raw in plan.section("sheets")[key])
        for name, key in ((VILLAGES, "villages"), (GROUPS, "groups"), (STAFF, "staff"))
    }
