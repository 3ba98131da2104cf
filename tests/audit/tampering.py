"""What somebody with the database's password can do to the past. Each tampering changes something through one connection."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Date, DateTime, MetaData, String, Table, delete, insert, select, update
from sqlalchemy.orm import Session

from app.campaign.models import Notification
from app.db import new_key
from app.engine import chains, events
from app.engine.actor import Actor
from app.engine.change_journal import engine_tables
from app.engine.models import Incident, JobRow, MessageRow, VirtualClock
from app.engine.proof import check_chain, reading
from app.modeler.trial.models import Scenario

Tamper = Callable[[Connection, "Tables", random.Random], None]
#: Columns that say nothing about the past: revisions for writers; the last code of a second factor, somebody's language.
_SILENT = {
    ("chain", "revision"),
    ("household", "revision"),
    ("problem", "revision"),
    ("account", "totp_counter"),
    ("account", "locale"),
    # ``coverage`` says so: attempts and leases, what was read, what follows from variables; the heads of chains have ways of their own.
    *(("job", name) for name in ("retry_at", "state", "retries", "failures", "lease_until", "fence", "error", "created_at")),
    ("notification", "read_at"),
    *(("process_instance", name) for name in ("result", "chain_length", "chain_head")),
    *((name, "revision") for name in ("user_task", "process_instance", "scenario")),
}
#: Tables of the campaign and of accounts: rows that change, and whose every change a record tells of.
FOLLOWED = (
    *("household", "member", "problem", "village", "ledger_day", "ledger_entry", "role_assignment", "account"),
    *("user_task", "process_instance", "job", "message", "notification", "campaign_counter", "incident", "scenario", "virtual_clock"),
)


class Tables:
    """The tables as they are in the database, without the types of the models: an attacker writes what he likes."""

    def __init__(self, connection: Connection) -> None:
        wanted = (
            "event",
            "activity",
            "submission",
            "attachment",
            "definition",
            "deployment",
            "seal",
            "sealed_head",
            "chain",
            *FOLLOWED,
        )
        self.all = MetaData()
        self.all.reflect(connection, only=wanted)

    def __getattr__(self, name: str) -> Table:
        return self.all.tables[name]


def rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    """All of them; of jobs those that wait, not those that are done at once (``coverage``)."""
    first = list(table.primary_key.columns)
    query = select(table).where(table.c.kind.in_(engine_tables.WAITING)) if table.name == "job" else select(table)
    return [dict(row) for row in connection.execute(query.order_by(*first)).mappings()]


def where(table: Table, row: dict[str, Any]) -> Any:
    condition: Any = True
    for column in table.primary_key.columns:
        condition = (column == row[column.name]) & condition if condition is not True else column == row[column.name]
    return condition


def other(value: Any, chance: random.Random) -> Any:
    """Something that is not *value*, as near to it as may be."""
    if isinstance(value, dict | list):
        return _in_json(json.loads(json.dumps(value)), chance)
    if value is None:
        return chance.randint(1, 10**6)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + chance.choice((-1, 1))
    if isinstance(value, bytes):
        return value + b" "
    if isinstance(value, str):
        return chance.choice((value + "x", "y" + value, value.swapcase() if value.swapcase() != value else value + "0"))
    if not isinstance(value, datetime):
        return value + timedelta(days=chance.choice((-1, 1)))
    return value.replace(microsecond=(value.microsecond + 1) % 10**6)


def _something(column: Column[Any], chance: random.Random) -> Any:
    """A value where there was none."""
    moment = datetime(2020, 5, 21, chance.randint(0, 23), tzinfo=UTC)
    if isinstance(column.type, DateTime):
        return moment if column.type.timezone else moment.replace(tzinfo=None)
    if isinstance(column.type, Date):
        return moment.date()
    return "x" if isinstance(column.type, String) else chance.randint(1, 10**6)


def _in_json(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict) and value:
        name = chance.choice(sorted(value))
        if set(value) == {"enc"} or chance.random() < 0.1:
            return {**value, "added": 1}
        return {**value, name: _in_json(value[name], chance)}
    if isinstance(value, list) and value:
        index = chance.randrange(len(value))
        return [*value[:index], _in_json(value[index], chance), *value[index + 1 :]]
    if isinstance(value, dict | list):
        return {"added": 1} if isinstance(value, dict) else [1]
    return other(value, chance)


def alter(name: str, *columns: str) -> Tamper:
    """Change one column of one row."""

    def tamper(connection: Connection, tables: Tables, chance: random.Random) -> None:
        table = tables.all.tables[name]
        row = chance.choice(rows(connection, table))
        free = [column.name for column in table.columns if (name, column.name) not in _SILENT]
        column = chance.choice(columns or tuple(free))
        value = _something(table.c[column], chance) if row[column] is None else other(row[column], chance)
        connection.execute(update(table).where(where(table, row)).values({column: value}))

    return tamper


def remove(name: str) -> Tamper:
    def tamper(connection: Connection, tables: Tables, chance: random.Random) -> None:
        table = tables.all.tables[name]
        connection.execute(delete(table).where(where(table, chance.choice(rows(connection, table)))))

    return tamper


def slip_in(name: str) -> Tamper:
    """A copy of a row with another key."""

    def tamper(connection: Connection, tables: Tables, chance: random.Random) -> None:
        table = tables.all.tables[name]
        row = chance.choice(rows(connection, table))
        number = "key" if "key" in row else next((name for name in ("id",) if name in row), None)
        if number is not None:
            row[number] = row[number] + chance.choice((-5, 7, 10**9))
        if "version" in row:
            row["version"] += 100
        if "revision" in row and name == "submission":
            row["revision"] += 100
        for unique in ("code", "number", "line", "position", "username", "scope", "series", "message_id", "occurrence", "parent_index"):
            if name in FOLLOWED and row.get(unique) is not None:
                row[unique] = row[unique] + (100 if isinstance(row[unique], int) else "9")
        if name == "ledger_day":
            row["day"] += timedelta(days=9)
        connection.execute(insert(table).values(row))

    return tamper


def more(session: Session) -> None:
    """A row of each kind that ``played`` does not have, made by the product's own means."""
    at = datetime(2020, 5, 21, tzinfo=UTC)
    place = {"instance_key": 1, "activity_key": 2, "element_id": "late"}
    session.add(JobRow(kind="timer", campaign_id=7, due_at=at, created_at=at, occurrence=1, **place))
    session.add(MessageRow(campaign_id=7, name="go", message_id="1", expires_at=at, created_at=at))
    session.add(Notification(campaign_id=7, username="ann", message_id="1", kind="notice", title="通知", sent_at=at))
    session.add(Incident(campaign_id=7, kind="handler", message="broken", created_at=at))
    session.add(Scenario(name="a", process_id="p", created_at=at, created_by="ann", changed_at=at, changed_by="ann"))
    session.add(VirtualClock(anchor=at, set_at=at))
    events.record(session, "campaign.settings", Actor("ann"), campaign_id=7)


