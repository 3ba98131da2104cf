"""Every row against its columns, the other rows and what the campaign already has. Finds all mistakes, not only the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app import personal
from app.campaign import id_numbers
from app.campaign.importing import values
from app.campaign.importing.columns import FOUR, HOUSEHOLDS, MEMBERS, Column, household_columns, sheets
from app.campaign.importing.reading import CellError, Sheet, name_of
from app.campaign.importing.texts import say
from app.campaign.registering import NewHousehold, NewMember

Row = dict[str, Any]

_MEMBER_FACTS = ("education", "school_status", "labour", "work_place", "work_months", "insurance", "pension")


@dataclass(frozen=True, slots=True)
class Known:
    """What the campaign already has."""

    #: code or name → code
    villages: Mapping[str, str]
    #: work group code → village code
    groups: Mapping[str, str]
    #: user name → work groups in which it is an investigator
    investigators: Mapping[str, frozenset[str]]
    household_codes: frozenset[str] = frozenset()
    #: blind indexes of the identity numbers
    id_indexes: frozenset[str] = frozenset()
    #: code list → label or code → code
    lists: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class Check:
    """One pass over the three sheets; ``errors`` collects, ``households`` is complete when there are none."""

    def __init__(self, book: Mapping[str, Sheet], known: Known) -> None:
        self.book = book
        self.known = known
        self.errors: list[CellError] = []
        self.done = 0

    def run(self) -> list[NewHousehold]:
        """Check everything; the households as far as they can be read."""
        homes = self._parse(HOUSEHOLDS)
        members = self._parse(MEMBERS)
        four = self._parse(FOUR) if FOUR in self.book else []
        self._households(homes)
        codes = {row["code"] for _, row in homes if row.get("code")}
        families = self._families(members, codes)
        self._heads(homes, families)
        compared = self._compared(four, codes)
        if any(not error.warning for error in self.errors):
            return []
        return [self._made(row, families[row["code"]], compared.get(row["code"], {})) for _, row in homes]

    def _parse(self, name: str) -> list[tuple[int, Row]]:
        sheet = self.book[name]
        columns = [(column, name_of(column), sheet.index[name_of(column)]) for column in sheets()[name] if name_of(column) in sheet.index]
        parsed = []
        for number, cells in sheet.rows:
            parsed.append((number, self._row(name, number, cells, columns)))
            self.done += 1
        return parsed

    def _row(self, sheet: str, number: int, cells: list[Any], columns: list[tuple[Column, str, int]]) -> Row:
        row: Row = {}
        for column, name, place in columns:
            cell = cells[place] if place < len(cells) else None
            if isinstance(cell, str) and cell.startswith("="):
                self._wrong(sheet, number, place, say("formula"))
                continue
            try:
                value = values.parse(column, cell, self.known.lists)
            except values.BadCell as error:
                self._wrong(sheet, number, place, str(error))
                continue
            if value is not None:
                row[name] = value
        return row

    def _wrong(self, sheet: str, row: int, column: int, text: str, *, warning: bool = False) -> None:
        self.errors.append(CellError(sheet, row, column, text, warning))

    def _at(self, sheet: str, name: str) -> int:
        return self.book[sheet].index.get(name, -1)

    def _households(self, homes: list[tuple[int, Row]]) -> None:
        first: dict[str, int] = {}
        for number, row in homes:
            code = row.get("code")
            if code and code in first:
                self._wrong(HOUSEHOLDS, number, self._at(HOUSEHOLDS, "code"), say("code_twice", row=first[code]))
            elif code in self.known.household_codes:
                self._wrong(HOUSEHOLDS, number, self._at(HOUSEHOLDS, "code"), say("code_there"))
            if code:
                first.setdefault(code, number)
            self._places(number, row)

    def _places(self, number: int, row: Row) -> None:
        """Village, work group and investigator exist and belong together."""
        if "village" in row:
            village = self.known.villages.get(row["village"])
            if village is None:
                self._wrong(HOUSEHOLDS, number, self._at(HOUSEHOLDS, "village"), say("no_village", code=row["village"]))
            row["village"] = village
        group = row.get("work_group")
        if group and group not in self.known.groups:
            self._wrong(HOUSEHOLDS, number, self._at(HOUSEHOLDS, "work_group"), say("no_group", code=group))
        elif group and row.get("village") and self.known.groups[group] not in ("", row["village"]):
            text = say("group_elsewhere")
            self._wrong(HOUSEHOLDS, number, self._at(HOUSEHOLDS, "work_group"), text, warning=True)
        person = row.get("investigator")
        if person and group not in self.known.investigators.get(person, frozenset()):
            self._wrong(HOUSEHOLDS, number, self._at(HOUSEHOLDS, "investigator"), say("not_investigator", name=person))

    def _families(self, members: list[tuple[int, Row]], codes: set[str]) -> dict[str, list[Row]]:
        families: dict[str, list[Row]] = {code: [] for code in codes}
        first: dict[str, int] = {}
        at = self._at(MEMBERS, "id_number")
        for number, row in members:
            code, id_number = row.get("household"), row.get("id_number")
            if code and code not in codes:
                self._wrong(MEMBERS, number, self._at(MEMBERS, "household"), say("no_household", code=code))
            elif code:
                families[code].append(row)
            if id_number and id_number in first:
                self._wrong(MEMBERS, number, at, say("id_twice", row=first[id_number]))
            elif id_number and personal.blind_index("id_number", id_number) in self.known.id_indexes:
                self._wrong(MEMBERS, number, at, say("id_there"))
            if id_number:
                first.setdefault(id_number, number)
        return families

    def _heads(self, homes: list[tuple[int, Row]], families: Mapping[str, list[Row]]) -> None:
        """Each household has members, exactly one head, and the head's name is the same on both sheets."""
        for number, row in homes:
            family = families.get(row.get("code", ""))
            if family is None:
                continue
            heads = [member for member in family if member.get("relation") == "head"]
            if not family:
                self._wrong(HOUSEHOLDS, number, self._at(HOUSEHOLDS, "code"), say("no_members"))
            elif len(heads) != 1 and all("relation" in member for member in family):
                self._wrong(HOUSEHOLDS, number, self._at(HOUSEHOLDS, "head"), say("heads", count=len(heads)))
            elif heads and row.get("head") and heads[0].get("name") not in (None, row["head"]):
                self._wrong(HOUSEHOLDS, number, self._at(HOUSEHOLDS, "head"), say("head_differs", name=heads[0]["name"]))

    def _compared(self, four: list[tuple[int, Row]], codes: set[str]) -> dict[str, Row]:
        compared: dict[str, Row] = {}
        for number, row in four:
            code = row.get("household")
            if code and code not in codes:
                self._wrong(FOUR, number, self._at(FOUR, "household"), say("no_household", code=code))
            elif code in compared:
                self._wrong(FOUR, number, self._at(FOUR, "household"), say("household_twice"))
            elif code:
                compared[code] = row
        return compared

    def _made(self, row: Row, family: list[Row], four: Row) -> NewHousehold:
        own = [column for column in household_columns() if not column.source]
        facts = _nested({column.key: row[column.key] for column in own if column.fact and column.key in row})
        plain: dict[str, Any] = {column.key: row[column.key] for column in own if not column.fact and column.key in row}
        plain.setdefault("group_no", "")
        return NewHousehold(
            **plain,
            members=tuple(_member(member) for member in family),
            facts=facts,
            extracts=_extracts(row, four),
        )


def _member(row: Row) -> NewMember:
    number = row["id_number"]
    birth = id_numbers.birth_date(number)
    if birth is None:
        raise ValueError("an identity number without a birth date passed the check")
    facts = {name: row[name] for name in _MEMBER_FACTS if name in row}
    return NewMember(row["name"], id_numbers.sex(number), birth, number, row["relation"], row.get("health", ""), facts)


def _extracts(*rows: Row) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        for name, value in row.items():
            key, _, source = name.partition("|")
            if source:
                found.setdefault(source, {})[key] = value
    return found


def _nested(flat: Row) -> Row:
    """``{"income.wage": 1}`` → ``{"income": {"wage": 1}}``, as the household form has it."""
    found: Row = {}
    for name, value in flat.items():
        group, _, key = name.partition(".")
        found.setdefault(group, {})[key] = value
    return found
