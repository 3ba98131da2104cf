"""One chain of records held against its hashes, its head, its seals, and the activities that it tells of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app import exact_json
from app.engine import chains
from app.engine.proof import check_times
from app.engine.proof.findings import Finding

#: A record as it is read: chain, seq, the columns of ``chains.COLUMNS``, detail, salt, hash. Times are text.
Row = Sequence[Any]
CHAIN, SEQ, KEY, CAMPAIGN, RECORDED, KIND, ACTOR = 0, 1, 2, 3, 5, 6, 7
SUBJECT = 2 + chains.COLUMNS.index("subject")
_AT = 4
_FIRST, _LAST = 2, 2 + len(chains.COLUMNS)
DETAIL, SALT, HASH = _LAST, _LAST + 1, _LAST + 2
#: Records that say which activities were entered and left.
MOVES = frozenset({"instance.stepped", "instance.adopted", "instance.migrated", "instance.migration_taken_back"})
#: Of longer chains it is not looked up where a displaced record came from.
_LONGEST_SEARCH = 5_000

#: (key, element, name, kind, scope, entered, left, how, cause, campaign)
ACTIVITY = ("key", "element_id", "element_name", "kind", "scope_key", "entered_at", "left_at", "how", "cause", "campaign_id")


@dataclass(slots=True)
class Told:
    """A digest that a record keeps of a row elsewhere."""

    table: str
    key: int
    digest: str
    record: Row


@dataclass(slots=True)
class OneChain:
    """Everything there is about one chain."""

    number: int
    rows: Sequence[Row]
    #: (length, hash, name of a chain outside of instances or None); None: there is no such instance or chain
    head: tuple[int, str, str | None] | None
    #: (length, head, seal), by length
    sealed: Sequence[tuple[int, str, int]]
    #: as in ``ACTIVITY``
    activities: Sequence[Row]
    #: seal → when it was made
    made: Mapping[int, Any] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    counted: check_times.Counted = field(default_factory=check_times.Counted)

    def findings(self) -> Iterator[Finding]:
        """The first thing that is wrong with the links, then with the activities."""
        wrong = self._links()
        if wrong is not None:
            yield wrong
        if self.activities or wrong is None:
            # With broken links their records are no witness of what is missing, but of what is there.
            yield from self._activities()

    # --- links ------------------------------------------------------------------------------------------------------------

    def _links(self) -> Finding | None:
        if self.head is None:
            return _about("chain_unknown", self.rows[0]) if self.rows else self._nothing(self.sealed[0][0] if self.sealed else 0)
        if not self.rows:
            return self._nothing(max(self.head[0], self.sealed[-1][0] if self.sealed else 0))
        previous = ""
        for place, row in enumerate(self.rows, start=1):
            if row[SEQ] != place:
                return self._out_of_place(place, row)
            text, told = read(row)
            if text is None or chains.link(previous, text) != row[HASH]:
                return self._broken(place, previous, text)
            if told:
                self.told += told
            previous = row[HASH]
        return self._ends() or self._seals() or self._foreign() or self._backdated()

    def _nothing(self, length: int) -> Finding | None:
        return Finding("chain_truncated", self.number, 0, 0, "", "", {"length": length}) if length else None

    def _out_of_place(self, place: int, row: Row) -> Finding:
        if isinstance(row[SEQ], int) and row[SEQ] > place:
            rest = {"until": row[SEQ] - 1}
            return Finding("record_missing", self.number, place, row[KEY], str(row[RECORDED]), str(row[KIND]), rest)
        return _about("record_inserted", row)

    def _broken(self, place: int, previous: str, text: bytes | None) -> Finding:
        """The record at *place* does not follow: what was done to it?"""
        row = self.rows[place - 1]
        if (original := self._original(row)) is not None:
            return _about("record_reordered", row, original=original)
        if self.head is not None and place > self.head[0]:
            return _about("record_inserted", row)
        if text is not None and place < len(self.rows):
            following, _told = read(self.rows[place])
            right = chains.link(previous, text)
            if following is not None and chains.link(right, following) == self.rows[place][HASH]:
                return _about("hash_altered", row)
        return _about("record_altered", row)

    def _original(self, row: Row) -> int | None:
        """The place at which this record's hash is right, if there is one."""
        if len(self.rows) > _LONGEST_SEARCH:
            return None
        before = {each[SEQ] + 1: each[HASH] for each in self.rows if isinstance(each[SEQ], int)} | {1: ""}
        for place, hash_before in before.items():
            text, _told = read((row[0], place, *row[2:]))
            if text is not None and isinstance(hash_before, str) and chains.link(hash_before, text) == row[HASH]:
                return place if place != row[SEQ] else None
        return None

    def _ends(self) -> Finding | None:
        assert self.head is not None
        length, head, _name = self.head
        last = self.rows[-1]
        sealed = self.sealed[-1][0] if self.sealed else 0
        if len(self.rows) < max(length if isinstance(length, int) else 0, sealed):
            return _about("chain_truncated", last, length=max(length, sealed))
        if length != len(self.rows) or head != last[HASH]:
            return _about("head_altered", last, length=length)
        return None

    def _seals(self) -> Finding | None:
        since = 0
        for length, head, seal in self.sealed:
            if 0 < length <= len(self.rows) and self.rows[length - 1][HASH] == head:
                since = length
                continue
            row = self.rows[min(max(length, 1), len(self.rows)) - 1]
            return _about("chain_rewritten", row, seal=seal, since=since)
        return None

    def _foreign(self) -> Finding | None:
        """A chain outside of instances is named for whose records it holds."""
        name = self.head[2] if self.head else None
        if name is None:
            return None
        row = next((row for row in self.rows if not chains.fits(name, str(row[ACTOR]))), None)
        return _about("chain_foreign", row, name=name, actor=row[ACTOR]) if row is not None else None

    def _backdated(self) -> Finding | None:
        """A record whose time is older than its place."""
        walk = check_times.Walk(check_times.of_seals(self.sealed, self.made), self.counted)
        early = [place for place, row in enumerate(self.rows) if walk.is_early(place + 1, row[KEY], row[_AT], row[RECORDED])]
        return _about("record_backdated", self.rows[early[0]], many=len(early)) if early else None

    # --- activities -------------------------------------------------------------------------------------------------------

    def _activities(self) -> Iterator[Finding]:
        expected = self._expected()
        for row in self.activities:
            told = expected.pop(row[0], None)
            if told is None:
                yield Finding("activity_inserted", self.number, key=row[0], detail={"element": row[1]})
                continue
            column = next((name for name, one, other in zip(ACTIVITY, row, told, strict=True) if one != other), None)
            if column is not None:
                yield Finding("activity_altered", self.number, key=row[0], detail={"element": told[1], "column": column})
        for told in expected.values():
            yield Finding("activity_missing", self.number, key=told[0], detail={"element": told[1]})

    def _expected(self) -> dict[int, list[Any]]:
        """What the records say about each activity."""
        found: dict[int, list[Any]] = {}
        for row in self.rows:
            if row[KIND] not in MOVES:
                continue
            try:
                _move(found, row, exact_json.loads(row[DETAIL]))
            except (ValueError, KeyError, TypeError):
                continue  # an altered record, which has been found
        return found


