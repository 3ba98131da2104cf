"""The evening in a diary: its process, and its form as the office submits it."""

from __future__ import annotations

from typing import Any

from app.acts import completion
from app.engine.models import Task
from tests.processes.play import Play


def evening(play: Play, day: str = "2020-05-21") -> None:
    play.start("evening", day=day, villages=play.variables["villages"])


def rows(play: Play, decisions: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The problems on the evening's form as the office finds them, with *decisions* (problem number → what is entered) for some."""
    task = play.task("office", "judgement")
    with play.app.test_request_context(), play.db.reading() as session:
        known = completion.prepare(session, session.get_one(Task, task.key), play.identity("office")).data["judgements"]
    listed = [{**row, "measure": "照章办理", **decisions.get(row["number"], {})} for row in known]
    hidden = ("responsible", "deadline")
    return [{name: value for name, value in row.items() if row["decision"] == "assign" or name not in hidden} for row in listed]


def judge_all(play: Play, decisions: dict[str, dict[str, Any]], *, seen: list[dict[str, Any]] | None = None) -> None:
    """Submit the evening's form; *seen*: its rows as they were when the page was opened."""
    attendance = [{"name": "王主任", "unit": "扶贫办", "present": "yes"}]
    play.submit("office", "judgement", chair="王主任", judgements=seen or rows(play, decisions), attendance=attendance)


def judge(play: Play, number: str, decision: str, **more: Any) -> None:
    """The evening's form decides about one problem."""
    judge_all(play, {number: {"decision": decision, **more}})
