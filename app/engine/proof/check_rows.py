"""Followed rows (``change_journal``) held against what the records tell of them: each step counts, in whatever order it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain as one_after_another
from typing import Any

from sqlalchemy import Connection, MetaData, and_, select, text

from app.engine import chains
from app.engine.change_journal import earlier_columns, restart
from app.engine.change_journal.followed_rows import FOLLOWED, STATES, Followed, as_told, fingerprint
from app.engine.proof import check_contents
from app.engine.proof.findings import Finding

_WHOLE = 1 << 256
#: What reading a row can raise that somebody has written by hand.
UNREADABLE = (ValueError, TypeError, AttributeError, LookupError)


@dataclass(slots=True)
class Steps:
    """What records tell of rows, added up."""

    #: row → sum over all steps of (digest after − digest before): the digest of the row as it must be
    sums: dict[str, int] = field(default_factory=dict)
    #: keys of records whose steps were erased although they still count
    erased: list[int] = field(default_factory=list)

    def add(self, key: int, states: Any) -> None:
        """The steps of one record. What cannot be read is as good as erased."""
        try:
            steps = [(name, _size(*step)) for name, step in states.items() if name]
        except (ValueError, TypeError, AttributeError):
            self.erased.append(key)
            return
        for name, step in steps:
            self.sums[name] = (self.sums.get(name, 0) + step) % _WHOLE


def _size(before: str, after: str) -> int:
    return int(after or "0", 16) - int(before or "0", 16)


@dataclass(slots=True)
class Epochs:
    """Since when steps count: campaign → key of the first record that told its rows anew."""

    since: dict[int, int] = field(default_factory=dict)
    #: which columns are followed, as the newest of all says
    fingerprint: str = ""
    #: table → columns, of that record; {}: an earlier release did not say
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    #: what was wrong whenever rows were told anew, with the time of the record
    found: list[Finding] = field(default_factory=list)

    def learn(self, campaign: int, detail: Mapping[str, Any], at: str = "") -> None:
        """One record of ``restart.KIND``, in the order of their keys."""
        if not str(detail.get("epoch", "")).isdecimal():
            return
        self.since[campaign] = int(detail["epoch"])
        kept = detail.get("found")
        self.found += [found_before(each, at) for each in kept if isinstance(each, dict)] if isinstance(kept, list) else []
        if campaign == 0:
            self.columns = {} if str(detail.get("fingerprint")) != self.fingerprint else self.columns
            self.fingerprint = str(detail.get("fingerprint"))
            self.columns = detail["columns"] if isinstance(detail.get("columns"), dict) else self.columns

    def counts(self, key: int, campaign: int) -> bool:
        """Whether the steps of a record count."""
        return key >= self.since.get(campaign, 0)


def found_before(kept: Mapping[str, Any], at: str) -> Finding:
    """What was wrong when rows were told anew at *at*: it is told for ever."""
    return Finding("found_before", at=at, detail={"found": dict(kept)})


def check(connection: Connection) -> Iterator[Finding]:
    """Rows that are not what the records say, are gone, or were slipped in; nothing before rows were told for the first time."""
    epochs = told_anew(connection)
    yield from epochs.found
    yield from now(connection, epochs)


def told_anew(connection: Connection) -> Epochs:
    """What all records of rows told anew say."""
    epochs = Epochs()
    for row in _records(connection, told_anew=True):
        epochs.learn(row.campaign_id, check_contents.read(row.detail), _stamped(row.recorded_at))
    return epochs


def now(connection: Connection, epochs: Epochs, campaign: int | None = None) -> Iterator[Finding]:
    """What is wrong with the rows as they are (*campaign*: with its rows only), by the columns that were followed when they were told."""
    if 0 not in epochs.since:
        return
    ways = _ways(connection, epochs)
    if ways is None:
        yield Finding("rows_untold")
        return
    steps = Steps()
    for row in _records(connection):
        detail = check_contents.read(row.detail)
        if STATES in detail and epochs.counts(row.key, row.campaign_id) and campaign in (None, row.campaign_id):
            steps.add(row.key, detail[STATES])
    yield from (Finding("steps_erased", key=key) for key in steps.erased)
    there = one_after_another(*(_rows(connection, _of(how, campaign)) for how in ways.values() if campaign is None or how.campaign))
    known = {name: total for name, total in steps.sums.items() if name.partition(":")[0] in ways}
    found = list(compare(there, known))
    yield from _dated(connection, found) if found else ()


def _ways(connection: Connection, epochs: Epochs) -> Mapping[str, Followed] | None:
    """How rows were followed when they were told; None: that is not known any more."""
    if epochs.fingerprint == fingerprint():
        return FOLLOWED
    columns = epochs.columns or earlier_columns.WAYS.get(epochs.fingerprint)
    if not columns:
        return None
    known = MetaData()
    known.reflect(connection, only=lambda name, _: name in columns)
    return as_told(columns, known)


def _of(how: Followed, campaign: int | None) -> Followed:
    return how if campaign is None else replace(how, query=how.query.where(how.table.c[how.campaign] == campaign))


def _stamped(moment: Any) -> str:
    return chains.stamp(moment) if isinstance(moment, datetime) else str(moment)


def _records(connection: Connection, *, told_anew: bool = False) -> Iterator[Any]:
    """Records that tell of rows, in the order of their keys where they tell them anew."""
    detail = check_contents.detail_of(connection)
    which = "kind = :kind" if told_anew else f"{detail} LIKE :pattern"
    query = f'SELECT "key", campaign_id, chain, seq, kind, recorded_at, {detail} AS detail FROM event WHERE {which}'  # noqa: S608
    asked = {"kind": restart.KIND} if told_anew else {"pattern": f'%"{STATES}":%'}
    options = {"yield_per": 1_000}
    yield from connection.execute(text(query + (' ORDER BY "key"' if told_anew else "")), asked, execution_options=options)


def _rows(connection: Connection, how: Followed) -> list[tuple[str, str]]:
    """(name, digest) of every row of a table; "?" of one that cannot even be read."""
    try:
        return [(how.name(row), how.digest(row)) for row in _read(connection, how.query)]
    except UNREADABLE:
        pass
    keys = [how.table.c[name] for name in how.keys]
    found = []
    for row in _read(connection, select(*keys)):
        same = and_(*(key == row[key.name] for key in keys))
        try:
            found += [(how.name(each), how.digest(each)) for each in _read(connection, how.query.where(same))]
        except UNREADABLE:
            found.append((how.name(row), "?"))
    return found


def _read(connection: Connection, query: Any) -> Iterator[Any]:
    yield from connection.execute(query).mappings()


def compare(rows: Iterable[tuple[str, str]], sums: dict[str, int]) -> Iterator[Finding]:
    """*rows* against the sums, which are used up."""
    for name, digest in rows:
        expected = sums.pop(name, None)
        if not expected:
            yield _about("row_inserted", name)
        elif digest == "?" or int(digest, 16) != expected:
            yield _about("row_altered", name)
    for name, expected in sums.items():
        if expected:
            yield _about("row_missing", name)


def _about(code: str, name: str) -> Finding:
    table, _colon, key = name.partition(":")
    return Finding(code, key=int(key) if key.isdecimal() else 0, detail={"table": table, "row": key})


def _dated(connection: Connection, findings: Sequence[Finding]) -> Iterator[Finding]:
    """With the newest record that tells of each row: what was done to it was done after that."""
    names = {f"{each.detail['table']}:{each.detail['row']}": each for each in findings}
    last: dict[str, Any] = {}
    for row in _records(connection):
        told = check_contents.read(row.detail).get(STATES)
        for name in names.keys() & told.keys() if isinstance(told, dict) else ():
            if name not in last or last[name].key < row.key:
                last[name] = row
    for name, finding in names.items():
        row = last.get(name)
        if row is None:
            yield finding
        else:
            yield dated(finding, row.chain, row.seq, _stamped(row.recorded_at), row.kind)


def dated(finding: Finding, chain: int, seq: int, at: str, kind: str) -> Finding:
    """A finding with the record that told last of its row."""
    return replace(finding, chain=chain, seq=seq, at=at, kind=kind)
