"""Which elements of which diagrams a test plays: claimed on the test, proved by the fixture, read by the coverage table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

#: attribute of a test function: set of (process id, element id)
CLAIMS = "plays_elements"


def plays(*claims: str) -> Callable[[F], F]:
    """``@plays("household: verify review", "problem: closure")``: the test fails unless tokens came to all of these elements.

    The process id stands for the process itself: ``campaign: campaign``.
    """
    wanted = set()
    for claim in claims:
        process, _, elements = claim.partition(":")
        wanted |= {(process.strip(), element) for element in elements.split()}

    def mark(test: F) -> F:
        setattr(test, CLAIMS, frozenset(wanted))
        return test

    return mark


def claims_of(test: Callable[..., Any]) -> frozenset[tuple[str, str]]:
    """The claims of a test; none if it has none."""
    claims: frozenset[tuple[str, str]] = getattr(test, CLAIMS, frozenset())
    return claims
