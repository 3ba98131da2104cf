"""Patterns of forms, as the browser reads them: JavaScript's regular expressions, run in the sandbox of FEEL under its limits."""

from __future__ import annotations

import re
from functools import lru_cache

from app.engine import feel
from app.engine.errors import ExpressionLimit

#: characters of one pattern
LONGEST = 2_000
#: What form-js knows by ``validate.validationType``.
KINDS = frozenset({"email", "phone"})
#: how often a sample is repeated: twice the length at which backtracking in powers of two takes longer than the limit
_TIMES = 48
_SAMPLES = ("a", "0", "A", " ", "-", ".", "_", "@", "中", "a0", "a ", "0-", "a.", "ab", "x@")


class PatternError(ValueError):
    """A pattern cannot be used. ``code`` is a key of ``problem_texts``; ``reason`` is what V8 says."""

    def __init__(self, code: str, reason: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason


def matches(pattern: str, text: str) -> bool:
    """Whether *pattern* is found in *text*. Raises ``PatternError`` for no pattern, ``ExpressionLimit`` when it takes too long."""
    return _asked(pattern, [text])[0]


def is_kind(kind: str, text: str) -> bool:
    """Whether *text* is of this kind (``KINDS``); any text is of a kind that is not known, as in the browser."""
    return kind not in KINDS or _asked({"kind": kind}, [text])[0]


def _asked(pattern: str | dict[str, str], texts: list[str]) -> list[bool]:
    if isinstance(pattern, str) and len(pattern) > LONGEST:
        raise PatternError("form_pattern_long")
    answer = feel.call("matches", {"p": [pattern], "s": texts})
    if "error" in answer:
        raise PatternError("form_pattern", answer["error"]["message"].rpartition("/: ")[2] or answer["error"]["message"])
    found: list[bool] = answer["r"][0]
    return found


def wrong(pattern: str) -> tuple[str, str] | None:
    """Why *pattern* must not be deployed: (problem code, reason); None if it is one and does not run out of time on simple texts."""
    try:
        return _wrong(pattern)
    except ExpressionLimit:
        return "form_pattern_slow", ""  # not remembered: it may have been a busy moment


@lru_cache(maxsize=1024)
def _wrong(pattern: str) -> tuple[str, str] | None:
    try:
        _asked(pattern, [""])
        for sample in probes(pattern):
            _asked(pattern, [sample])  # each alone: a limit is for one text
    except PatternError as error:
        return error.code, error.reason
    return None


def probes(pattern: str) -> list[str]:
    """Texts that almost match: what a pattern with nested repetitions tries in all ways before it gives up."""
    own = re.findall(r"[^\W_]{2,12}", pattern)[:5] + re.findall(r"(?<!\\)[^\s\\()\[\]{}^$*+?.|]", pattern)[:10]
    return [sample * _TIMES + end for sample in dict.fromkeys((*_SAMPLES, *own)) for end in ("\n!", "")]
