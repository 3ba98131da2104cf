"""Every element and behaviour that Daopai supports, executed on a small diagram; state is saved and restored between all steps.

``app.engine.supported`` names these diagrams: what is not played here is not supported.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.engine import definitions, spiff
from app.engine import step as steps
from app.engine.errors import StepFailed
from tests.engine.conformance.player import DIAGRAMS, START, Player

PLAYS: dict[str, Callable[[Player], Any]] = {}


def plays(name: str) -> Callable[[Callable[[Player], Any]], Callable[[Player], Any]]:
    def register(play: Callable[[Player], Any]) -> Callable[[Player], Any]:
        PLAYS[name] = play
        return play

    return register


@pytest.mark.parametrize("name", sorted(path.stem for path in DIAGRAMS.glob("*.bpmn")))
def test_diagram(name: str) -> None:
    PLAYS[name](Player(name))


def test_each_supported_element_is_played() -> None:
    """The users' list of supported elements names only diagrams that are played here, and all of them."""
    named = {row.test for row in definitions.supported_elements()}
    assert named <= set(PLAYS)
    assert set(PLAYS) == {path.stem for path in DIAGRAMS.glob("*.bpmn")}


# --- tasks ------------------------------------------------------------------------------------------------------------


@plays("none-start-end")
def _(p: Player) -> None:
    p.start(x=1)
    assert p.outcome == "completed"
    assert p.entered == ["s", "e"]
    assert p.left == [("s", "completed"), ("e", "completed")]
    assert p.variables == {"x": 1}


@plays("user-task")
def _(p: Player) -> None:
    p.start(who="li", g="G01", deadline="2020-05-26T18:00:00+08:00")
    task = p.row(steps.UserTask)
    assert (task.name, task.assignee) == ("写报告", "li")
    assert task.candidate_groups == ("group_leader:G01", "office")
    assert task.candidate_users == ("u1", "u2")
    assert task.due_at == START + timedelta(days=5, hours=10)
    assert task.variables == {"two": 2}
    p.complete("a", answer=42, other="not mapped")
    assert p.outcome == "completed"
    assert p.variables["kept"] == 42
    assert "other" not in p.variables
    assert "two" not in p.variables


@plays("user-task-without-mapping")
def _(p: Player) -> None:
    p.start()
    assert p.row(steps.UserTask).candidate_groups == ("office", "commander")
    p.complete("a", answer=42)
    assert p.variables == {"answer": 42}


@plays("manual-task")
def _(p: Player) -> None:
    p.start()
    assert p.outcome == "completed"
    assert p.entered == ["s", "a", "b", "e"]


@plays("script-task")
def _(p: Player) -> None:
    p.start(x=20)
    assert p.variables == {"x": 20, "y": 41}


@plays("service-task")
def _(p: Player) -> None:
    p.start(x=1)
    job = p.row(steps.Job)
    assert (job.type, job.variables) == ("conformance.echo", {"x": 1, "y": 2})
    p.complete("a", answer="yes")
    assert p.variables == {"x": 1, "result": "yes"}
    assert p.outcome == "completed"


@plays("business-rule-task")
def _(p: Player) -> None:
    p.start(points=80)
    assert p.variables == {"points": 80, "grade": {"grade": "high", "decision": "grade"}}


@plays("send-task")
def _(p: Player) -> None:
    p.start(orderId=7, x="payload!")
    assert p.messages == [steps.Message("order", "7", {"payload": "payload!"})]
    assert p.outcome == "completed"


@plays("send-task-job")
def _(p: Player) -> None:
    p.start()
    assert p.row(steps.Job).type == "conformance.echo"
    assert p.complete("a").outcome == "completed"


@plays("receive-task")
def _(p: Player) -> None:
    p.start(orderId="A1")
    assert p.waits == [("a", "paid", "A1")]
    p.message("paid", "A1", amount=12)
    assert p.variables == {"orderId": "A1", "paid": 12}
    assert p.outcome == "completed"


# --- start events -----------------------------------------------------------------------------------------------------


