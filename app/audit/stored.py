"""A record as it is stored: everything in it, personal values masked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app import personal, unreadable
from app.engine.models import Event

if TYPE_CHECKING:
    from app.audit.queries import Record

#: What stands for a hidden value, in every language.
HIDDEN = "******"
#: Old and new values of instances' variables by path: masked as on the operator's page.
_VARIABLES = "variables"
#: What a batch writes into many instances, by path, as JSON text; or, of another batch, elements by elements.
_BATCH = ("batch.started", "mapping")
#: Kind of record → names in its detail that are shown only where they are codes: they come from variables or were sent from outside.
_CODES = {
    "error.thrown": {"message", "code"},
    "escalation.thrown": {"code"},
    "instance.started": {"business_key"},
    "message.published": {"correlation_key"},
    "message.correlated": {"correlation_key"},
    "message.expired": {"correlation_key"},
}


def raw(record: Record, *, unmask: bool = False) -> dict[str, Any]:
    """Every column of a record, nothing left out; personal values in its detail masked unless *unmask*."""
    shown: dict[str, Any] = {}
    for column in record.event.__table__.columns:
        value = getattr(record.event, column.key)
        if isinstance(value, unreadable.Unreadable):
            shown[column.key] = unreadable.WORDS
            continue
        if isinstance(value, datetime):
            value = value.isoformat()
        elif isinstance(value, bytes):
            value = value.hex()
        elif isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
            value = str(value)
        shown[column.key] = value if unmask or column.key != "detail" else detail(record.event)
    return shown


def as_json(record: Record) -> str:
    """``raw`` as text to read."""
    return json.dumps(raw(record), ensure_ascii=False, indent=2)


def detail(event: Event) -> dict[str, Any]:
    """What a record tells, personal values masked: the one way from a record to what auditors read, search and take away."""
    codes, told = _CODES.get(event.kind, ()), event.detail or {}
    return {name: _told(event.kind, str(name), value, name in codes) for name, value in told.items()}


def _told(kind: str, name: str, value: Any, is_code: bool) -> Any:
    if name == _VARIABLES or (kind, name) == _BATCH:
        return _variables(value, "")
    if isinstance(value, str) and is_code:
        return value if personal.is_code(value) else HIDDEN
    if kind == "incident.created" and name == "message" and isinstance(value, str):
        return personal.without_values(value)
    return _masked(value, name)


def _variables(value: Any, path: str) -> Any:
    if isinstance(value, Mapping):
        # ``old`` and ``new`` of a change are no part of the variable's name.
        change = set(value) == {"old", "new"}
        return {key: _variables(inner, path if change else f"{path}.{key}" if path else str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_variables(inner, path) for inner in value]
    return HIDDEN if personal.hides(path, value) else value


def _masked(value: Any, name: str) -> Any:
    """*value* with personal values masked: by the name of where it stands, or by what it looks like."""
    if isinstance(value, Mapping):
        return {key: _masked(inner, f"{name}.{key}") for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(inner, name) for inner in value]
    if isinstance(value, str) and value:
        return HIDDEN if personal.about_a_person(name) else personal.scrub(value)
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and (personal.about_a_person(name) or personal.scrub(str(value)) != str(value))
    ):
        return HIDDEN
    return value


def hides_something(record: Record) -> bool:
    """Would showing it in the clear tell more than ``raw`` does?"""
    return bool(raw(record)["detail"] != raw(record, unmask=True)["detail"])
