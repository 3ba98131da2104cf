"""What an administrator sees of an instance: the process, ids and decisions. Not who lives there, nor what they said.

Labels and texts may hold names. So a label is shown only where it names an institution, and a text only where it is a code, a moment or a
number; everything else is said to be there and hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from flask_babel import gettext as _

from app import personal

#: Kinds of subjects in words, with their code.
SUBJECTS: dict[str, Callable[[str], str]] = {
    "household": lambda code: _("农户 %(code)s", code=code),
    "problem": lambda code: _("问题 %(code)s", code=code),
    "question": lambda code: _("请示 %(code)s", code=code),
}
#: Kinds of subjects that are institutions: their labels name nobody.
INSTITUTIONS = ("campaign", "village", "group", "list")


class Named(Protocol):
    """What has a subject and a label: an instance, a task."""

    subject: str
    label: str
    business_key: str


def subject(row: Named) -> str:
    """What an instance is about, in words that name no person."""
    kind, _colon, code = row.subject.partition(":")
    if kind in INSTITUTIONS:
        return row.label or row.subject
    if code:
        return SUBJECTS[kind](code) if kind in SUBJECTS else f"{kind} {code}"
    return row.business_key if personal.is_code(row.business_key) else ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A variable as it may be seen."""

    path: str
    text: str
    hidden: bool

    @property
    def top(self) -> str:
        """The variable that it is a part of."""
        return self.path.partition(".")[0]


def variables(values: dict[str, Any]) -> list[Shown]:
    """Every variable by its path; what looks personal is only said to be there."""
    return list(_flat("", values))


def _flat(path: str, value: Any) -> Iterator[Shown]:
    if isinstance(value, dict) and value and all(isinstance(name, str) and "." not in name for name in value):
        for name in sorted(value):
            yield from _flat(f"{path}.{name}" if path else name, value[name])
    elif path:
        yield shown(path, value)


def shown(path: str, value: Any) -> Shown:
    """One value as it may be seen: ``personal.hides`` decides."""
    if isinstance(value, dict | list):
        return _many(path, value)
    if personal.hides(path, value):
        return Shown(path, _instead(path, value), True)
    if value is None or isinstance(value, bool):
        return Shown(path, {None: "null", True: "true", False: "false"}[value], False)
    return Shown(path, str(value), False)


def _instead(path: str, value: Any) -> str:
    if personal.names_a_person(path):
        return str(_("（个人信息，不显示）"))
    return str(_("（%(count)s 个字，不显示）", count=len(value)) if isinstance(value, str) else _("（数字，不显示）"))


def masked(value: Any, path: str = "") -> Any:
    """A copy of a variable (or of all, by name) in which every hidden value is the words that stand for it; its shape stays."""
    if isinstance(value, dict):
        return {name: masked(inner, f"{path}.{name}" if path else str(name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner, path) for inner in value]
    found = shown(path, value)
    return found.text if found.hidden else value


def code(text: str) -> str:
    """A business key or the like, where it is a code; otherwise the words that stand for it."""
    return text if personal.is_code(text) else _("（%(count)s 个字，不显示）", count=len(text))


def _many(path: str, value: Any) -> Shown:
    if personal.names_a_person(path):
        return Shown(path, _("（个人信息，不显示）"), True)
    if isinstance(value, list):
        items = [shown(path, item) for item in value[:5]]
        if items and not any(item.hidden for item in items) and all(not isinstance(item, list | dict) for item in value):
            more = " …" if len(value) > len(items) else ""
            return Shown(path, _("%(count)s 项：%(items)s", count=len(value), items=", ".join(i.text for i in items) + more), False)
        return Shown(path, _("%(count)s 项", count=len(value)), bool(value))
    return Shown(path, "{}", False)


message = personal.without_values
