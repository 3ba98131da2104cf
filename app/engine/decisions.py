"""Decisions: DMN files, checked and evaluated over FEEL.

Decision tables with all hit policies, literal expressions, boxed contexts, lists, relations, invocations, functions, conditionals,
filters and iterations, business knowledge models, decision services and required decisions. A decision is evaluated with everything it
requires in one call of V8.

Two rules beyond the specification: a result is known under its variable's name, the decision's name and (as in Camunda) its id; input
data declared as date, time or duration may be given as ISO 8601 text, because variables are JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from app.engine import dmn_xml, feel
from app.engine.dmn_model import Expression, Model
from app.engine.errors import ExpressionError, ExpressionLimit, Refused
from app.engine.problem_texts_dmn import TEXTS
from app.engine.problems import Problem

#: expressions parsed in one call of V8, and decisions evaluated in one
BATCH, MANY = 200, 50
#: hit policies that answer with a list
_MANY = frozenset({"COLLECT", "RULE ORDER", "OUTPUT ORDER"})


def evaluate(xml: bytes, decision: str, variables: Mapping[str, Any]) -> Any:
    """The result of *decision* (id or name) of the DMN file *xml* over *variables*; values as in ``feel.evaluate``.

    Raises ``Refused`` when the file has errors, ``ExpressionError`` when there is no such decision or its rules contradict each other
    (UNIQUE with two matching rules, a value outside its allowed values), ``ExpressionLimit`` when it takes too much.
    """
    key, model = _model(xml)
    if model.problems:
        raise Refused(model.problems)
    request = {"k": key, "d": _find(model, decision), "v": feel.named(variables, model.words), "n": feel.moment()}
    answer = feel.call("decide", request)
    if "missing" in answer:
        answer = feel.call("decide", {**request, "m": model.json})
    if "error" in answer:
        raise _failure(answer["error"])
    return answer["r"]


def evaluate_all(xml: bytes, decision: str, many: Sequence[Mapping[str, Any]]) -> list[Any]:
    """``evaluate`` over one set of variables after the other, ``MANY`` in one call of V8. Raises for the first that fails."""
    key, model = _model(xml)
    if model.problems:
        raise Refused(model.problems)
    same = {"k": key, "d": _find(model, decision), "n": feel.moment()}
    found: list[Any] = []
    for start in range(0, len(many), MANY):
        requests = [{**same, "v": feel.named(variables, model.words)} for variables in many[start : start + MANY]]
        answers = feel.calls("decide", requests)
        if any("missing" in answer for answer in answers):
            requests[0]["m"] = model.json
            answers = feel.calls("decide", requests)
        for answer in answers:
            if "error" in answer:
                raise _failure(answer["error"])
            found.append(answer["r"])
    return found


def check(xml: bytes, resource: str = "") -> list[Problem]:
    """Everything that keeps the file from being deployed: structure, references, cycles, FEEL in every cell."""
    try:
        _, model = _model(xml)
    except Refused as refused:
        return [replace(problem, resource=resource) for problem in refused.problems]
    unused = [Problem("", identity, name, "dmn_unused", {}, "warning", model.lines.get(identity, 0)) for identity, name in model.unused]
    problems = [*model.problems, *_references(model), *_cycles(model), *_expressions(model), *model.warnings, *unused]
    return [replace(problem, resource=resource) for problem in sorted(problems, key=lambda problem: problem.line)]


@lru_cache(maxsize=256)
def names(xml: bytes) -> frozenset[str]:
    """Names of the top-level variables that the file's expressions read, those of its own elements among them."""
    _root, model = _model(xml)
    return frozenset().union(*(feel.check(each.text, unary=each.unary).variables for each in model.expressions))


def decision_ids(xml: bytes) -> list[tuple[str, str]]:
    """(id, name) of the decisions in the file, in its order. Raises ``Refused`` for a file that cannot be read."""
    return list(_model(xml)[1].decisions)


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table: its output columns, and whether it answers with a list."""

    id: str
    name: str
    outputs: tuple[str, ...]
    many: bool
    line: int


def tables(xml: bytes) -> list[Table]:
    """The decision tables of the file, in its order. Raises ``Refused`` for a file that cannot be read."""
    model = _model(xml)[1]
    found = []
    for identity, element in model.json["decisions"].items():
        logic = element.get("logic") or {}
        if logic.get("kind") == "table":
            many = logic["policy"] in _MANY and not logic["aggregation"]
            names = tuple(output["name"] for output in logic["outputs"])
            found.append(Table(identity, element["name"], names, many, model.lines.get(identity, 0)))
    return found


@lru_cache(maxsize=200)
def _model(xml: bytes) -> tuple[str, Model]:
    """The file's checksum and what it says. The same bytes object is not even looked at again: Python keeps its hash."""
    return hashlib.sha256(xml).hexdigest(), dmn_xml.parse(xml)


