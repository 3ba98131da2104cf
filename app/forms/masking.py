"""Personal fields of form data: masked for the screen, encrypted for the database.

On the screen an ID number is ``500235********1234``. A person who leaves it as it is sends the mask back; the server then puts the known
value in its place, so nobody has to see or retype what the system knows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, cast

from app import exact_json, personal, unreadable
from app.forms import paths
from app.forms.schema import Form, unindexed

#: Kinds that stay readable in the form of the person who must confirm or correct them (choices, not numbers).
OPEN_IN_FORM = frozenset({"health", "name"})
_CIPHER = "enc"
#: What stands in the place of a value that was erased after the campaign: its digest, for the proof.
_GONE = "gone"


def _personal(form: Form, data: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for pattern, kind in form.personal.items():
        for path, value in places(data, pattern):
            if value not in (None, "", []) and not (isinstance(value, dict) or _rows(value)):
                yield path, kind, value


def places(data: Any, pattern: str, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """``members[].id_number`` → each row's path and value."""
    above, rows, below = pattern.partition("[]")
    found = paths.get(data, above)
    if not rows:
        yield prefix + above, found
        return
    for index, row in enumerate(found if isinstance(found, list) else ()):
        yield from places(row, below.removeprefix("."), f"{prefix}{above}[{index}].")


def _rows(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(entry, dict) for entry in value)


def masked(form: Form, data: dict[str, Any], *, open_kinds: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A copy of *data* with personal values masked, except those of ``open_kinds``."""
    return _replaced(form, data, lambda kind, value: value if kind in open_kinds else _mask(kind, value))


def without(form: Form, data: dict[str, Any]) -> dict[str, Any]:
    """A copy of *data* without personal values: nothing in their place within groups and lists."""
    copy = _replaced(form, data, lambda _kind, _value: None)
    return {name: value for name, value in copy.items() if name not in form.personal}


def _mask(kind: str, value: Any) -> str:
    if isinstance(value, unreadable.Unreadable):
        return unreadable.WORDS
    words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return personal.mask(cast(personal.Kind, kind), words)


def _replaced(form: Form, data: dict[str, Any], change: Callable[[str, Any], Any]) -> dict[str, Any]:
    copy: dict[str, Any] = paths.copied(data)
    for path, kind, value in _personal(form, data):
        paths.put(copy, path, change(kind, value))
    return copy


def restore(form: Form, data: dict[str, Any], initial: dict[str, Any]) -> None:
    """Put the known values back where *data* has only their masks (in place).

    A row may have moved: the value at the same place is tried first, then the other rows, if exactly one fits.
    """
    known: dict[str, list[tuple[str, Any]]] = {}
    for path, _kind, value in _personal(form, initial):
        known.setdefault(unindexed(path), []).append((path, value))
    for path, kind, value in _personal(form, data):
        if not isinstance(value, str):
            continue
        fitting = [(place, real) for place, real in known.get(unindexed(path), ()) if _mask(kind, real) == value]
        here = [real for place, real in fitting if place == path] or [real for _place, real in fitting]
        if here and all(real == here[0] for real in here):
            paths.put(data, path, here[0])


def sealed(form: Form, data: dict[str, Any], table: str, row: str) -> dict[str, Any]:
    """A copy of *data* for the database: personal values encrypted, bound to table, row and path."""
    copy: dict[str, Any] = paths.copied(data)
    for path, _kind, value in _personal(form, data):
        paths.put(copy, path, {_CIPHER: personal.encrypt(table, row, path, exact_json.dumps(value).decode())})
    return copy


def opened(data: Any, table: str, row: str, path: str = "") -> Any:
    """What ``sealed`` closed. An erased value is None."""
    if isinstance(data, dict):
        if set(data) == {_CIPHER}:
            text = personal.decrypt(table, row, path, data[_CIPHER])
            return text if isinstance(text, unreadable.Unreadable) else exact_json.loads(text)
        if set(data) == {_GONE}:
            return None
        return {key: opened(value, table, row, f"{path}.{key}" if path else key) for key, value in data.items()}
    if isinstance(data, list):
        return [opened(value, table, row, f"{path}[{index}]") for index, value in enumerate(data)]
    return data
