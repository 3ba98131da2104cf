"""Erasures as records tell of them: two persons ordered each. What is erased and was not ordered is found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, text

from app.db import Json
from app.engine.change_journal.followed_rows import FOLLOWED, STATES
from app.engine.contents import COVERED, REWRITTEN
from app.engine.proof import check_contents
from app.engine.proof.findings import Finding
from app.engine.proof.reading import END

#: Records of an erasure, in their order; the last is missing while it is under way.
ASKED, ORDERED, DONE = "erasure.requested", "erasure.confirmed", "erasure.done"
#: What is gone, as text.
GONE = '"gone"'
_DIGEST = re.compile("[0-9a-f]{64}")
_CONTENTS = frozenset({"persons", "texts", "staff"})


@dataclass(slots=True)
class Orders:
    """What may be gone."""

    #: campaign → (kinds, records up to this key) of each order
    given: dict[int, list[tuple[frozenset[str], int]]] = field(default_factory=dict)
    #: keys of records that say something was erased, and that two persons did not order
    forged: list[int] = field(default_factory=list)
    _asked: dict[str, tuple[str, frozenset[str], int]] = field(default_factory=dict)
    _open: dict[str, tuple[int, frozenset[str]]] = field(default_factory=dict)

    def learn(self, key: int, kind: str, actor: str, subject: str, detail: Mapping[str, Any]) -> None:
        """One record of an erasure, in the order of their keys."""
        number, kinds = str(detail.get("erasure")), frozenset(each for each in detail.get("kinds") or () if isinstance(each, str))
        campaign = int(subject.removeprefix("campaign:")) if subject.removeprefix("campaign:").isdecimal() else -1
        if kind == ASKED:
            self._asked[number] = (actor, kinds, campaign)
            return
        if kind == ORDERED:
            asked = self._asked.get(number)
            if asked is None or asked[0] == actor or asked[1:] != (kinds, campaign):
                self.forged.append(key)
            else:
                self._open[number] = (campaign, kinds)
            return
        order = self._open.pop(number, None)
        if order is None or order != (campaign, kinds):
            self.forged.append(key)
        else:
            self.given.setdefault(campaign, []).append((kinds, key))

    def allow(self, campaign: int, key: int, kinds: frozenset[str] = _CONTENTS) -> bool:
        """Whether contents of one of *kinds* that the record, or row, *key* of a campaign held may be gone."""
        under_way = ((of, END) for number, of in self._open.values() if number == campaign)
        return any(kinds & ordered and key <= until for ordered, until in (*self.given.get(campaign, ()), *under_way))


def read(connection: Connection) -> Orders:
    """All orders, by the records."""
    found = Orders()
    detail = check_contents.detail_of(connection)
    query = f'SELECT "key", kind, actor, subject, {detail} AS detail FROM event WHERE kind IN (:asked, :ordered, :done) ORDER BY "key"'  # noqa: S608
    for row in connection.execute(text(query), {"asked": ASKED, "ordered": ORDERED, "done": DONE}):
        found.learn(row.key, str(row.kind), str(row.actor), str(row.subject), check_contents.read(row.detail))
    return found


def check(connection: Connection) -> Iterator[Finding]:
    """What is gone from records, forms and rows although nobody ordered it, and orders that were not given by two persons."""
    orders = read(connection)
    yield from (Finding("erasure_forged", key=key) for key in orders.forged)
    yield from _of_records(connection, orders)
    yield from _of_rows(connection, orders)


def _of_records(connection: Connection, orders: Orders) -> Iterator[Finding]:
    detail = check_contents.detail_of(connection)
    columns = f'"key", campaign_id, chain, seq, kind, {detail} AS detail'
    query = f"SELECT {columns} FROM event WHERE {detail} LIKE :pattern OR kind = :rewritten"  # noqa: S608
    for row in connection.execute(text(query), {"pattern": f"%{GONE}%", "rewritten": REWRITTEN}):
        told = check_contents.read(row.detail)
        if row.kind == REWRITTEN and not orders.allow(row.campaign_id, row.key):
            yield Finding("erasure_forged", key=row.key)
        kinds = frozenset({*_CONTENTS, "files"}) if lost(told) == {STATES} else _CONTENTS
        if lost(told) and not orders.allow(row.campaign_id, row.key, kinds):
            yield Finding("erased_unordered", row.chain, row.seq, row.key, "", str(row.kind), {"names": ", ".join(sorted(lost(told)))})


def lost(detail: Mapping[str, Any]) -> set[str]:
    """The names in a record's detail whose value, or a part of it, is gone."""
    return {name for name, value in detail.items() if _is_gone(value)}


def _is_gone(value: Any) -> bool:
    if isinstance(value, dict):
        return (len(value) == 1 and _DIGEST.fullmatch(str(value.get("gone"))) is not None) or any(map(_is_gone, value.values()))
    return isinstance(value, list) and any(map(_is_gone, value))


def _of_rows(connection: Connection, orders: Orders) -> Iterator[Finding]:
    """Ciphertexts that stand as digests: in forms by order only, in followed rows never."""
    there = {tuple(row) for row in connection.execute(text(_THERE[connection.dialect.name]))}
    for table, column, ordered in _columns():
        if (table.name, column) not in there:  # an older schema, before it is upgraded
            continue
        key = "key" if "key" in table.c else next(iter(table.primary_key.columns)).name
        campaign = "campaign_id" if "campaign_id" in table.c else "0"
        shown = f'CAST("{column}" AS TEXT)'
        columns = f'"{key}" AS "key", {campaign} AS campaign_id, {shown} AS held'
        query = f'SELECT {columns} FROM "{table.name}" WHERE {shown} LIKE :pattern'  # noqa: S608
        for row in connection.execute(text(query), {"pattern": f"%{GONE}%"}):
            if _is_gone(_read(row.held)) and not (ordered and orders.allow(row.campaign_id, row.key)):
                number = row.key if isinstance(row.key, int) else 0
                yield Finding("row_erased_unordered", key=number, detail={"table": table.name, "row": str(row.key), "column": column})


#: (table, column) of everything in the database
_THERE = {
    "sqlite": "SELECT m.name, p.name FROM sqlite_master AS m, pragma_table_info(m.name) AS p WHERE m.type = 'table'",
    "postgresql": "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()",
}


def _read(held: str) -> Any:
    try:
        return orjson.loads(held)
    except ValueError:
        return None  # which is found as an altered row


def _columns() -> Iterator[tuple[Any, str, bool]]:
    covered = [(table, columns) for name, (table, columns) in COVERED.items() if name not in FOLLOWED]
    for table, columns in [*covered, *((how.table, how.columns) for how in FOLLOWED.values())]:
        for name in columns:
            if isinstance(table.c[name].type, Json):
                yield table, name, table.name not in FOLLOWED