def move_due_date(connection: Connection, tables: Tables, chance: random.Random) -> None:
    """A task was never late."""
    table = tables.user_task
    row = chance.choice(rows(connection, table))
    due = _something(table.c.due_at, chance) if row["due_at"] is None else row["due_at"] + timedelta(days=3)
    connection.execute(update(table).where(where(table, row)).values(due_at=due))


def backdate(connection: Connection, tables: Tables, chance: random.Random) -> None:
    """Something was done earlier than it was, by somebody else."""
    table = tables.user_task
    row = chance.choice([row for row in rows(connection, table) if row["state"] == "COMPLETED"])
    values = {"completed_at": row["completed_at"] - timedelta(days=1)} if chance.random() < 0.5 else {"completed_by": "eve"}
    connection.execute(update(table).where(where(table, row)).values(values))


def erase_alone(connection: Connection, tables: Tables, chance: random.Random) -> None:
    """The free texts of a record go as an erasure would let them go: its hash stays right, and nobody ordered it."""
    table = tables.event
    telling = [row for row in rows(connection, table) if chains.free_of(_detail(row)) - {"states"}]
    row = chance.choice(telling)
    free = chains.free_of(_detail(row)) - {"states"}
    detail = {name: chains.hidden(row["salt"], name, value) if name in free else value for name, value in _detail(row).items()}
    salt = row["salt"] if "states" in detail else ""
    connection.execute(update(table).where(where(table, row)).values(detail=detail, salt=salt))


def erase_cipher(connection: Connection, tables: Tables, chance: random.Random) -> None:
    """The encrypted name in a form gives way to its digest, which hashes to the same."""
    table = tables.submission
    row = chance.choice(rows(connection, table))
    data = row["data"] if isinstance(row["data"], dict) else json.loads(row["data"])
    connection.execute(update(table).where(where(table, row)).values(data=chains.without_ciphers(data)))


