"""Where features tell forms what is known, what is held, and take what was submitted.

``@prepares("household_registered")`` registers what a form is filled with before a person sees it;
``@accepts("household_registered")`` what happens, in the completing transaction, once it was accepted. ``"*"`` registers for every
form. Several may register: they run in the order of registration, ``"*"`` first, and later ones overlay earlier ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app.engine import form_prefill
from app.forms import masking, paths
from app.forms.schema import Form


@dataclass(frozen=True, slots=True)
class Lock:
    """Why a field cannot be changed now, who must act, and where."""

    reason: str
    who: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell above the form. ``kind``: info, warning or blocked."""

    text: str
    kind: str = "info"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """What is still open about a subject and whoever passes its form must know. ``kind``: problem or hold."""

    kind: str
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Keyed:
    """One value that a person keys into another system. ``path``: its place in the form; ``personal``: ``value`` is masked."""

    label: str
    value: str
    unit: str = ""
    path: str = ""
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    """What one screen of the other system asks for, in its order."""

    title: str
    values: Sequence[Keyed]


@dataclass(frozen=True, slots=True)
class Keying:
    """What is keyed into another system from the document that the task looks at."""

    title: str = ""
    screens: Sequence[Screen] = ()


@dataclass(slots=True)
class Prepared:
    """What a form starts with.

    ``data``: values by key, plain; ``context``: further names that the form's expressions and decisions may use (``today``, ``household``,
    ``extract``, ``settings``, ``duplicate_ids``, ``attachments`` …), of which the browser gets only those that the form itself names;
    ``locked``: path → lock (a path of a group or list holds everything below it); ``reviewed``: what is stated now by the document that
    the task is about, by the keys of its form: shown instead of what was filled in then; ``keying``: what of it goes into another system;
    ``failed``: path → why its formula (``prefill``) gave nothing: the field is empty and says so.
    """

    data: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    locked: dict[str, Lock] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    reviewed: dict[str, Any] = field(default_factory=dict)
    keying: Keying = Keying()
    failed: dict[str, Exception] = field(default_factory=dict)


#: (session, task, identity) → what the form starts with; ``identity`` is None in the simulation
Prepares = Callable[[Session, Any, Any], Prepared | None]
#: (session, task, submission, outcome, actor) → extra completion variables
Accepts = Callable[[Session, Any, Any, Any, Any], Mapping[str, Any] | None]

#: (session, task, data as sent, personal values restored) → further names for the rules that only these data decide
LooksUp = Callable[[Session, Any, Mapping[str, Any]], Mapping[str, Any] | None]


class Features(Protocol):
    """Who fills forms and takes what was submitted. This module is one: the registered functions."""

    def prepare(self, session: Session, task: Any, identity: Any) -> Prepared: ...

    def fetch(self, session: Session, task: Any, identity: Any, name: str) -> Any:
        """The value of one of ``form_prefill.NAMES``."""

    def look_up(self, session: Session, task: Any, form: Form, data: Mapping[str, Any], prepared: Prepared) -> dict[str, Any]: ...

    def accept(self, session: Session, task: Any, submission: Any, outcome: Any, actor: Any) -> dict[str, Any]: ...


_prepares: dict[str, list[Prepares]] = {}
_accepts: dict[str, list[Accepts]] = {}
_looks_up: dict[str, list[LooksUp]] = {}


def prepares(*form_ids: str) -> Callable[[Prepares], Prepares]:
    """Register a function that fills these forms (``"*"``: all)."""

    def register(function: Prepares) -> Prepares:
        _add(_prepares, form_ids, function)
        return function

    return register


def accepts(*form_ids: str) -> Callable[[Accepts], Accepts]:
    """Register a function that takes these forms' accepted submissions (``"*"``: all)."""

    def register(function: Accepts) -> Accepts:
        _add(_accepts, form_ids, function)
        return function

    return register


def looks_up(*form_ids: str) -> Callable[[LooksUp], LooksUp]:
    """Register a function that looks something up for the rules once the data are known (an ID number that another household has)."""

    def register(function: LooksUp) -> LooksUp:
        _add(_looks_up, form_ids, function)
        return function

    return register


def _add(table: dict[str, list[Any]], form_ids: tuple[str, ...], function: Any) -> None:
    for form_id in form_ids:
        functions = table.setdefault(form_id, [])
        if function not in functions:
            functions.append(function)


def prepare(session: Session, task: Any, identity: Any) -> Prepared:
    """What the task's form starts with, from every feature that knows something about it."""
    merged = Prepared()
    for function in (*_prepares.get("*", ()), *_prepares.get(task.form_id, ())):
        found = function(session, task, identity)
        if found is None:
            continue
        merged.data.update(found.data)
        merged.context.update(found.context)
        merged.locked.update(found.locked)
        merged.notices.extend(found.notices)
        merged.reviewed.update(found.reviewed)
        merged.keying = found.keying if found.keying.screens else merged.keying
    return merged


def fetch(session: Session, task: Any, identity: Any, name: str) -> Any:
    """What the feature that provides *name* knows for this task."""
    return form_prefill.NAMES[name].fetch(session, task, identity)


def look_up(session: Session, task: Any, form: Form, data: Mapping[str, Any], prepared: Prepared) -> dict[str, Any]:
    """The context for ``validate``: what was prepared, and what features look up for these very data."""
    context = dict(prepared.context)
    functions = (*_looks_up.get("*", ()), *_looks_up.get(form.id, ()))
    if functions:
        plain = paths.copied(dict(data))
        masking.restore(form, plain, prepared.data)
        for function in functions:
            context.update(function(session, task, plain) or {})
    return context


def accept(session: Session, task: Any, submission: Any, outcome: Any, actor: Any) -> dict[str, Any]:
    """Hand an accepted submission to the features; returns their completion variables, later ones over earlier ones."""
    variables: dict[str, Any] = {}
    for function in (*_accepts.get("*", ()), *_accepts.get(task.form_id, ())):
        variables.update(function(session, task, submission, outcome, actor) or {})
    return variables
