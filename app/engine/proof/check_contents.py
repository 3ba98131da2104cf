"""Rows outside of chains that records answer for: contents by digest, definitions by checksum."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select, text

from app import exact_json
from app.engine.contents import COVERED, REWRITTEN, digest
from app.engine.models import Definition
from app.engine.proof.check_chain import KEY, KIND, RECORDED, SEQ, Told
from app.engine.proof.findings import Finding

#: Rows looked up at a time.
MANY = 500


def contents(connection: Connection, told: Sequence[Told]) -> Iterator[Finding]:
    """Rows that are not what the records say, or are gone."""
    by_table: dict[str, list[Told]] = {}
    for each in told:
        by_table.setdefault(each.table, []).append(each)
    for name, wanted in by_table.items():
        if name not in COVERED:
            continue
        for start in range(0, len(wanted), MANY):
            yield from _compare(connection, name, wanted[start : start + MANY])


def _compare(connection: Connection, name: str, wanted: Sequence[Told]) -> Iterator[Finding]:
    found = _digests(connection, name, [each.key for each in wanted])
    again: dict[str, list[Any]] | None = None
    for each in wanted:
        if each.key not in found:
            if not _removed(connection, f"{name}:{each.key}"):
                yield _of_content("content_missing", each)
        elif found[each.key] != each.digest:
            again = _rewritten(connection) if again is None else again
            if found[each.key] != since(each.digest, again.get(f"{name}:{each.key}", ())):
                yield _of_content("content_altered", each)


def since(digest: str, steps: Sequence[Any]) -> str:
    """What a row's *digest* became by the erasures that rewrote it; "" when one of them found another row than it had been."""
    for step in steps:
        if not isinstance(step, list) or step[:1] != [digest]:
            return ""
        digest = str(step[-1])
    return digest


def _rewritten(connection: Connection) -> dict[str, list[Any]]:
    """Row → its steps, in the order of their records."""
    found: dict[str, list[Any]] = {}
    query = text(f'SELECT {detail_of(connection)} FROM event WHERE kind = :kind ORDER BY "key"')  # noqa: S608
    for row in connection.execute(query, {"kind": REWRITTEN}).scalars():
        told = read(row).get("rewritten")
        for name, step in told.items() if isinstance(told, dict) else ():
            found.setdefault(name, []).append(step)
    return found


def _digests(connection: Connection, name: str, keys: Sequence[int]) -> dict[int, str]:
    table, columns = COVERED[name]
    query = select(*(table.c[column] for column in columns)).where(table.c.key.in_(keys))
    try:
        return {row["key"]: digest(name, dict(row)) for row in connection.execute(query).mappings()}
    except (ValueError, TypeError, AttributeError):
        # One of them cannot even be read.
        if len(keys) == 1:
            return {keys[0]: ""}
        return {key: value for one in keys for key, value in _digests(connection, name, [one]).items()}


def _removed(connection: Connection, name: str) -> bool:
    """Whether a record tells that this row was taken away."""
    detail = detail_of(connection)
    query = text(f"SELECT detail FROM event WHERE kind LIKE '%.removed' AND {detail} LIKE :pattern")  # noqa: S608
    rows = connection.execute(query, {"pattern": f'%"{name}"%'}).scalars()
    return any(name in read(row).get("removed", ()) for row in rows)


def detail_of(connection: Connection) -> str:
    """The column of details as text, in SQL."""
    return "detail" if connection.dialect.name == "sqlite" else "detail::text"


def read(detail: Any) -> dict[str, Any]:
    """A detail as it is read; {} when it cannot be."""
    try:
        found = detail if isinstance(detail, dict) else exact_json.loads(detail)
    except (ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _of_content(code: str, told: Told) -> Finding:
    record = told.record
    where = {"table": told.table, "record_key": str(record[KEY])}
    return Finding(code, record[0], record[SEQ], told.key, str(record[RECORDED]), str(record[KIND]), where)


def _details(connection: Connection, name: str) -> Iterator[dict[str, Any]]:
    """The details of all records with an entry *name*."""
    detail = detail_of(connection)
    query = text(f"SELECT {detail} FROM event WHERE {detail} LIKE :pattern")  # noqa: S608
    for row in connection.execute(query, {"pattern": f'%"{name}":%'}).scalars():
        yield read(row)


def slipped_in(connection: Connection) -> Iterator[Finding]:
    """Rows of covered tables that no record tells of."""
    known: set[str] = set()
    for detail in _details(connection, "digests"):
        found = detail.get("digests")
        known.update(found if isinstance(found, dict) else ())
    for name, (table, _columns) in COVERED.items():
        for key in connection.execute(select(table.c.key).order_by(table.c.key)).scalars():
            if f"{name}:{key}" not in known:
                yield Finding("content_inserted", key=key, detail={"table": name})


def definitions(connection: Connection) -> Iterator[Finding]:
    """Every definition has the content of its checksum, and the record of its deployment says so."""
    told = {}
    for detail in _details(connection, "definitions"):
        for each in detail.get("definitions") or ():
            if isinstance(each, dict) and {"kind", "id", "version", "checksum"} <= set(each):
                told[each["kind"], each["id"], each["version"]] = each["checksum"]
    table = Definition.__table__.c
    query = select(table.key, table.kind, table.id, table.version, table.checksum, table.content).order_by(table.key)
    for key, kind, name, version, checksum, content in connection.execute(query):
        expected = told.pop((kind, name, version), None)
        where = {"id": name, "version": version}
        if expected is None:
            yield Finding("definition_inserted", key=key, detail=where)
        elif not expected == checksum == hashlib.sha256(content).hexdigest():
            yield Finding("definition_altered", key=key, detail=where)
    for _kind, name, version in told:
        yield Finding("definition_missing", detail={"id": name, "version": version})