def _find(model: Model, decision: str) -> str:
    """The id of the decision (or decision service) with this id or name; an id goes before a name."""
    for group in ("decisions", "services"):
        if decision in model.json[group]:
            return decision
    for group in ("decisions", "services"):
        for identity, element in model.json[group].items():
            if decision in (element["name"], element.get("variable")):
                return str(identity)
    known = ", ".join(name or identity for identity, name in model.decisions)
    raise _error("dmn_unknown", {"decision": decision, "known": known})


def _failure(found: dict[str, Any]) -> ExpressionError:
    if found["kind"] == "decision":
        return _error(found["code"], found["params"])
    try:
        feel.raise_error({"error": found}, [found.get("text") or ""])
    except ExpressionError as error:
        return error
    raise AssertionError("an error raises")


def _error(code: str, params: dict[str, Any]) -> ExpressionError:
    chinese, english = TEXTS[code]
    return ExpressionError(chinese.format(**params), english=english.format(**params))


# --- checks -----------------------------------------------------------------------------------------------------------


def _references(model: Model) -> list[Problem]:
    """Every requirement leads to something in the file."""
    json = model.json
    known = {
        "requires": json["decisions"],
        "requiresInputs": json["inputs"],
        "knows": {**json["knowledge"], **json["services"]},
        "outputs": json["decisions"],
        "inputDecisions": json["decisions"],
        "inputs": json["inputs"],
    }
    problems = []
    for group in ("decisions", "knowledge", "services"):
        for element in json[group].values():
            for kind, targets in known.items():
                for reference in element.get(kind, []):
                    if reference not in targets:
                        problems.append(_at(model, element, "dmn_reference", reference=reference))
    return problems


def _cycles(model: Model) -> list[Problem]:
    """No decision (or knowledge model) requires itself, however far round."""
    elements = {**model.json["decisions"], **model.json["knowledge"]}
    problems = []
    done: set[str] = set()

    def visit(identity: str, path: list[str]) -> None:
        if identity in path:
            names = " → ".join(elements[each]["name"] for each in [*path[path.index(identity) :], identity])
            problems.append(_at(model, elements[identity], "dmn_cycle", decisions=names))
        elif identity not in done and identity in elements:
            for required in (*elements[identity]["requires"], *elements[identity]["knows"]):
                visit(required, [*path, identity])
            done.add(identity)

    for identity in elements:
        visit(identity, [])
    return problems


def _expressions(model: Model) -> list[Problem]:
    """Every expression and every cell is FEEL."""
    problems = []
    for expression, error in zip(model.expressions, _errors(model), strict=True):
        if error is None:
            continue
        node = expression.node if expression.node.get("id") else expression.owner
        params = {"reason": str(error), "reason_en": error.english}
        line = expression.node.sourceline or 0
        problems.append(Problem("", node.get("id", ""), expression.owner.get("name", ""), "dmn_expression", params, "error", line))
    return problems


def _errors(model: Model) -> Iterator[ExpressionError | None]:
    """What is wrong with each expression, in their order."""
    for start in range(0, len(model.expressions), BATCH):
        batch = model.expressions[start : start + BATCH]
        try:
            answers = _parse(model, batch)
        except ExpressionLimit:
            # one of them takes too much: look at each alone
            for expression in batch:
                try:
                    yield _parse(model, [expression])[0]
                except ExpressionLimit as error:
                    yield error
        else:
            yield from answers


def _parse(model: Model, expressions: Sequence[Expression]) -> list[ExpressionError | None]:
    request = {"e": [[each.text, each.unary] for each in expressions], "names": model.json["names"]}
    answers = feel.call("checkAll", request)["problems"]
    return [found and _failure({**found, "text": each.text}) for each, found in zip(expressions, answers, strict=True)]


def _at(model: Model, element: dict[str, Any], code: str, **params: Any) -> Problem:
    return Problem("", element["id"], element["name"], code, params, "error", model.lines.get(element["id"], 0))
