"""Statements that write followed rows without objects: the rows are looked at before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Result, and_, or_, update
from sqlalchemy import event as listening
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.sql import visitors

from app.engine.change_journal import changes
from app.engine.change_journal.changes import Change
from app.engine.change_journal.followed_rows import FOLLOWED, Followed

#: Rows looked up at a time.
_MANY = 300
#: Options of a statement whose rows have been told of already.
TOLD = {"synchronize_session": False, "changes_nothing": True}

#: name → (digest, campaign, keys)
_Seen = dict[str, tuple[str, int, tuple[Any, ...]]]


@listening.listens_for(Session, "do_orm_execute")
def _at_statement(state: ORMExecuteState) -> Result[Any] | None:
    statement: Any = state.statement
    if not (state.is_insert or state.is_update or state.is_delete):
        return None
    how = FOLLOWED.get(getattr(statement.table, "name", ""))
    if how is None or state.execution_options.get("changes_nothing") or not _touches(how, statement):
        return None
    before: _Seen = {}
    if not state.is_insert:
        before = _before(state.session, how, statement._where_criteria, state.parameters)
    result = state.invoke_statement()
    if state.is_insert:
        after = _by_keys(state.session, how, list(_inserted(how, state)))
    else:
        after = {} if state.is_delete else _by_keys(state.session, how, [keys for _digest, _campaign, keys in before.values()])
    _keep(state.session, how, before, after)
    return result


def _touches(how: Followed, statement: Any) -> bool:
    """Whether a statement may write a followed column: leases and attempts of jobs, for one, are none."""
    if not statement.is_update or not statement._values:
        return True
    written = {getattr(column, "name", column) for column in statement._values}
    return not written.isdisjoint(how.columns)


def wrote(session: Session, model: Any, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
    """Tell of a row that the product's own statement writes, by what is known of it: nobody looks at the row. None: there was, or is, none.

    Say it before the records of the transaction are written. The statement goes by the connection, or with the options ``TOLD``.
    """
    how = FOLLOWED[model.__tablename__]
    first, then = (_known(how, values) for values in (before, after))
    if first or then:
        _keep(session, how, first, then)


def wrote_over(session: Session, row: Any, **values: Any) -> None:
    """As ``wrote``: a statement of our own writes *values* over the columns of an object that was just read."""
    before = {column.name: getattr(row, column.name) for column in row.__table__.columns}
    wrote(session, type(row), before, {**before, **values})


def _known(how: Followed, values: Mapping[str, Any] | None) -> _Seen:
    if values is None or not how.has(values):
        return {}
    row = {column: values.get(column) for column in how.columns}
    return {how.name(row): (how.digest(row), how.campaign_of(row), tuple(row[key] for key in how.keys))}


def _inserted(how: Followed, state: ORMExecuteState) -> Iterator[tuple[Any, ...]]:
    given: Any = state.parameters
    statement: Any = state.statement
    rows: Sequence[Any] = given if isinstance(given, list | tuple) else [given] if given else [statement.compile().params]
    for row in rows:
        if any(row.get(key) is None for key in how.keys):
            raise ValueError(f"rows of {how.table.name} are followed: insert them with their keys")
        yield tuple(row[key] for key in how.keys)


def _by_keys(session: Session, how: Followed, keys: list[tuple[Any, ...]]) -> _Seen:
    found: _Seen = {}
    for start in range(0, len(keys), _MANY):
        some = keys[start : start + _MANY]
        same: Any = how.table.c[how.keys[0]].in_([each[0] for each in some])
        if len(how.keys) > 1:
            same = or_(*(and_(*(how.table.c[name] == value for name, value in zip(how.keys, each, strict=True))) for each in some))
        found |= _seen(session, how, how.query.where(same))
    return found


def _before(session: Session, how: Followed, conditions: Sequence[Any], given: Any) -> _Seen:
    """The rows that a statement will write; with many parameters, those of each."""
    parts = (each for condition in conditions for each in visitors.iterate(condition))
    named = {each.key for each in parts if isinstance(each, BindParameter) and each.required}
    found: _Seen = {}
    for values in given if isinstance(given, list | tuple) else [given or {}]:
        asked = {name: value for name, value in values.items() if name in named}
        found |= _seen(session, how, _locked(how, conditions), asked)
    return found


def _locked(how: Followed, conditions: Sequence[Any]) -> Any:
    """As ``changes``: an update that changes nothing locks the rows in both databases."""
    first = how.table.c[how.keys[0]]
    return update(how.table).where(*conditions).values({first.name: first}).returning(*(how.table.c[name] for name in how.columns))


def _seen(session: Session, how: Followed, statement: Any, asked: Mapping[str, Any] | None = None) -> _Seen:
    found: _Seen = {}
    row: Any
    for row in session.connection().execute(statement, asked or {}).mappings():
        if how.has(row):
            found[how.name(row)] = (how.digest(row), how.campaign_of(row), tuple(row[key] for key in how.keys))
    return found


def _keep(session: Session, how: Followed, before: _Seen, after: _Seen) -> None:
    """Objects of these rows that are changed later take their entries over again (``changes.note``)."""
    known = changes.of(session)
    for key, entry in list(known.items()):
        if entry.row is not None and entry.how is how:
            name = how.name({column: getattr(entry.row, column) for column in how.keys})
            if name in before or name in after:
                entry.row, entry.name = None, name
                known[name] = known.pop(key)
    for name in before.keys() | after.keys():
        digest, campaign, _keys = after.get(name) or ("", before[name][1], ())
        if name not in known:
            first = before[name][0] if name in before else ""
            known[name] = Change(how, first, name=name, campaign=campaign, within=session.get_nested_transaction())
        known[name].after, known[name].campaign = digest, campaign
