"""What a transaction changes of followed rows, before it is written: kept in its session until a record takes it."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, inspect, or_, update
from sqlalchemy import event as listening
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.orm.exc import StaleDataError

from app.engine.change_journal import followed_rows
from app.engine.change_journal.followed_rows import Followed

_CHANGED = "daopai.told"
#: Most rows in one record.
MOST = 500

#: name → [digest before, digest after]
States = dict[str, list[str]]


@dataclass(slots=True)
class Change:
    """A row that this transaction has changed."""

    how: Followed
    #: digest as the records know it; "" when there was no such row
    before: str
    #: the object; None when a statement changed it
    row: Any = None
    #: of a row without an object: its values now, or none
    name: str = ""
    campaign: int = 0
    after: str = ""
    deleted: bool = False
    #: the savepoint in which it was first changed
    within: SessionTransaction | None = None
    #: (savepoint in which a record took it, digest before that)
    taken: list[tuple[SessionTransaction | None, str]] = field(default_factory=list)

    def now(self) -> str:
        """The digest that the row has now; an object is asked for its values once, its name and its campaign, too."""
        if self.row is None:
            return self.after
        if self.deleted and not self.before:
            return ""
        values = _values(self.row, self.how)
        self.name, self.campaign = self.how.name(values), self.how.campaign_of(values)
        return "" if self.deleted else self.how.digest(values)


def of(session: Session) -> dict[Any, Change]:
    """What is known of this transaction: by the object's identity, or by the row's name."""
    found: dict[Any, Change] = session.info.setdefault(_CHANGED, {})
    return found


def note(session: Session) -> None:
    """See which objects are new, changed or deleted, before it is forgotten what they were."""
    known, fresh = of(session), list[Change]()
    for row in session.new:
        if id(row) in known:
            known[id(row)].deleted = False
        elif (how := followed_rows.of(row)) is not None:
            _fill_in(row, how)
            _keep(session, known, row, how, "").deleted = False
    for row in (*session.dirty, *session.deleted):
        how = followed_rows.of(row)
        if how is None or (row not in session.deleted and inspect(row).committed_state.keys().isdisjoint(how.columns)):
            continue
        if id(row) not in known:
            fresh.append(_keep(session, known, row, how, how.digest(_values(row, how, before=True))))
        known[id(row)].deleted = row in session.deleted
    _hold(session, [each for each in fresh if not each.how.revised])


def _keep(session: Session, known: dict[Any, Change], row: Any, how: Followed, before: str) -> Change:
    """The entry of an object; one that a statement has made already goes on from where it is."""
    if id(row) not in known:
        name = how.name({key: getattr(row, key) for key in how.keys})
        earlier = known.pop(name, None)
        entry = earlier or Change(how, before, within=session.get_nested_transaction())
        entry.row = row
        known[id(row)] = entry
    return known[id(row)]


@dataclass(frozen=True, slots=True)
class _Given:
    """What a column's default may ask about the other columns, as in SQLAlchemy's own context."""

    values: dict[str, Any]

    def get_current_parameters(self) -> dict[str, Any]:
        return self.values


def _fill_in(row: Any, how: Followed) -> None:
    """Give a new object its defaults now: they are part of what is told."""
    state = inspect(row)
    for column in how.table.columns:
        default: Any = column.default
        if column.name in state.dict or default is None or column.name not in how.columns:
            continue
        if default.is_scalar:
            setattr(row, column.name, default.arg)
        elif default.is_callable:
            setattr(row, column.name, default.arg(_Given(state.dict)))


def _values(row: Any, how: Followed, *, before: bool = False) -> dict[str, Any]:
    loaded: dict[str, Any] = inspect(row).dict
    old = inspect(row).committed_state if before else {}
    there = {**loaded, **old} if old else loaded
    return {name: there[name] if name in there else getattr(row, name) for name in how.columns}


def _hold(session: Session, entries: Sequence[Change]) -> None:
    """Lock rows that have no revision, and see that they still are what was read: otherwise the work runs again.

    An update that changes nothing locks them in PostgreSQL and takes the write lock of SQLite, which knows no FOR UPDATE.
    """
    for name in sorted({each.how.table.name for each in entries}):
        mine = [each for each in entries if each.how.table.name == name]
        how, table = mine[0].how, mine[0].how.table
        same = or_(*(and_(*(table.c[key] == getattr(each.row, key) for key in how.keys)) for each in mine))
        columns = [table.c[column] for column in how.columns]
        still = update(table).where(same).values({how.keys[0]: table.c[how.keys[0]]}).returning(*columns)
        found = {how.name(dict(row)): how.digest(dict(row)) for row in session.connection().execute(still).mappings()}
        if any(found.get(how.name(_values(each.row, how, before=True))) != each.before for each in mine):
            raise StaleDataError("somebody else has changed this row meanwhile")


def take(session: Session, wanted: Container[str] | None = None) -> Iterator[tuple[int, States]]:
    """(campaign, changes) that no record tells of yet, at most ``MOST`` at a time, of *wanted* rows only. Who asks must record them."""
    note(session)
    known = of(session)
    if any(each.row is not None and None in (getattr(each.row, key) for key in each.how.keys) for each in known.values()):
        session.flush()  # the database numbers them
    found: dict[int, States] = {}
    savepoint = session.get_nested_transaction()
    for each in known.values():
        after = each.now()
        if after == each.before:
            continue
        if wanted is not None and each.name not in wanted:
            continue
        found.setdefault(each.campaign, {})[each.name] = [each.before, after]
        each.taken.append((savepoint, each.before))
        each.before = after
    for campaign in sorted(found):
        names = sorted(found[campaign])
        for start in range(0, len(names), MOST):
            yield campaign, {name: found[campaign][name] for name in names[start : start + MOST]}


@listening.listens_for(Session, "before_flush")
def _at_flush(session: Session, _context: Any, _instances: Any) -> None:
    note(session)


def kept(session: Session, savepoint: SessionTransaction, around: SessionTransaction | None) -> None:
    """What a savepoint keeps belongs to what is around it."""
    note(session)
    for each in of(session).values():
        each.within = around if each.within is savepoint else each.within
        each.taken = [(around if within is savepoint else within, before) for within, before in each.taken]


def undone(session: Session, savepoint: SessionTransaction) -> None:
    """A savepoint was rolled back: nothing of it has happened."""
    known = of(session)
    for key, each in list(known.items()):
        if each.within is savepoint:
            del known[key]
            continue
        lost = [before for within, before in each.taken if within is savepoint]
        if lost:
            each.before = lost[0]
            each.taken = [(within, before) for within, before in each.taken if within is not savepoint]


def forget(session: Session) -> None:
    """The transaction is over."""
    session.info.pop(_CHANGED, None)
