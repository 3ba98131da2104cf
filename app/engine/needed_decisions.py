"""Decisions that a service task's handler or a form asks for by itself: what each must answer.

Deployment refuses a diagram whose decisions are missing and a table that lacks a column; an answer is checked again each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app import exact_json
from app.engine import decisions, definition_lookup, newest_definitions
from app.engine.errors import Conflict
from app.engine.problems import Problem

#: What an output may be: a type (``float`` is any number), a list of texts, or one of these values.
Kind = type[str] | type[bool] | type[float] | type[list[str]] | type[object] | tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Needed:
    """A decision that the product asks for. ``many``: it answers with a list, one entry for each rule that applies."""

    id: str
    outputs: Mapping[str, Kind]
    many: bool = False

    def ask(self, session: Session, variables: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The answer of the newest version, as a list of outputs by name (one entry unless ``many``).

        Conflict when the decision is not deployed, has no rule for this case or answers something else than it must.
        """
        return self.ask_each(session, [variables])[0]

    def ask_each(self, session: Session, cases: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
        """``ask`` for one case after the other; equal cases are decided once."""
        found = newest_definitions.newest(session, "decision", self.id, None)
        if found is None:
            raise Conflict("decision_not_deployed", decision=self.id)
        keys = [exact_json.dumps(dict(case), sort_keys=True) for case in cases]
        different = dict(zip(keys, cases, strict=True))
        answers = decisions.evaluate_all(definition_lookup.file_of(session, found.key).content, self.id, list(different.values()))
        checked = dict(zip(different, map(self._checked, answers), strict=True))
        return [checked[key] for key in keys]

    def _checked(self, answer: Any) -> list[dict[str, Any]]:
        if answer is None and not self.many:
            raise Conflict("decision_without_rule", decision=self.id)
        entries = (answer or []) if self.many else [answer]
        if len(self.outputs) == 1:
            entries = [entry if isinstance(entry, Mapping) else {next(iter(self.outputs)): entry} for entry in entries]
        for entry in entries:
            for name, kind in self.outputs.items():
                value = entry.get(name)
                if not _is(value, kind):
                    raise Conflict("decision_wrong_answer", decision=self.id, output=name, value=str(value)[:100])
        return [dict(entry) for entry in entries]


def _is(value: Any, kind: Kind) -> bool:
    if isinstance(kind, tuple):
        return value in kind and not isinstance(value, bool)
    if kind == list[str]:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return kind is object or isinstance(value, kind)


#: every decision that is asked for, by id, and who asks: task types of handlers, forms
NEEDED: dict[str, Needed] = {}
BY_TASK_TYPE: dict[str, tuple[Needed, ...]] = {}
BY_FORM: dict[str, tuple[Needed, ...]] = {}


def need(decision: str, outputs: Mapping[str, Kind], *, many: bool = False, forms: Iterable[str] = ()) -> Needed:
    """Say that the product asks for *decision*: handlers that name it in ``handler(…, asks=[…])``, and what is done with *forms*."""
    found = NEEDED.setdefault(decision, Needed(decision, outputs, many))
    for form in forms:
        BY_FORM[form] = (*BY_FORM.get(form, ()), found)
    return found


def check(resource: str, content: bytes) -> list[Problem]:
    """What keeps a readable DMN file from answering as it is asked: a column too few, a hit policy for one answer where many are
    wanted, or the other way round. Decisions that are no tables are checked when they answer."""
    problems = []
    for table in decisions.tables(content):
        needed = NEEDED.get(table.id)
        if needed is None:
            continue
        missing = [name for name in needed.outputs if name not in table.outputs]
        if missing and not (len(needed.outputs) == len(table.outputs) == 1):
            params = {"decision": table.id, "missing": ", ".join(missing)}
            problems.append(Problem(resource, table.id, table.name, "needed_outputs", params, "error", table.line))
        if needed.many != table.many:
            code = "needed_many" if needed.many else "needed_one"
            problems.append(Problem(resource, table.id, table.name, code, {"decision": table.id}, "error", table.line))
    return problems