@plays("message-start")
def _(p: Player) -> None:
    p.start("s", amount=5)
    assert p.tasks == ["a"]
    assert p.variables == {"total": 5}, "what came with the message goes through the output mappings, nothing else of it stays"
    by_hand = Player("message-start").start(amount=5)
    assert by_hand.variables["amount"] == 5


@plays("timer-start-cycle")
def _(p: Player) -> None:
    p.start("s")
    assert p.tasks == ["a"]
    assert p.timers == []


@plays("timer-start-date")
def _(p: Player) -> None:
    assert p.start("s").tasks == ["a"]


@plays("timer-start-duration")
def _(p: Player) -> None:
    assert p.start("s").tasks == ["a"]


@plays("signal-start")
def _(p: Player) -> None:
    assert p.start("s", village="V1").tasks == ["a"]
    assert p.variables == {"village": "V1"}


# --- gateways ---------------------------------------------------------------------------------------------------------


@plays("exclusive-gateway")
def _(p: Player) -> None:
    assert p.start(x=20).tasks == ["a"]
    for x, expected in ((7, "b"), (1, "c")):
        other = Player("exclusive-gateway").start(x=x)
        assert other.tasks == [expected]
        assert other.complete(expected).outcome == "completed"
    with pytest.raises(StepFailed, match="neither true nor false"):
        Player("exclusive-gateway").start()


@plays("exclusive-gateway-no-way")
def _(p: Player) -> None:
    with pytest.raises(StepFailed, match="no condition of gateway") as failure:
        p.start(x=7)
    assert (failure.value.element_id, failure.value.kind) == ("g", "gateway")
    assert p.outcome == "not started"


@plays("parallel-gateway")
def _(p: Player) -> None:
    assert p.start().tasks == ["a", "b", "c"]
    assert p.complete("b").complete("a").tasks == ["c"]
    assert p.complete("c").tasks == ["d"]
    assert p.complete("d").outcome == "completed"
    assert p.entered.count("j") == 1


@plays("parallel-gateway-in-loop")
def _(p: Player) -> None:
    p.start()
    for turn in range(40):
        assert p.complete("a", again=turn < 39).tasks == ["b"]
        p.complete("b")
    assert p.outcome == "completed"
    assert p.entered.count("j") == 40


@plays("inclusive-gateway")
def _(p: Player) -> None:
    assert p.start(x=True, y=True).tasks == ["a", "b"]
    assert p.complete("a").tasks == ["b"]
    assert p.complete("b").tasks == ["d"]
    assert p.complete("d").outcome == "completed"
    one = Player("inclusive-gateway").start(x=True, y=False)
    assert one.tasks == ["a"]
    assert one.complete("a").tasks == ["d"]
    none = Player("inclusive-gateway").start(x=False, y=False)
    assert none.complete("c").tasks == ["d"]


@plays("inclusive-gateway-unbalanced")
def _(p: Player) -> None:
    assert p.start(x=True, y=True, stop=False).complete("b").tasks == ["a"]
    p.complete("a", stop=True)
    assert p.tasks == ["d"], "the branch that left by another way must not be waited for"
    straight = Player("inclusive-gateway-unbalanced").start(x=True, y=True).complete("a", stop=False)
    assert straight.tasks == ["b"]
    assert straight.complete("b").tasks == ["d"]


@plays("inclusive-gateway-circle")
def _(p: Player) -> None:
    assert p.start().complete("b").tasks == ["a"]
    assert p.complete("a").tasks == ["c"], "joins that wait for one another: the first on the way goes on"
    assert p.complete("c", again=True).tasks == ["c"]
    assert p.complete("c", again=False).outcome == "completed"
    assert p.entered.count("c") == 2


@plays("event-based-gateway")
def _(p: Player) -> None:
    p.start(id="X")
    assert p.waits == [("m", "answer", "X")]
    assert p.timers == [("t", START + timedelta(hours=2))]
    p.message("answer", "X", text="yes")
    assert (p.tasks, p.timers, p.variables["reply"]) == (["a"], [], "yes")
    late = Player("event-based-gateway").start(id="X").wait(hours=3)
    assert (late.tasks, late.waits) == (["b"], [])
    assert late.complete("b").outcome == "completed"


