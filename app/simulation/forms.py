"""How simulated people fill forms: what is known is confirmed, the rest is made up, and now and then somebody errs.

Nothing here knows a form's rules. A form is filled and sent; where the server complains it is mended, as a person would: errors get another
value, warnings a reason.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.acts import completion
from app.engine.models import Task
from app.forms import hooks, paths
from app.forms.outcome import Outcome
from app.forms.schema import Form, Node, unindexed
from app.simulation.chance import Chance
from app.simulation.habits import habit

#: Who is named where a form asks for somebody.
_PEOPLE = ("王建国", "李秀英", "张德明", "刘桂兰", "陈世福", "杨淑珍", "赵永强", "黄玉梅", "周光荣", "吴晓琴")
#: What earlier forms of the same id lacked or had too much of (unindexed paths): people learn what a form asks for.
_learned: dict[str, dict[str, None]] = {}


def fill(session: Session, task: Task, prepared: hooks.Prepared, chance: Chance) -> dict[str, Any]:
    """What a person enters for *task* at the first go, into a form that starts as *prepared*."""
    _definition, form = completion.form_of(session, task)
    data: dict[str, Any] = paths.copied(prepared.data)
    habit(form.id)(data, prepared.context, chance)
    for path in [place for learned in _learned.get(form.id, {}) for place in _places(data, learned)]:
        if any(paths.covers(held, path) for held in prepared.locked):
            continue
        if (form.field(path) is None and _list(form.root, path) is None) or paths.get(data, path) is None:
            _settle(form, data, path, prepared.context, chance)
    return data


def mend(session: Session, task: Task, prepared: hooks.Prepared, chance: Chance, data: dict[str, Any], outcome: Outcome) -> None:
    """Do what the server's findings ask for: other values where there are errors, reasons for warnings."""
    _definition, form = completion.form_of(session, task)
    for path in filter(None, outcome.errors):  # an error without a place is about who sends the form: a colleague will
        if any(paths.covers(held, path) for held in prepared.locked):
            paths.put(data, path, paths.copied(paths.get(prepared.data, path)))
            continue
        _learned.setdefault(form.id, {})[unindexed(path)] = None
        _settle(form, data, path, prepared.context, chance)
    reasons = data.setdefault("_reasons", {})
    for finding in outcome.unexplained:
        reasons[finding.id] = "已当面核实，情况属实。"


def _settle(form: Form, data: dict[str, Any], path: str, context: dict[str, Any], chance: Chance) -> None:
    """Give the field at *path* another value, its list another row, or drop what the form does not ask for."""
    field = form.field(path)
    node = field.node if field else _list(form.root, path)
    if node is None:
        _drop(data, path)
    elif node.repeats:
        paths.put(data, path, [*(paths.get(data, path) or []), *invent(node, context, chance.of(path))])
    else:
        paths.put(data, path, invent(node, context, chance.of(path)))


def _places(data: dict[str, Any], path: str) -> list[str]:
    """Where a learned path lies in *data*: ``documents[].status`` in each of its rows."""
    rows, bracket, rest = path.partition("[]")
    if not bracket:
        return [path]
    listed = paths.get(data, rows)
    numbers = range(len(listed)) if isinstance(listed, list) else ()
    return [place for number in numbers for place in _places(data, f"{rows}[{number}]{rest}")]


def _drop(data: dict[str, Any], path: str) -> None:
    """What is known but not asked for in this form is not sent, as a browser would not send it."""
    *above, last = paths.parts(path)
    holder: Any = data
    for part in above:
        holder = holder.get(part) if isinstance(holder, dict) else None
    if isinstance(holder, dict):
        holder.pop(last, None)


def _list(root: Node, path: str) -> Node | None:
    """The dynamic list at *path*: it is no field, but may want a row."""
    nodes = [(root, "")]
    while nodes:
        node, prefix = nodes.pop()
        here = ".".join(part for part in (prefix, *node.segments) if part)
        if node.repeats and here == path:
            return node
        nodes += [(child, here) for child in node.children]
    return None


def invent(node: Node, context: dict[str, Any], chance: Chance) -> Any:
    """A plausible value for a component; for a list, one more row."""
    if node.repeats:
        return [{child.segments[-1]: invent(child, context, chance.of(child.id)) for child in node.children if child.keyed}]
    return _INVENT[node.type](node, context, chance)


def _text(node: Node, _context: dict[str, Any], chance: Chance) -> str:
    pattern = str(node.validate.get("pattern", ""))
    if node.properties.get("personal") == "phone" or node.segments[-1] == "phone":
        return f"13{int(chance.number('phone') * 10**9):09d}"
    if node.segments[-1] == "name":
        return chance.pick(_PEOPLE, node.id)
    if pattern.startswith("^[0-9A-Za-z-]"):
        return f"YFP-{int(chance.number('receipt') * 10**10):010d}"
    return f"{node.label('zh')}：已核实，情况属实，资料齐全。"


def _number(node: Node, _context: dict[str, Any], chance: Chance) -> int:
    least = node.validate.get("min", 0)
    least = int(least) if isinstance(least, int | float) else 0
    return least + int(chance.number() * 3)


def _moment(node: Node, _context: dict[str, Any], _chance: Chance) -> str:
    # Inside the day and, where it is a deadline, ahead: both are what people write.
    moment = clock.local(clock.now()) + (timedelta(hours=20) if "deadline" in node.segments[-1] else timedelta())
    if node.component.get("subtype") == "date":
        return moment.date().isoformat()
    return moment.isoformat(timespec="minutes")


def _options(node: Node, context: dict[str, Any]) -> list[Any]:
    listed = node.component.get("values")
    if listed is None and (key := node.component.get("valuesKey")):
        listed = context.get(key)
    return [item["value"] if isinstance(item, dict) else item for item in listed or []]


def _one(node: Node, context: dict[str, Any], chance: Chance) -> Any:
    options = _options(node, context)
    # The first option is the usual one where there are few; people, villages and the like are picked.
    if not options:
        return None
    return chance.pick(options) if node.component.get("valuesKey") else options[0]


def _many(node: Node, context: dict[str, Any], _chance: Chance) -> list[Any]:
    return _options(node, context)


_INVENT: dict[str, Any] = {
    "textfield": _text,
    "textarea": _text,
    "number": _number,
    "datetime": _moment,
    "checkbox": lambda *_: True,
    "radio": _one,
    "select": _one,
    "checklist": _many,
    "taglist": _many,
    "filepicker": lambda *_: [],
    "expression": lambda *_: None,
}