def append_backdated(connection: Connection, tables: Tables, chance: random.Random) -> None:
    """A record by the product's own code, with an older time: the chain and its head are perfect."""
    table = tables.event
    row = chance.choice(rows(connection, table))
    others = [each for each in rows(connection, table) if each["chain"] == row["chain"]]
    old = row["recorded_at"] - timedelta(days=chance.randint(1, 300))
    last = max(each["seq"] for each in others)
    # "states" would tell of changes that never were, which is found by itself
    plain = {"kind": "task.claimed", "detail": {}, "salt": "", "recorded_at": old, "at": old}
    connection.execute(insert(table).values({**row, **plain, "key": new_key(), "seq": last + 1}))
    rehash(connection, tables, row["chain"])


def insert_record(connection: Connection, tables: Tables, chance: random.Random) -> None:
    """A record at an existing place, at the end, or in the middle with everything behind it moved."""
    table = tables.event
    row = chance.choice(rows(connection, table))
    how = chance.choice(("same", "end", "middle"))
    if how == "end":
        row["seq"] = max(each["seq"] for each in rows(connection, table) if each["chain"] == row["chain"]) + 1
    if how == "middle":
        behind = [each for each in rows(connection, table) if each["chain"] == row["chain"] and each["seq"] >= row["seq"]]
        for each in sorted(behind, key=lambda each: -each["seq"]):
            connection.execute(update(table).where(where(table, each)).values(seq=each["seq"] + 1))
    connection.execute(insert(table).values({**row, "key": row["key"] + 10**9}))


def swap(connection: Connection, tables: Tables, chance: random.Random) -> None:
    """Two records of one chain change places."""
    table = tables.event
    found = rows(connection, table)
    one = chance.choice([row for row in found if sum(other["chain"] == row["chain"] for other in found) > 1])
    two = chance.choice([row for row in found if row["chain"] == one["chain"] and row["seq"] != one["seq"]])
    connection.execute(update(table).where(where(table, one)).values(seq=two["seq"]))
    connection.execute(update(table).where(where(table, two)).values(seq=one["seq"]))


def cut_tail(connection: Connection, tables: Tables, chance: random.Random) -> None:
    """The last records of a chain go, and its head is set back as if they had never been."""
    table = tables.event
    row = chance.choice(rows(connection, table))
    connection.execute(delete(table).where(table.c.chain == row["chain"], table.c.seq >= row["seq"]))
    before = [each for each in rows(connection, table) if each["chain"] == row["chain"]]
    set_head(connection, tables, row["chain"], len(before), before and max(before, key=lambda each: each["seq"])["hash"] or "")


def set_head(connection: Connection, tables: Tables, chain: int, length: int, head: str) -> None:
    instance, named = tables.process_instance, tables.chain
    connection.execute(update(instance).where(instance.c.key == chain).values(chain_length=length, chain_head=head))
    connection.execute(update(named).where(named.c.key == chain).values(length=length, head=head))


def rewrite(connection: Connection, tables: Tables, chance: random.Random) -> None:
    """A record is altered, and all hashes behind it, with the head, are worked out anew: the chain by itself is perfect."""
    table = tables.event
    row = chance.choice(rows(connection, table))
    column = chance.choice(("actor", "origin", "subject", "kind", "element_id"))
    connection.execute(update(table).where(where(table, row)).values({column: (row[column] + "z")}))
    rehash(connection, tables, row["chain"])


def cut_and_rewrite(connection: Connection, tables: Tables, chance: random.Random) -> None:
    """A record is taken out, the others close up, everything is hashed anew."""
    table = tables.event
    row = chance.choice(rows(connection, table))
    connection.execute(delete(table).where(where(table, row)))
    behind = [each for each in rows(connection, table) if each["chain"] == row["chain"] and each["seq"] > row["seq"]]
    for each in sorted(behind, key=lambda each: each["seq"]):
        connection.execute(update(table).where(where(table, each)).values(seq=each["seq"] - 1))
    rehash(connection, tables, row["chain"])


def rehash(connection: Connection, tables: Tables, chain: int) -> None:
    """Make a chain and its head fit, as the system itself would."""
    table, head, length = tables.event, "", 0
    (found,) = reading.one_chain_after_another(connection, chain - 1, chain, 0)
    for row in found.rows:
        text, _told = check_chain.read(row)
        assert text is not None
        head, length = chains.link(head, text), length + 1
        connection.execute(update(table).where(table.c.key == row[check_chain.KEY]).values(hash=head))
    set_head(connection, tables, chain, length, head)