@plays("event-based-gateway-signal-receive")
def _(p: Player) -> None:
    p.start(id=1)
    assert p.waits == [("r", "go", "1"), ("sig", "stop", "")]
    assert p.signal("stop").tasks == ["a"]
    assert p.waits == []
    assert Player("event-based-gateway-signal-receive").start(id=1).message("go", "1").tasks == ["b"]


@plays("implicit-fork-and-merge")
def _(p: Player) -> None:
    assert p.start().complete("a").tasks == ["b", "c"]
    assert p.complete("b").outcome == "active"
    assert p.complete("c").outcome == "completed"
    assert p.entered.count("d") == 2, "a task with several ways in runs once for each token"


# --- loops ------------------------------------------------------------------------------------------------------------


@plays("loop-long")
def _(p: Player) -> None:
    p.start()
    assert p.outcome == "completed"
    assert p.variables["n"] == 1500


@plays("loop-endless")
def _(p: Player) -> None:
    with pytest.raises(StepFailed, match="circle without waiting") as failure:
        p.start()
    assert failure.value.kind == "limit"


@plays("user-task-loop")
def _(p: Player) -> None:
    p.start()
    sizes = set()
    for _turn in range(1200):
        p.complete("a", again=True)
        assert p.tasks == ["a"]
        sizes.add(p.size)
    assert max(sizes) - min(sizes) < 50, "state must not grow with the age of the instance"
    assert p.complete("a", again=False).outcome == "completed"


# --- subprocesses -----------------------------------------------------------------------------------------------------


@plays("subprocess")
def _(p: Player) -> None:
    p.start(x=1)
    assert p.tasks == ["pa"]
    assert p.complete("pa").tasks == ["b"]
    assert p.variables["result"] == 2
    assert "inner" not in p.variables
    assert p.complete("b").outcome == "completed"


@plays("subprocess-nested-parallel")
def _(p: Player) -> None:
    assert p.start().tasks == ["b", "qa"]
    assert p.complete("b").tasks == ["qa"]
    assert p.complete("qa").outcome == "completed"
    assert p.entered.count("q") == p.left.count(("q", "completed")) == 1


# --- intermediate events ----------------------------------------------------------------------------------------------


@plays("catch-message")
def _(p: Player) -> None:
    p.start(orderId="A1").message("paid", "A1", amount=3)
    assert (p.outcome, p.variables["paid"]) == ("completed", 3)
    with pytest.raises(StepFailed, match="has no value"):
        Player("catch-message").start()


@plays("catch-timer-date")
def _(p: Player) -> None:
    p.start(due="2020-05-22T08:00:00+08:00")
    assert p.timers == [("t", START + timedelta(days=1))]
    assert p.wait(hours=23).outcome == "active"
    assert p.wait(hours=1).outcome == "completed"
    with pytest.raises(StepFailed):
        Player("catch-timer-date").start(due="2020-05-22T08:00:00")


@plays("catch-timer-date-literal")
def _(p: Player) -> None:
    assert p.start().timers == [("t", START + timedelta(days=1))]


@plays("catch-timer-duration")
def _(p: Player) -> None:
    assert p.start(h=5).wait(hours=4.9).outcome == "active"
    assert p.wait(hours=0.2).outcome == "completed"


@plays("catch-signal")
def _(p: Player) -> None:
    assert p.start(village="V1").waits == [("c", "alarm-V1", "")]
    assert p.signal("alarm-V1", level=3).outcome == "completed"
    assert p.variables["level"] == 3


@plays("throw-none")
def _(p: Player) -> None:
    assert p.start(x=1).variables == {"x": 1, "y": 2}


@plays("throw-message")
def _(p: Player) -> None:
    p.start(orderId="k", x=1)
    assert p.messages == [steps.Message("order", "k", {"payload": 1})]
    assert p.outcome == "completed"


@plays("throw-message-job")
def _(p: Player) -> None:
    assert p.start().row(steps.Job).element_id == "t"
    assert p.complete("t").outcome == "completed"


