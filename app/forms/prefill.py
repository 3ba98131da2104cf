"""Evaluates the ``prefill`` formulas of a form when its task is opened: one call of FEEL, over names that are fetched only where a formula
reads them. Nothing is stored: what a formula gave is kept only with what a person submits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from flask_babel import gettext as _

from app import clock
from app.engine import feel, form_prefill
from app.engine.errors import EngineError
from app.engine.feel_values import to_json
from app.forms import browser, paths, values
from app.forms.hooks import Prepared
from app.forms.outcome import language
from app.forms.schema import Form, Node

_LOG = logging.getLogger(__name__)

#: name → its value. Raises what the feature raises.
Fetch = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class _Formula:
    path: str
    node: Node
    text: str


class _IllTyped(EngineError):
    """A formula gave what its field does not hold."""


def fill(form: Form, prepared: Prepared, variables: Mapping[str, Any], names: Mapping[str, form_prefill.Name], fetch: Fetch) -> None:
    """Put the values of the form's formulas into ``prepared.data`` where features have put none, choices that the form takes from a name
    into ``prepared.context``, and what went wrong into ``prepared.failed``. *variables*: the task's; *names*: those that *fetch* knows."""
    known = _Known(variables, names, fetch)
    formulas = [each for each in _formulas(form) if paths.get(prepared.data, each.path) is None]
    for each in formulas:
        if (broken := known.broken(feel.check(each.text).variables)) is not None:
            prepared.failed[each.path] = broken
    _evaluate([each for each in formulas if each.path not in prepared.failed], known, prepared)
    for name in browser.inputs(form) & {name for name, each in names.items() if each.choices}:
        if name not in prepared.context and name not in form.tree and known.broken({name}) is None:
            prepared.context[name] = known.masked.get(name)


def for_rules(form: Form, context: Mapping[str, Any], reads: Collection[str], names: Collection[str], fetch: Fetch) -> dict[str, Any]:
    """What the form's decisions read of these *names*, beside what is in *context* and in the form; personal values masked."""
    wanted = {name for name in reads if name in names and name not in context and name not in form.tree}
    known = _Known({}, names, fetch)
    if (broken := known.broken(wanted)) is not None:
        raise broken
    return known.masked


class _Known:
    """The names that have been read so far: as fields see them, and as those see them that are marked personal."""

    def __init__(self, variables: Mapping[str, Any], names: Collection[str], fetch: Fetch) -> None:
        self.masked: dict[str, Any] = dict(variables)
        self.opened: dict[str, Any] = {}
        self._names, self._fetch = frozenset(names), fetch
        self._failed: dict[str, Exception] = {}

    def broken(self, reads: Collection[str]) -> Exception | None:
        """Read these names; returns why one of them cannot be had."""
        for name in sorted(self._names.intersection(reads) - self.masked.keys() - self._failed.keys()):
            try:
                found = self._fetch(name)
            except (EngineError, LookupError, TypeError, ValueError) as error:
                _LOG.warning("prefill: %s: %s", name, type(error).__name__)
                self._failed[name] = error
                continue
            self.masked[name] = found.masked if isinstance(found, form_prefill.Personal) else found
            if isinstance(found, form_prefill.Personal):
                self.opened[name] = found.opened
        return next((self._failed[name] for name in sorted(reads) if name in self._failed), None)


def _formulas(form: Form) -> list[_Formula]:
    """In the order of the form. A list's rows are its own formula's."""
    found: list[_Formula] = []
    todo = [(node, "") for node in form.root.children]
    while todo:
        node, prefix = todo.pop(0)
        path = ".".join(part for part in (prefix, *node.segments) if part)
        written = dict(form_prefill.formulas(node.component))
        text = written.get("prefillEn") if language() == "en" and "prefillEn" in written else written.get("prefill")
        if text and path and node.segments:
            found.append(_Formula(path, node, text))
        todo += [] if node.repeats else [(child, path) for child in node.children]
    return found


def _evaluate(formulas: list[_Formula], known: _Known, prepared: Prepared) -> None:
    written = [each.text for each in formulas]
    try:
        results = feel.evaluate_many(written, known.masked)
        opened = feel.evaluate_many(written, {**known.masked, **known.opened}) if known.opened else results
    except EngineError as error:
        if len(formulas) == 1:
            prepared.failed[formulas[0].path] = error
            return
        for each in formulas:  # one of them fails: the others are filled all the same
            _evaluate([each], known, prepared)
        return
    for each, value, plain in zip(formulas, results, opened, strict=True):
        try:
            found = _written(each.node, value, plain)
        except values.IllTyped as error:
            prepared.failed[each.path] = _IllTyped(f"{each.path}: {error}")
        else:
            if found is not None:
                paths.put(prepared.data, each.path, found)


def _written(node: Node, value: Any, opened: Any) -> Any:
    """*value* as the form holds it, personal fields *opened*. Raises ``IllTyped``."""
    if node.keyed:
        return _field(node, opened if node.properties.get("personal") else value)
    if value is None:
        return None
    if not node.repeats:
        return _group(node, value, opened)
    if not isinstance(value, list):
        raise values.IllTyped(_("应为若干行"))
    same = opened if isinstance(opened, list) and len(opened) == len(value) else value
    return [_group(node, row, plain) for row, plain in zip(value, same, strict=True)]


def _group(node: Node, value: Any, opened: Any) -> dict[str, Any]:
    """What lies below *node*, of a group or a row; names that the form does not have are left out."""
    if not isinstance(value, dict):
        raise values.IllTyped(_("应为一组栏目"))
    made: dict[str, Any] = {}
    for child in node.children:
        if not child.segments:
            made |= _group(child, value, opened)
            continue
        place = ".".join(child.segments)
        found = _written(child, paths.get(value, place), paths.get(opened, place))
        if found is not None:
            paths.put(made, place, found)
    return made


def _field(node: Node, value: Any) -> Any:
    plain = to_json(_spoken(node, value))
    options = plain if isinstance(plain, list) else [plain]
    return values.read(node, plain, options=options, files=frozenset(map(str, options)))


def _spoken(node: Node, value: Any) -> Any:
    """Moments as their field shows them: to the minute, in campaign time."""
    if node.type == "datetime":
        return _moment(str(node.component.get("subtype", "date")), value)
    if node.type in ("textfield", "textarea"):
        if isinstance(value, datetime):
            return f"{_local(value):%Y-%m-%d %H:%M}"
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    return value


def _moment(subtype: str, value: Any) -> Any:
    if isinstance(value, datetime):
        local = _local(value)
        whole = local.date().isoformat(), f"{local:%H:%M}", local.isoformat(timespec="minutes")
        return dict(zip(("date", "time", "datetime"), whole, strict=True)).get(subtype)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return value.isoformat() if isinstance(value, date) else value


def _local(value: datetime) -> datetime:
    return clock.local(value if value.tzinfo else value.replace(tzinfo=clock.CAMPAIGN_ZONE))