def _move(found: dict[int, list[Any]], row: Row, detail: dict[str, Any]) -> None:
    """Bring what is known of the activities up to date with one record."""
    for key, element, name, kind, scope, *when in detail.get("entered", ()):
        at = when[0] if when else row[_AT]
        found[int(key)] = [int(key), element, name, kind, int(scope) if scope else None, at, None, "", "", row[CAMPAIGN]]
    for key, _element, how, cause, *when in detail.get("left", ()):
        if (entry := found.get(int(key))) is not None:
            entry[6:9] = [when[0] if when else row[_AT], how, cause]
    for key, element, name in detail.get("activities", ()):
        if (entry := found.get(int(key))) is not None:
            entry[1:3] = [element, name]
    for key, columns in detail.get("restored", {}).items():
        if (entry := found.get(int(key))) is not None:
            for name, value in columns.items():
                entry[ACTIVITY.index(name)] = value


def _about(code: str, row: Row, **detail: Any) -> Finding:
    chain, seq, key = (value if isinstance(value, int) else 0 for value in (row[CHAIN], row[SEQ], row[KEY]))
    return Finding(code, chain, seq, key, str(row[RECORDED]), str(row[KIND]), detail)


def read(row: Row) -> tuple[bytes | None, list[Told]]:
    """The canonical text of a record (None: it cannot be read any more) and the digests that it keeps."""
    try:
        detail = exact_json.loads(row[DETAIL])
        if not isinstance(detail, dict) or not isinstance(row[SALT], str):
            return None, []
        if row[SALT] and not any(chains.hidden("", name, detail[name]) != detail[name] for name in chains.free_of(detail)):
            return None, []  # a salt without anything that it is the salt of
        text = chains.canonical([row[CHAIN], row[SEQ], *row[_FIRST:_LAST], _committed(detail, row[SALT], row[DETAIL])])
        return text, _told(detail["digests"], row) if "digests" in detail else []
    except (ValueError, TypeError, AttributeError):
        return None, []


def detail_of(row: Row) -> dict[str, Any]:
    """The detail of a record that can be read."""
    found: dict[str, Any] = exact_json.loads(row[DETAIL])
    return found


def _committed(detail: dict[str, Any], salt: str, written: str) -> Any:
    """As ``chains.committed``, without the search where there is nothing to find."""
    if salt or '"gone"' in written or '"enc"' in written:
        return chains.committed(detail, salt)
    return chains.committed(detail, salt) if chains.free_of(detail) else detail


def _told(digests: dict[str, str], row: Row) -> list[Told]:
    found = []
    for name, digest in digests.items():
        table, _colon, key = name.partition(":")
        found.append(Told(table, int(key), digest, row))
    return found


Report = Callable[[Finding], None]