@plays("throw-signal")
def _(p: Player) -> None:
    p.start(x=1)
    assert p.signals == [steps.Signal("alarm", {"payload": 1})]


@plays("throw-escalation")
def _(p: Player) -> None:
    assert p.start().tasks == ["c", "pa"]
    assert p.complete("pa").complete("c").outcome == "completed"


@plays("link")
def _(p: Player) -> None:
    assert p.start(jump=True).tasks == ["a"]
    assert p.complete("a").outcome == "completed"
    assert p.entered == ["s", "g", "t", "c", "a", "e"]


# --- end events -------------------------------------------------------------------------------------------------------


@plays("end-message")
def _(p: Player) -> None:
    p.start(orderId=1, x="v")
    assert p.messages == [steps.Message("done", "1", {"payload": "v"})]


@plays("end-signal")
def _(p: Player) -> None:
    p.start()
    assert p.signals == [steps.Signal("done", {})]
    assert p.complete("a").outcome == "completed"


@plays("end-terminate")
def _(p: Player) -> None:
    p.start().complete("a")
    assert (p.outcome, p.tasks) == ("completed", [])
    assert ("b", "canceled") in p.left
    assert ("e", "completed") in p.left


@plays("end-terminate-in-subprocess")
def _(p: Player) -> None:
    assert p.start().complete("a").tasks == ["c"]
    assert ("b", "canceled") in p.left
    assert p.complete("c").outcome == "completed"


@plays("end-error")
def _(p: Player) -> None:
    p.start(x="because").complete("a")
    assert p.tasks == ["c"]
    assert p.variables["reason"] == "because"
    assert ("p", "canceled") in p.left


@plays("end-error-uncaught")
def _(p: Player) -> None:
    p.start()
    with pytest.raises(StepFailed, match="nobody catches the error “BAD”"):
        p.complete("a")
    child = Player("end-error-uncaught", has_parent=True).start().complete("a")
    assert child.outcome == "error"
    assert child.last is not None
    assert child.last.error == ("BAD", "", {})


@plays("end-escalation")
def _(p: Player) -> None:
    p.start().complete("a")
    assert p.tasks == ["c"], "an interrupting escalation ends the subprocess"
    assert p.complete("c").outcome == "completed"


# --- boundary events --------------------------------------------------------------------------------------------------


@plays("boundary-error-service")
def _(p: Player) -> None:
    assert p.start().error("a", "E1", info="x").tasks == ["c"]
    assert p.variables == {"note": "x"}
    assert Player("boundary-error-service").start().error("a", "E2").tasks == ["d"]
    assert Player("boundary-error-service").start().complete("a").outcome == "completed"


@plays("boundary-timer-interrupting")
def _(p: Player) -> None:
    p.start().wait(hours=2)
    assert p.tasks == ["c"]
    assert ("a", "canceled") in p.left
    in_time = Player("boundary-timer-interrupting").start().complete("a")
    assert (in_time.outcome, in_time.timers) == ("completed", [])


@plays("boundary-timer-noninterrupting")
def _(p: Player) -> None:
    p.start(due="2020-05-21T12:00:00+08:00").wait(hours=5)
    assert (p.tasks, p.timers) == (["a", "c"], [])
    assert p.complete("a").complete("c").outcome == "completed"


@plays("boundary-timer-cycle")
def _(p: Player) -> None:
    p.start().wait(hours=1)
    assert p.tasks == ["a", "c"]
    assert p.timers == [("b", START + timedelta(hours=2))]
    p.wait(hours=5)
    assert p.tasks == ["a", "c", "c", "c"]
    assert p.timers == []
    early = Player("boundary-timer-cycle").start().wait(minutes=90).complete("a")
    assert (early.tasks, early.timers) == (["c"], [])


@plays("boundary-message-interrupting")
def _(p: Player) -> None:
    assert p.start(id="1").message("stop", "1", why="rain").tasks == ["c"]
    assert (p.variables["reason"], p.waits) == ("rain", [])


