"""What the decisions of a form find in its data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask_babel import gettext as _

from app.engine.errors import ExpressionError
from app.forms import paths
from app.forms.outcome import Finding
from app.forms.schema import Form

#: (decision id, variables) → what the decision returns
Decide = Callable[[str, dict[str, Any]], Any]


def found(form: Form, data: dict[str, Any], context: dict[str, Any], decide: Decide) -> Iterator[Finding]:
    """The findings of all rules of a form, those of rows with the row in their path.

    A decision sees the context, the form's values by name, all of them as ``data``, and for rows the row (under the rules' name) and
    its number ``index`` from 1. It returns contexts with ``severity``, ``field``, ``code``, ``text_zh``, ``text_en``, ``dimension`` and
    more, which goes into ``params``; lists may be nested. Raises ``ExpressionError`` when it returns something else.
    """
    variables = {**context, **data, "data": data}
    for rules in form.rules:
        if not rules.each:
            yield from _read(rules.decision, decide(rules.decision, variables), "")
            continue
        for index, row in enumerate(paths.get(data, rules.each) or ()):
            result = decide(rules.decision, {**variables, rules.name: row, "index": index + 1})
            yield from _read(rules.decision, result, f"{rules.each}[{index}]")


def _read(decision: str, result: Any, prefix: str) -> Iterator[Finding]:
    if result is None:
        return
    if isinstance(result, list):
        for entry in result:
            yield from _read(decision, entry, prefix)
        return
    if not isinstance(result, dict) or result.get("severity") not in ("E", "W", "P") or not result.get("code"):
        raise ExpressionError(
            _(
                "决策“%(decision)s”应返回 severity(E、W、P)、field、code、text_zh、text_en，实际返回：%(found)s",
                decision=decision,
                found=str(result)[:200],
            )
        )
    known = {"severity", "field", "code", "text_zh", "text_en", "dimension"}
    path = ".".join(part for part in (prefix, str(result.get("field") or "")) if part)
    yield Finding(
        result["severity"],
        path,
        str(result["code"]),
        str(result.get("text_zh") or ""),
        str(result.get("text_en") or ""),
        str(result.get("dimension") or ""),
        {key: value for key, value in result.items() if key not in known and value is not None},
    )
