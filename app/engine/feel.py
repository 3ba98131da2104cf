"""FEEL, in a sandbox: the only module that runs expressions.

The language is written in JavaScript (``app/frontend/feel``, built into ``app/static/dist/feel.js``) and runs inside V8 with nothing from
outside reachable (``feel_sandbox``). A call may take 0.5 s of V8's own computing, 32 MiB and 1 MiB of output; a breach is an
``ExpressionLimit``.

Source: R02 (dates by expression), DMN 1.4 chapter 10 (FEEL).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from app import clock
from app.engine import feel_sandbox
from app.engine.errors import ExpressionError, ExpressionLimit
from app.engine.feel_texts import TEXTS
from app.engine.feel_values import DIGITS, Range, TooManyDigits, YearsMonths, dumps, loads, number_of, tagged, to_json

#: characters of one expression
LENGTH_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Checked:
    """What ``check`` found: ``error`` (Chinese) and ``error_en`` are None when the expression parses."""

    error: str | None
    #: names of the top-level variables the expression reads
    variables: frozenset[str]
    error_en: str | None = None


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """The value of *expression* over *variables* (a leading ``=`` is dropped).

    Returns None, bool, int, float, str, list, dict, date, datetime (naive if FEEL's has no zone), time, timedelta, ``YearsMonths`` or
    ``Range``. Unknown variables are null. Raises ``ExpressionError`` or ``ExpressionLimit``.
    """
    return evaluate_many([expression], variables)[0]


def evaluate_many(expressions: Sequence[str], variables: Mapping[str, Any]) -> list[Any]:
    """The values of several expressions over the same variables, in one call of V8."""
    if not expressions:
        return []
    plain = [_plain(expression) for expression in expressions]
    request = {"e": plain, "v": named(variables, plain), "n": moment()}
    return _results(call("evaluate", request), plain)


def unary_test(test: str, value: Any, variables: Mapping[str, Any]) -> bool:
    """Whether *value* passes *test*, as in a cell of a decision table (``> 5``, ``"a", "b"``, ``[1..9]``, ``-``)."""
    plain = _plain(test)
    request = {"e": [plain], "v": named(variables, [plain]), "n": moment(), "u": True, "q": value}
    return _results(call("evaluate", request), [plain])[0] is True


def check(expression: str, *, unary: bool = False) -> Checked:
    """Parse *expression* (or, with ``unary``, a test) without running it. Calling a function that FEEL does not have is an error."""
    try:
        return _checked(_plain(expression), unary)
    except ExpressionLimit as error:
        return Checked(str(error), frozenset(), error.english)


@lru_cache(maxsize=4096)
def _checked(plain: str, unary: bool) -> Checked:
    answer = call("check", {"e": plain, "u": unary})
    try:
        raise_error(answer, [plain])
    except ExpressionLimit:
        raise  # a busy moment must not be remembered
    except ExpressionError as error:
        return Checked(str(error), frozenset(), error.english)
    return Checked(None, frozenset(answer["names"]))


def resolve(written: str | None, variables: Mapping[str, Any]) -> Any:
    """The value of an attribute as written in a diagram: FEEL behind a leading ``=``, otherwise the text itself."""
    if written is None or not written.lstrip().startswith("="):
        return written
    return evaluate(written, variables)


# --- one call of V8 ---------------------------------------------------------------------------------------------------


def call(function: str, request: Mapping[str, Any]) -> Any:
    """Call *function* of the bundle: JSON in, JSON out. For this module and ``decisions``. Raises ``ExpressionLimit``."""
    return _answer(_sent(_written(function, request)))


def calls(function: str, requests: Sequence[Mapping[str, Any]]) -> list[Any]:
    """As ``call``, once for many: they share the time and the memory of one call, and the way into V8 costs more than most of them."""
    written = ",".join(_written(function, request) for request in requests)
    return [_answer(each) for each in loads(_sent(f"JSON.stringify([{written}])"))]


def _written(function: str, request: Mapping[str, Any]) -> str:
    try:
        literal = orjson.dumps(dumps(request)).decode()
    except (TypeError, ValueError) as error:
        if isinstance(error.__cause__ or error, TooManyDigits):
            raise _error("digits_value", digits=DIGITS) from error
        raise _error("value", reason_text=str(error.__cause__ or error)) from error
    return f"feel.{function}({literal})"


def _sent(code: str) -> str:
    try:
        return feel_sandbox.run(code)
    except feel_sandbox.Stopped as stopped:
        raise _limit(stopped.reason) from stopped


def _answer(text: str) -> Any:
    answer = loads(text)
    if "limit" in answer:
        raise _limit(answer["limit"])
    return answer


def _results(answer: Any, expressions: Sequence[str]) -> list[Any]:
    raise_error(answer, expressions)
    results: list[Any] = answer["r"]
    return results


def raise_error(answer: Any, expressions: Sequence[str]) -> None:
    """Raise what V8 reports in *answer*, if anything; ``i`` in it says which of *expressions* is meant."""
    found = answer.get("error")
    if found is None:
        return
    if found["kind"] in {"depth", "output"}:
        raise _limit(found["kind"])
    written = expressions[answer.get("i", 0)]
    start = found.get("from") or 0
    token = written[start : found.get("to") or start][:40]
    raise _error(
        {"syntax": "token" if token else "unfinished", "runtime": "runtime"}.get(found["kind"], found["kind"]),
        expression=written if len(written) <= 200 else f"{written[:200]}…",
        position=start + 1,
        token=token,
        known=_alike(token) if found["kind"] == "function" else "",
        reason_text=found["message"],
    )


@lru_cache(maxsize=1)
def _functions() -> tuple[str, ...]:
    return tuple(call("functions", {})["names"])


def _alike(name: str) -> str:
    """The functions of FEEL whose names are most like *name*."""
    return ", ".join(difflib.get_close_matches(name, _functions())) or "—"


def _error(code: str, **params: Any) -> ExpressionError:
    chinese, english = TEXTS[code]
    return ExpressionError(chinese.format(**params), english=english.format(**params))


def _limit(code: str) -> ExpressionLimit:
    chinese, english = TEXTS[f"limit_{code}"]
    return ExpressionLimit(chinese, english=english)


def _plain(expression: str) -> str:
    plain = expression.lstrip().removeprefix("=")
    if len(plain) > LENGTH_LIMIT:
        raise _limit("length")
    return plain


_WORD = re.compile(r"[^\W\d]\w*")
#: functions that count in the calendar of the variable ``campaign``
_CALENDAR = re.compile(r"\b(?:back|forward|workdays?)\s*\(")


def named(variables: Mapping[str, Any], expressions: Sequence[str]) -> dict[str, Any]:
    """Those variables whose first word occurs in the expressions: a big context would cost more than the expression."""
    text = "\n".join(expressions)
    chosen = {}
    for name, value in variables.items():
        word = _WORD.search(name)
        if word is not None and word.group() in text:
            chosen[name] = value
    if "campaign" in variables and _CALENDAR.search(text):
        chosen["campaign"] = variables["campaign"]
    return chosen


def moment() -> Any:
    """Campaign time as ``now()`` and ``today()`` give it: with the campaign zone's offset, to the millisecond."""
    return clock.local(clock.now()).isoformat(timespec="milliseconds")


__all__ = [
    "DIGITS",
    "Checked",
    "Range",
    "YearsMonths",
    "call",
    "check",
    "evaluate",
    "evaluate_many",
    "moment",
    "named",
    "number_of",
    "raise_error",
    "resolve",
    "tagged",
    "to_json",
    "unary_test",
]