def erase_chain(connection: Connection, tables: Tables, chance: random.Random) -> None:
    """An instance, or a person's chain, vanishes with everything it was."""
    chain = chance.choice(rows(connection, tables.event))["chain"]
    for table, column in (
        (tables.event, "chain"),
        (tables.activity, "instance_key"),
        (tables.process_instance, "key"),
        (tables.chain, "key"),
        (tables.sealed_head, "chain"),
    ):
        connection.execute(delete(table).where(table.c[column] == chain))


def cut_seals(connection: Connection, tables: Tables, chance: random.Random) -> None:
    """The newest seals go, without a trace in the database."""
    last = max(row["number"] for row in rows(connection, tables.seal))
    first = chance.randint(1, last)
    connection.execute(delete(tables.seal).where(tables.seal.c.number >= first))
    connection.execute(delete(tables.sealed_head).where(tables.sealed_head.c.seal >= first))


def take_back(connection: Connection, tables: Tables, chance: random.Random) -> None:
    """A problem that was struck off is open again, as it truly was once, and the record that told of it has its steps erased."""
    table = tables.problem
    row = chance.choice([row for row in rows(connection, table) if row["state"] == "closed"])
    before = {"state": "open", "closed_by": "", "closed_at": None, "closure_note": ""}
    connection.execute(update(table).where(where(table, row)).values(before))
    erase_steps(connection, tables, chance, kind="problem.closed")


def erase_steps(connection: Connection, tables: Tables, chance: random.Random, kind: str = "") -> None:
    """As an erasure would, so that the record hashes to the same."""
    table = tables.event
    telling = [row for row in rows(connection, table) if "states" in _detail(row) and kind in ("", row["kind"])]
    row = chance.choice(telling)
    detail = {name: chains.hidden(row["salt"], name, value) if name == "states" else value for name, value in _detail(row).items()}
    connection.execute(update(table).where(where(table, row)).values(detail=detail))


def _detail(row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = row["detail"] if isinstance(row["detail"], dict) else json.loads(row["detail"])
    return found


#: name → how. Each leaves the database changed.
WAYS: dict[str, Tamper] = {
    "alter a record": alter("event"),
    "alter a record's detail": alter("event", "detail"),
    "delete a record": remove("event"),
    "insert a record": insert_record,
    "swap two records": swap,
    "cut a chain's tail": cut_tail,
    "rewrite a chain": rewrite,
    "take a record out and rewrite": cut_and_rewrite,
    "erase a chain": erase_chain,
    "cut seals": cut_seals,
    "alter a seal": alter("seal"),
    "alter a sealed head": alter("sealed_head"),
    "delete a seal": remove("seal"),
    "delete a sealed head": remove("sealed_head"),
    "alter a chain's head": alter("chain", "length", "head"),
    "alter a chain's name": alter("chain", "name"),
    "alter an instance's head": alter("process_instance", "chain_length", "chain_head"),
    "alter an activity": alter("activity"),
    "delete an activity": remove("activity"),
    "slip in an activity": slip_in("activity"),
    "alter a submission": alter("submission"),
    "delete a submission": remove("submission"),
    "slip in a submission": slip_in("submission"),
    "alter an attachment": alter("attachment"),
    "delete an attachment": remove("attachment"),
    "slip in an attachment": slip_in("attachment"),
    "alter a definition": alter("definition"),
    "delete a definition": remove("definition"),
    "slip in a definition": slip_in("definition"),
    "alter a deployment": alter("deployment", "created_at", "actor", "comment"),
    "take back a change": take_back,
    "move a due date": move_due_date,
    "backdate what was done": backdate,
    "erase a text alone": erase_alone,
    "erase an encrypted name alone": erase_cipher,
    "append a record with an older time": append_backdated,
    "move a timer": alter("job", "due_at"),
    "change an instance's variables": alter("process_instance", "variables"),
    "set a number back": alter("campaign_counter", "value"),
    "let a scenario rest": alter("scenario", "state"),
    "erase what was told of a row": erase_steps,
    **{f"alter a row of {name}": alter(name) for name in FOLLOWED},
    **{f"delete a row of {name}": remove(name) for name in FOLLOWED},
    **{f"slip in a row of {name}": slip_in(name) for name in FOLLOWED},
}
