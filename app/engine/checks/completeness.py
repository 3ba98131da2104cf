"""Can all conditions of a gateway be false? Tried out: values around every constant that the conditions compare with."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from app.engine import feel
from app.engine.errors import ExpressionError

#: value combinations tried for one gateway
MAX_COMBINATIONS = 300

_TERM = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*(?:\([^()]*\))?"
_LITERAL = r'"[^"]*"|-?\d+(?:\.\d+)?|true|false'
_TOKEN = re.compile(
    rf"\s*(?:(?P<word>and|or)\b|(?P<not>not\s*)(?=\()|(?P<literal>{_LITERAL})(?![\w.])|(?P<term>{_TERM})|(?P<op><=|>=|!=|[=<>])|(?P<bracket>[()]))"
)
#: terms that are whole numbers, never negative
_COUNTS = ("count(",)


_KEYWORDS = frozenset({"if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "between", "instance", "null"})


class _Unknown(Exception):
    """The conditions say more than comparisons of terms with constants."""


def all_false(conditions: Sequence[str]) -> str | None:
    """Values for which none of *conditions* is true, like ``amount = 20``; "" if there may be some; None if one is always true."""
    if any(condition.strip() == "true" for condition in conditions):
        return None
    try:
        return _try_out(conditions)
    except (_Unknown, ExpressionError):
        forms = [_normal(condition) for condition in conditions]
        return None if any(_opposite(one, other) for one, other in itertools.permutations(forms, 2)) else ""


_CONSTANT = r'(?:"[^"]*"|-?\d+(?:\.\d+)?)'
_ONE_OF = re.compile(
    rf"\(*\s*(?:{_TERM}\s*=\s*{_CONSTANT}|{_CONSTANT}\s*=\s*{_TERM}"
    rf"|{_TERM}\s+in\s*[(\[]\s*{_CONSTANT}(?:\s*,\s*{_CONSTANT})*\s*[)\]]|{_TERM}\s+in\s+{_CONSTANT})\s*\)*"
)


def enumerates(conditions: Sequence[str]) -> bool:
    """Whether *conditions* name values one by one (``meal = "Salad"``, ``grade in ("A", "B")``): what else there may be, the data know."""
    alone = [part.strip() for condition in conditions for part in re.split(r"\bor\b|\band\b", re.sub(r'"[^"]*"', '"…"', condition))]
    return bool(alone) and all(_ONE_OF.fullmatch(part) for part in alone)


def _try_out(conditions: Sequence[str]) -> str | None:
    names: dict[str, str] = {}
    values: dict[str, set[Any]] = {}
    plain = [_plain(condition, names, values) for condition in conditions]
    samples = {name: _samples(term, values[name]) for term, name in names.items()}
    count = 1
    for each in samples.values():
        count *= len(each)
    if not samples or count > MAX_COMBINATIONS:
        raise _Unknown
    terms = {name: term for term, name in names.items()}
    for combination in itertools.product(*samples.values()):
        variables = dict(zip(samples, combination, strict=True))
        if not any(result is True for result in feel.evaluate_many(plain, variables)):
            return ", ".join(f"{terms[name]} = {_shown(value)}" for name, value in variables.items())
    return None


def _plain(condition: str, names: dict[str, str], values: dict[str, set[Any]]) -> str:
    """*condition* with a variable in place of each term; notes what each is compared with."""
    tokens = list(_tokens(condition))
    written = []
    for index, (kind, text) in enumerate(tokens):
        if kind != "term":
            written.append(text)
            continue
        name = names.setdefault(text, f"t{len(names)}")
        written.append(name)
        known = values.setdefault(name, set())
        before = tokens[index - 1] if index else ("", "")
        after = tokens[index + 1] if index + 1 < len(tokens) else ("", "")
        if text in _KEYWORDS or "term" in (before[0], after[0]):
            raise _Unknown
        if after[0] == "op":
            known.add(_constant(tokens, index + 2))
        elif before[0] == "op":
            known.add(_constant(tokens, index - 2))
        else:
            known |= {True, False}
    return " ".join(written)


def _tokens(condition: str) -> Iterator[tuple[str, str]]:
    position = 0
    text = condition.strip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            raise _Unknown
        yield found.lastgroup, found.group(found.lastgroup).strip()
        position = found.end()


def _constant(tokens: list[tuple[str, str]], index: int) -> Any:
    if not 0 <= index < len(tokens) or tokens[index][0] != "literal":
        raise _Unknown
    text = tokens[index][1]
    if text in ("true", "false"):
        return text == "true"
    if text.startswith('"'):
        return text[1:-1]
    return float(text)


def _samples(term: str, constants: set[Any]) -> list[Any]:
    if all(isinstance(constant, bool) for constant in constants):
        return [True, False]
    if all(isinstance(constant, str) for constant in constants):
        return [*sorted(constants), "…"]
    if all(isinstance(constant, float) for constant in constants):
        around = {constant + step for constant in constants for step in (-1, 0, 1)}
        if term.startswith(_COUNTS):
            around = {each for each in around if each >= 0 and each == int(each)}
        return sorted(around)
    raise _Unknown


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"


# --- where trying out is not possible: two conditions that are each other's opposite by their form ------------------------

_OPPOSITES = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_COMPARISON = re.compile(r"([^=<>!]+?)\s*(!=|<=|>=|=|<|>)\s*([^=<>!]+)")


def _normal(condition: str) -> str:
    text = " ".join(condition.split())
    while text.startswith("(") and _closes(text):
        text = text[1:-1].strip()
    return text


def _closes(text: str) -> bool:
    """Whether the first bracket of *text* is closed by its last character."""
    depth = 0
    for index, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return index == len(text) - 1
    return False


def _opposite(one: str, other: str) -> bool:
    negated = re.match(r"not\s*(?=\()", one)
    if negated and _closes(one[negated.end() :]):
        return _normal(one[negated.end() :]) == other
    left, right = _COMPARISON.fullmatch(one), _COMPARISON.fullmatch(other)
    if left is None or right is None or re.search(r"\b(and|or|if|some|every|for)\b", one + " " + other):
        return False
    return left.group(1) == right.group(1) and left.group(3) == right.group(3) and _OPPOSITES[left.group(2)] == right.group(2)
