"""Chains of records and their seals.

Records from before get their places and hashes here, in the order in which they were written, and one more record a chain that says what
was there already (``instance.adopted``: the activities of an instance; ``contents.adopted``: digests of submissions and attachments). What
was done before this moment is as trustworthy as the database was then; from here on it cannot be changed unseen.
"""

from __future__ import annotations

import hashlib
import secrets
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

from app import db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
MANY = 500
#: ``states`` has no database from before; one that was brought back from a later version has it.
FREE_TEXT = {"name", "reason", "text", "message", "label", "note", "reply", "decision", "file", "variables", "states"}


def upgrade() -> None:
    op.create_table(
        "chain",
        sa.Column("key", KEY, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "seal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("leaves", sa.Integer(), nullable=False),
        sa.Column("chains", sa.Integer(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "sealed_head",
        sa.Column("seal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chain", KEY, autoincrement=False, nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seal", "chain"),
    )
    op.create_index("ix_sealed_chain", "sealed_head", ["chain", "length"])
    op.create_table(
        "verification",
        sa.Column("key", KEY, nullable=False),
        sa.Column("started_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.String(length=100), nullable=False),
        sa.Column("finished_at", db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("position", KEY, nullable=False),
        sa.Column("seal", sa.Integer(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    _create_erasures()
    _add_columns()
    _adopt(op.get_bind())
    op.create_index("ix_event_chain", "event", ["chain", "seq"], unique=True)


def _create_erasures() -> None:
    op.create_table(
        "retention",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(length=100), nullable=False),
        sa.Column("set_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind"),
    )
    op.create_table(
        "erasure",
        sa.Column("key", KEY, nullable=False),
        sa.Column("campaign_id", KEY, nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("requested_by", sa.String(length=100), nullable=False),
        sa.Column("requested_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=100), nullable=False),
        sa.Column("decided_at", db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("position", KEY, nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def _add_columns() -> None:
    op.add_column("process_instance", sa.Column("chain_length", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("process_instance", sa.Column("chain_head", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("event", sa.Column("chain", KEY, nullable=False, server_default="0"))
    op.add_column("event", sa.Column("seq", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("event", sa.Column("salt", sa.String(length=32), nullable=False, server_default=""))
    op.add_column("event", sa.Column("hash", sa.String(length=64), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_index("ix_event_chain", "event")
    bind = op.get_bind()
    bind.execute(sa.delete(EVENT).where(EVENT.c.kind.in_(("instance.adopted", "contents.adopted"))))
    for name in ("chain", "seq", "salt", "hash"):
        op.drop_column("event", name)
    for name in ("chain_length", "chain_head"):
        op.drop_column("process_instance", name)
    for name in ("erasure", "retention", "verification", "sealed_head", "seal", "chain"):
        op.drop_table(name)


# --- what was there before ------------------------------------------------------------------------------------------------

_COLUMNS = ("key", "campaign_id", "at", "recorded_at", "kind", "actor", "on_behalf_of", "origin", "instance_key", "activity_key")
COLUMNS = (*_COLUMNS, "element_id", "subject")
TIME = db.UtcDateTime(timezone=True)
TYPES: dict[str, Any] = {
    "at": TIME,
    "recorded_at": TIME,
    "created_at": TIME,
    "signed_at": TIME,
    "entered_at": TIME,
    "left_at": TIME,
    "detail": sa.JSON(),
}
EVENT = sa.table("event", *(sa.column(name, TYPES.get(name)) for name in (*COLUMNS, "detail", "chain", "seq", "salt", "hash")))
INSTANCE = sa.table("process_instance", *(sa.column(name) for name in ("key", "campaign_id", "subject", "chain_length", "chain_head")))
CHAIN = sa.table("chain", *(sa.column(name) for name in ("key", "name", "length", "head", "revision")))
_VISIT = ("key", "instance_key", "element_id", "element_name", "kind", "scope_key", "entered_at", "left_at", "how", "cause")
ACTIVITY = sa.table("activity", *(sa.column(name, TYPES.get(name)) for name in _VISIT))


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


class _Heads:
    """The chains while they grow."""

    def __init__(self, instances: set[int]) -> None:
        self.instances = instances
        self.names: dict[str, int] = {}
        self.heads: dict[int, tuple[int, str]] = {}

    def chain_of(self, row: Any) -> int:
        if row["instance_key"] in self.instances:
            return int(row["instance_key"])
        if row["kind"] in ("account.sign_in_failed", "account.locked"):
            return self.named(f"sign-in:{zlib.crc32(row['actor'].encode()) % 16}")
        return self.named("system:0" if row["actor"] in ("system", "") else f"person:{row['actor']}")

    def named(self, name: str) -> int:
        return self.names.setdefault(name, db.new_key())

    def append(self, chain: int, row: dict[str, Any]) -> dict[str, Any]:
        length, head = self.heads.get(chain, (0, ""))
        detail, salt = row["detail"], secrets.token_hex(16) if FREE_TEXT.intersection(row["detail"]) else ""
        hidden = {
            name: {"gone": _digest(_canonical([salt, name, value]))} if name in FREE_TEXT else value for name, value in detail.items()
        }
        columns = [_stamp(row[name]) if name in TYPES else row[name] for name in COLUMNS]
        text = _canonical([chain, length + 1, *columns, hidden])
        hashed = _digest((head + _digest(text)).encode())
        self.heads[chain] = (length + 1, hashed)
        return {"chain": chain, "seq": length + 1, "salt": salt, "hash": hashed}


def _adopt(bind: sa.Connection) -> None:
    instances = {row.key: row for row in bind.execute(sa.select(INSTANCE.c.key, INSTANCE.c.campaign_id, INSTANCE.c.subject))}
    heads = _Heads(set(instances))
    place = sa.update(EVENT).where(EVENT.c.key == sa.bindparam("of"))
    wanted = [EVENT.c[name] for name in (*COLUMNS, "detail")]
    last = -1
    while found := bind.execute(sa.select(*wanted).where(EVENT.c.key > last).order_by(EVENT.c.key).limit(MANY)).mappings().all():
        last = found[-1]["key"]
        bind.execute(place, [{"of": row["key"], **heads.append(heads.chain_of(row), dict(row))} for row in found])
    rows = [*_adopted_instances(bind, heads, instances), *_adopted_contents(bind, heads)]
    for start in range(0, len(rows), MANY):
        bind.execute(sa.insert(EVENT), rows[start : start + MANY])
    lengths = [
        {"of": chain, "chain_length": length, "chain_head": head} for chain, (length, head) in heads.heads.items() if chain in instances
    ]
    if lengths:
        bind.execute(sa.update(INSTANCE).where(INSTANCE.c.key == sa.bindparam("of")), lengths)
    named = [
        {"key": chain, "name": name, "length": heads.heads[chain][0], "head": heads.heads[chain][1], "revision": 1}
        for name, chain in heads.names.items()
    ]
    if named:
        bind.execute(sa.insert(CHAIN), named)


def _record(heads: _Heads, chain: int, kind: str, detail: dict[str, Any], **columns: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    row = {"campaign_id": 0, "instance_key": None, "activity_key": None, "element_id": "", "subject": "", "on_behalf_of": "", **columns}
    row |= {"key": db.new_key(), "at": now, "recorded_at": now, "kind": kind, "actor": "system", "origin": "migration", "detail": detail}
    return {**row, **heads.append(chain, row)}


def _where(visit: Any) -> list[Any]:
    scope = str(visit.scope_key) if visit.scope_key else None
    return [str(visit.key), visit.element_id, visit.element_name, visit.kind, scope]


def _adopted_instances(bind: sa.Connection, heads: _Heads, instances: dict[int, Any]) -> Iterator[dict[str, Any]]:
    """One record an instance: every activity up to now, with its times."""
    for key, instance in instances.items():
        visits = bind.execute(sa.select(*ACTIVITY.c).where(ACTIVITY.c.instance_key == key).order_by(ACTIVITY.c.key)).all()
        entered = [[*_where(visit), _stamp(visit.entered_at)] for visit in visits]
        left = [[str(v.key), v.element_id, v.how, v.cause, _stamp(v.left_at)] for v in visits if v.left_at is not None]
        detail = {"entered": entered, "left": left}
        about = {"campaign_id": instance.campaign_id, "instance_key": key, "subject": instance.subject}
        yield _record(heads, key, "instance.adopted", detail, **about)


_SUBMISSION = (
    "key", "campaign_id", "form_key", "form_id", "version", "subject", "scope", "task_key", "instance_key", "data", "warnings", "problems",
    "actor", "on_behalf_of", "at", "revision",
)  # fmt: skip
_ATTACHMENT = (
    "key", "campaign_id", "task_key", "subject", "path", "media_type", "size", "sha256", "stored", "uploaded_by", "on_behalf_of",
    "at",
)  # fmt: skip
_SIGNATURE = (
    "key", "campaign_id", "subject", "document", "role", "signer", "on_behalf_of", "manner", "signed_at", "submission_key", "content_hash",
)  # fmt: skip
_DEFINITION = ("key", "deployment_key", "kind", "id", "version", "name", "resource", "checksum", "created_at")
_CONTENTS = (
    ("submission", _SUBMISSION),
    ("attachment", _ATTACHMENT),
    ("signature", _SIGNATURE),
    ("deployment", ("key", "created_at", "actor", "comment")),
    ("definition", _DEFINITION),
)
_DOCUMENTS = {"data", "warnings", "problems"}


def _adopted_contents(bind: sa.Connection, heads: _Heads) -> Iterator[dict[str, Any]]:
    """Digests of what records did not cover before."""
    for name, columns in _CONTENTS:
        table = sa.table(name, *(sa.column(each, sa.JSON() if each in _DOCUMENTS else TYPES.get(each)) for each in columns))
        last = -1
        while found := bind.execute(sa.select(*table.c).where(table.c.key > last).order_by(table.c.key).limit(MANY)).mappings().all():
            last = found[-1]["key"]
            digests = {f"{name}:{row['key']}": _digest(_canonical(_row(row, columns))) for row in found}
            yield _record(heads, heads.named("system:0"), "contents.adopted", {"digests": digests})


def _row(row: Any, columns: tuple[str, ...]) -> list[Any]:
    return [_stamp(row[each]) if each in TYPES else _without_ciphers(row[each]) for each in columns]


def _without_ciphers(value: Any) -> Any:
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("enc"), str):
            return {"gone": _digest(value["enc"].encode())}
        return {name: _without_ciphers(inner) for name, inner in value.items()}
    return [_without_ciphers(inner) for inner in value] if isinstance(value, list) else value
