"""The rungs of a problem: the decision table ``ladder`` says what leads to which."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.engine.needed_decisions import need

LADDER = need(
    "ladder",
    {"rung": (1, 2, 3), "carried_out": bool},
    forms=("judgement", "problem_assignment", "principal_decision"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """The rung that comes next. ``carried_out`` False: nothing happens, it is only recorded."""

    rung: int
    carried_out: bool


def step(session: Session, event: str, *, rung: int, outcome: str = "", **about: object) -> Step:
    """What *event* (classified, judged, unresolved, listed, assigned, decided) with its *outcome* leads to from *rung*."""
    answer = LADDER.ask(session, {"event": event, "outcome": outcome, "rung": rung, **about})[0]
    return Step(answer["rung"], answer["carried_out"])