@plays("boundary-message-noninterrupting")
def _(p: Player) -> None:
    p.start(id="1").message("note", "1").message("note", "1")
    assert p.tasks == ["a", "c", "c"]
    assert p.complete("a").waits == []


@plays("boundary-signal-interrupting")
def _(p: Player) -> None:
    assert p.start().signal("alarm").tasks == ["c"]
    assert ("a", "canceled") in p.left
    assert ("p", "canceled") in p.left


@plays("boundary-signal-noninterrupting")
def _(p: Player) -> None:
    assert p.start().signal("alarm").signal("alarm").tasks == ["a", "c", "c"]


@plays("boundary-error-call")
def _(p: Player) -> None:
    assert p.start().error("a", "BAD").tasks == ["c"]
    with pytest.raises(StepFailed, match="nobody catches"):
        Player("boundary-error-call").start().error("a", "OTHER")


@plays("boundary-escalation-call")
def _(p: Player) -> None:
    p.start()
    p.command(steps.ThrowEscalation(p.row(steps.Children).key, "LATE"))
    assert p.tasks == ["c"]
    assert p.complete("a").complete("c").outcome == "completed"


# --- call activities --------------------------------------------------------------------------------------------------


@plays("call-activity")
def _(p: Player) -> None:
    p.start(x=1)
    call = p.row(steps.Children)
    assert (call.process_id, call.multi, call.variables) == ("child", False, ({},))
    assert call.common == {"x": 1, "given": 2}
    p.complete("a", answer="ok", noise=1)
    assert p.variables == {"x": 1, "got": "ok"}
    assert p.outcome == "completed"


@plays("call-activity-isolated")
def _(p: Player) -> None:
    p.start(x=1, y=2)
    call = p.row(steps.Children)
    assert (call.process_id, call.common) == ("child", {"given": 1})
    assert p.complete("a", answer="lost").variables == {"x": 1, "y": 2}


@plays("call-activity-multi-parallel")
def _(p: Player) -> None:
    p.start(items=[{"code": "a"}, {"code": "b"}])
    call = p.row(steps.Children)
    assert call.multi
    assert not call.sequential
    assert call.variables == (
        {"loopCounter": 1, "item": {"code": "a"}, "code": "a"},
        {"loopCounter": 2, "item": {"code": "b"}, "code": "b"},
    )
    assert spiff.output_of_child(p.process, "a", {"answer": 7}) == 7
    p.complete("a", answers=[1, 2])
    assert (p.outcome, p.variables["answers"]) == ("completed", [1, 2])
    empty = Player("call-activity-multi-parallel").start(items=[])
    assert (empty.outcome, empty.variables["answers"]) == ("completed", [])
    with pytest.raises(StepFailed, match="not a list"):
        Player("call-activity-multi-parallel").start(items="x")


@plays("call-activity-multi-sequential")
def _(p: Player) -> None:
    assert p.start(items=[1, 2, 3]).row(steps.Children).sequential
    assert p.complete("a", answers=[1]).outcome == "completed"


@plays("call-activity-multi-completion")
def _(p: Player) -> None:
    p.start(items=[1, 2, 3])
    key = p.row(steps.Children).key
    p.command(steps.Evaluate(key, 3, 2, 1, {"answers": [1]}))
    assert p.outcome == "active"
    p.command(steps.Evaluate(key, 3, 1, 2, {"answers": [1, 2]}))
    assert (p.outcome, p.variables["answers"]) == ("completed", [1, 2])
    assert p.last is not None
    assert key in p.last.closed


# --- event subprocesses -----------------------------------------------------------------------------------------------


@plays("event-subprocess-message-interrupting")
def _(p: Player) -> None:
    assert p.start(id=1).tasks == ["a"]
    assert p.entered == ["s", "a"], "an event subprocess must not begin by itself"
    assert p.message("stop", "1", why="rain").tasks == ["b"]
    assert ("a", "canceled") in p.left
    assert p.variables["reason"] == "rain"
    assert p.complete("b").outcome == "completed"
    untouched = Player("event-subprocess-message-interrupting").start(id=1).complete("a")
    assert (untouched.outcome, untouched.waits) == ("completed", [])


