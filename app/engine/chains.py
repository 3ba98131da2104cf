"""Records are linked: each has its place in a chain and a hash over its content and over the hash before it.

What is hashed is the canonical text of a record: a JSON list of all its columns, names sorted, times as UTC with microseconds. Two kinds
of values stand in it as digests only, so that they can be erased later while the chain stays whole:

- encrypted values, ``{"enc": ciphertext}``, as ``{"gone": SHA-256 of the ciphertext}`` (the nonce in it makes it a salted digest);
- the free texts of a detail (``FREE_TEXT``), as ``{"gone": SHA-256 of salt, name and value}``; the salt is a column of its own.

Erasing writes the digest in the place of the value. What is left in the row hashes to the same.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app import exact_json
from app.db import new_key
from app.engine import erased_contents
from app.engine.actor import SYSTEM
from app.engine.chain_models import Chain
from app.engine.models import Event, ProcessInstance

#: Columns of a record in the order in which they are hashed, after its chain and its place there.
COLUMNS = (
    "key",
    "campaign_id",
    "at",
    "recorded_at",
    "kind",
    "actor",
    "on_behalf_of",
    "origin",
    "instance_key",
    "activity_key",
    "element_id",
    "subject",
)
#: What people type or name by themselves: may hold anything about anybody, so it can be erased. The list is part of what is proved: a
#: name that is added later would change the hashes of the records that have it already.
#: ``states`` is no text, but is erased like one: digests of rows (``change_journal``) from which names could be guessed.
FREE_TEXT = frozenset({"name", "reason", "text", "message", "label", "note", "reply", "decision", "file", "variables", "states"})
#: More of the same, since a later release: a record that has one of these says so itself, under ``HIDDEN``, so that older hashes stay.
_LATER = frozenset({"changes"})
#: Codes as a rule; what was sent from outside may be a name, and is hidden then.
_KEYS = frozenset({"business_key", "correlation_key"})
HIDDEN = "hidden"
#: Chains among which acts that nobody's name stands for spread, so that their writers do not meet.
LANES = 16


def canonical(value: Any) -> bytes:
    """The one text of a JSON value: names sorted, no blanks, UTF-8."""
    return exact_json.dumps(value, sort_keys=True)


def digest(text: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(text).hexdigest()


def stamp(moment: datetime) -> str:
    """A time as it is hashed (and as SQLite keeps it)."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def without_ciphers(value: Any) -> Any:
    """A copy of *value* with the digest of each ciphertext in its place."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("enc"), str):
            return {"gone": digest(value["enc"].encode())}
        return {name: without_ciphers(inner) for name, inner in value.items()}
    return [without_ciphers(inner) for inner in value] if isinstance(value, list) else value


def hidden(salt: str, name: str, value: Any) -> Any:
    """What stands for a free text: its salted digest, whether it is still there or has been erased."""
    erased = isinstance(value, dict) and len(value) == 1 and isinstance(value.get("gone"), str)
    return value if erased else {"gone": digest(canonical([salt, name, value]))}


def free_of(detail: Mapping[str, Any]) -> set[str]:
    """The names in a detail whose values stand as salted digests in what is hashed, so that they can be erased."""
    more = detail.get(HIDDEN)
    known = FREE_TEXT.union(each for each in more if isinstance(each, str) and each != HIDDEN) if isinstance(more, list) else FREE_TEXT
    return set(known.intersection(detail))


def committed(detail: Mapping[str, Any], salt: str) -> Any:
    """A detail as it is hashed."""
    free = free_of(detail)
    whole = {name: hidden(salt, name, value) if name in free else value for name, value in detail.items()}
    return without_ciphers(whole)


def content(chain: int, seq: int, columns: tuple[Any, ...], detail: Mapping[str, Any], salt: str) -> bytes:
    """The canonical text of a record; *columns* as in ``COLUMNS``, times stamped."""
    return canonical([chain, seq, *columns, committed(detail, salt)])


def link(previous: str, text: bytes) -> str:
    """The hash of a record with the canonical *text* that follows on *previous* ("" for the first)."""
    return digest((previous + digest(text)).encode())


def append(entry: Event, chain: int, length: int, head: str) -> str:
    """Give *entry* the next place in a chain of *length* records; returns the new head."""
    entry.chain, entry.seq = chain, length + 1
    named = {name for name in _KEYS.intersection(entry.detail) if erased_contents.plain(entry.detail[name]) != entry.detail[name]}
    more = sorted(named | _LATER.intersection(entry.detail))
    entry.detail = exact_json.loads(canonical({**entry.detail, HIDDEN: more} if more else entry.detail))
    entry.salt = secrets.token_hex(16) if free_of(entry.detail) else ""
    columns = tuple(getattr(entry, name) for name in COLUMNS)
    columns = (*columns[:2], stamp(entry.at), stamp(entry.recorded_at), *columns[4:])
    entry.hash = link(head, content(chain, entry.seq, columns, entry.detail, entry.salt))
    return entry.hash


def append_to_instance(instance: ProcessInstance, entry: Event) -> None:
    """Into the chain of an instance that this transaction holds: its revision keeps two writers apart."""
    length, head = instance.chain_length or 0, instance.chain_head or ""
    instance.chain_head = append(entry, instance.key, length, head)
    instance.chain_length = length + 1


def name_of(entry: Event) -> str:
    """The chain of an act outside of instances: its person's; the system's worker threads and failed sign-ins have lanes."""
    if entry.kind in ("account.sign_in_failed", "account.locked"):
        # Anybody may invent names here: they must not make chains.
        return f"sign-in:{zlib.crc32(entry.actor.encode()) % LANES}"
    if entry.actor in (SYSTEM.name, ""):
        return f"system:{(os.getpid() * 7 + threading.get_native_id()) % LANES}"
    return f"person:{entry.actor}"


def fits(name: str, actor: str) -> bool:
    """Whether a record of *actor* may stand in the chain *name* (``name_of``)."""
    lane = name in _LANES and (name.startswith("sign-in:") or actor in (SYSTEM.name, ""))
    return lane or name == f"person:{actor}"


_LANES = frozenset(f"{kind}:{number}" for kind in ("sign-in", "system") for number in range(LANES))
_NAMED = select(Chain).where(Chain.name.in_(bindparam("names", expanding=True))).order_by(Chain.name).with_for_update()


def append_outside(session: Session, entries: list[Event]) -> None:
    """Into the chains of their persons, each read once. Who comes second by a chain's revision runs again."""
    names: dict[str, list[Event]] = {}
    for entry in entries:
        names.setdefault(name_of(entry), []).append(entry)
    asked = session.scalars(_NAMED, {"names": sorted(names)}, execution_options={"populate_existing": True})
    held = {chain.name: chain for chain in asked}
    for name, own in names.items():
        chain = held.get(name)
        if chain is None:
            chain = Chain(key=new_key(), name=name, length=0, head="")
            session.add(chain)
        for entry in own:
            chain.head = append(entry, chain.key, chain.length, chain.head)
            chain.length += 1