@plays("event-subprocess-message-noninterrupting")
def _(p: Player) -> None:
    assert p.start(id=1).message("note", "1").message("note", "1").tasks == ["a", "b", "b"]
    assert p.complete("a").outcome == "active"
    p.command(steps.Complete(p._open(steps.UserTask, "b")[0].key, {}))
    assert p.complete("b").outcome == "completed"


@plays("event-subprocess-timer-interrupting")
def _(p: Player) -> None:
    assert p.start().wait(hours=2).tasks == ["b"]
    assert p.complete("b").outcome == "completed"
    assert Player("event-subprocess-timer-interrupting").start().complete("a").outcome == "completed"


@plays("event-subprocess-timer-noninterrupting")
def _(p: Player) -> None:
    assert p.start().wait(hours=5).tasks == ["a", "b", "b"]
    assert p.timers == []


@plays("event-subprocess-signal")
def _(p: Player) -> None:
    assert p.start().signal("alarm").tasks == ["b"]
    assert p.complete("b").tasks == ["c"]
    assert p.complete("c").outcome == "completed"


@plays("event-subprocess-signal-noninterrupting")
def _(p: Player) -> None:
    assert p.start().signal("alarm").tasks == ["a", "b"]
    assert p.complete("b").tasks == ["a"]
    assert p.complete("a").outcome == "completed"


@plays("event-subprocess-error")
def _(p: Player) -> None:
    assert p.start().tasks == ["a", "other"]
    assert p.complete("a").tasks == ["b"]
    assert ("other", "canceled") in p.left
    assert p.complete("b").outcome == "completed"


@plays("event-subprocess-escalation-interrupting")
def _(p: Player) -> None:
    assert p.start().complete("a").tasks == ["b"]
    assert "z" not in p.entered
    assert p.complete("b").outcome == "completed"


@plays("event-subprocess-escalation-noninterrupting")
def _(p: Player) -> None:
    assert p.start().complete("a").tasks == ["b", "z"]
    assert p.complete("b").complete("z").outcome == "completed"


# --- data -------------------------------------------------------------------------------------------------------------


@plays("variables-scopes")
def _(p: Player) -> None:
    p.start(shared="from start")
    p.complete("b", shared="from b")
    assert p.variables == {"shared": "from b"}, "parallel branches share the instance's variables"
    assert p.outcome == "completed"


@plays("variables-of-an-activity")
def _(p: Player) -> None:
    p.start(x=1)
    assert p.row(steps.UserTask).variables == {"own": 2}
    p.complete("a", own=5, more=6)
    assert p.variables == {"x": 1, "more": 6}, "what an input mapping made belongs to the activity: only an output mapping brings it out"


@plays("variables-of-a-subprocess")
def _(p: Player) -> None:
    p.start(x=1)
    assert p.row(steps.UserTask).variables == {"local": 10, "own": 2}, "a form sees what is local to the subprocess around it"
    p.complete("t", local=11)
    assert p.variables == {"x": 1, "result": 11}


@plays("data-objects")
def _(p: Player) -> None:
    assert p.start().complete("a").outcome == "completed"


# --- variants ---------------------------------------------------------------------------------------------------------


@plays("event-subprocess-timer-cycle")
def _(p: Player) -> None:
    assert p.start().wait(hours=3.5).tasks == ["a", "b", "b", "b"]
    assert p.timers == [("ps", START + timedelta(hours=4))]
    p.complete("a")
    assert (p.outcome, p.timers) == ("active", [("ps", START + timedelta(hours=4))]), "the scope lives while its handlers run"


@plays("undefined-task")
def _(p: Player) -> None:
    assert p.start().entered == ["s", "a", "e"]


@plays("boundary-escalation-interrupting")
def _(p: Player) -> None:
    assert p.start().tasks == ["c"]
    assert "a" not in p.entered, "the subprocess ends where it escalated"
    assert p.complete("c").outcome == "completed"


@plays("end-message-job")
def _(p: Player) -> None:
    assert p.start().row(steps.Job).element_id == "e"
    assert p.outcome == "active"
    assert p.complete("e").outcome == "completed"
