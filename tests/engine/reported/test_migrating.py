"""Migration of timers, borders and joins, as reported against other engines."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine import rehearsal
from app.engine.migration import CannotMigrate
from app.engine.models import ProcessInstance
from tests.engine import drawing as d
from tests.engine.reported.stage import CHILD, Stage
from tests.engine.reported.test_repeating import reminding


def plan(stage: Stage, file: bytes, mapping: dict[str, str] | None = None) -> rehearsal.Plan:
    """A dry run of taking the only instance of ``p`` to *file*."""
    stage.deploy(file)
    (row,) = d.instances(stage.db, process_id="p")
    return stage.run(lambda session: rehearsal.plan(session, session.get_one(ProcessInstance, row.key), stage.newest(), mapping or {}))  # type: ignore[no-any-return]


def test_events_on_the_border_of_a_call_are_armed(stage: Stage) -> None:
    """flowable/flowable-engine#3075"""
    stage.deploy(CHILD, d.diagram("p", d.start(), d.call("c", "child"), d.end(), flows="s>c>e"))
    stage.start(k="1")
    borders = (d.boundary("b", "c", d.timer("timeDuration", "PT1H")), d.boundary("b2", "c", d.on_message("stop"), interrupting=False))
    elements = (d.start(), d.call("c", "child"), d.end(), d.user("late"), d.end("e2"), d.user("m"), d.end("e3"), *borders)
    stage.migrate(d.diagram("p", *elements, flows="s>c>e; b>late>e2; b2>m>e3", roots=d.message("stop", "k")))
    assert list(stage.timers) == ["b"]
    stage.publish("stop", "1")
    assert stage.tasks == ["m", "visit"]
    stage.at("2020-05-21T09:30:00+08:00")
    assert stage.tasks == ["late", "m"]


# --- timers that repeat otherwise -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "times"),
    [
        # camunda/camunda#15918
        (("timeDuration", "PT1H"), ("timeCycle", "R3/PT1H"), 3),
        (("timeCycle", "R3/PT1H"), ("timeDuration", "PT1H"), 1),
        (("timeDate", "2020-05-21T09:00:00+08:00"), ("timeCycle", "R2/PT1H"), 2),
        (("timeCycle", "R3/PT1H"), ("timeCycle", "R5/PT1H"), 5),
        (("timeCycle", "R/PT1H"), ("timeCycle", "R2/PT3H"), 2),
        (("timeDuration", "PT1H"), ("timeDuration", "PT2H"), 1),
    ],
)
def test_a_timer_keeps_its_due_time_and_repeats_as_the_new_version_says(
    stage: Stage, old: tuple[str, str], new: tuple[str, str], times: int
) -> None:
    stage.deploy(reminding(*old))
    stage.start()
    due = stage.timers
    stage.migrate(reminding(*new))
    assert stage.timers == due
    stage.at("2020-05-21T20:00:00+08:00")
    assert stage.tasks.count("n") == times


@pytest.mark.parametrize(
    ("new", "more"),
    [(("timeDuration", "PT1H"), 0), (("timeCycle", "R1/PT1H"), 0), (("timeCycle", "R3/PT1H"), 1), (("timeCycle", "R4/PT30M"), 2)],
)
def test_what_has_fired_already_counts(stage: Stage, new: tuple[str, str], more: int) -> None:
    """A cycle has fired twice: a version that wants no more than that waits no longer, another goes on from there."""
    stage.deploy(reminding("timeCycle", "R5/PT1H"))
    stage.start()
    stage.at("2020-05-21T09:00:00+08:00")
    stage.at("2020-05-21T10:00:00+08:00")
    done = stage.migrate(reminding(*new))
    assert stage.timers == ({"b": d.at("2020-05-21T11:00:00+08:00")} if more else {})
    stage.at("2020-05-21T20:00:00+08:00")
    assert stage.tasks.count("n") == 2 + more
    (told,) = d.history(stage.db, "instance.migrated")
    assert (told.detail["dropped"], done.moved) == ([] if more else ["b"], False)


def test_record_and_dry_run_say_how_it_repeats(stage: Stage) -> None:
    stage.deploy(reminding("timeDuration", "PT1H"))
    stage.start()
    due = d.at("2020-05-21T09:00:00+08:00").isoformat()
    found = plan(stage, reminding("timeCycle", "R3/PT1H"))
    assert (found.verdict, found.repeats) == ("fine", [["b", due, "R3/PT1H"]])
    stage.migrate(reminding("timeCycle", "R3/PT1H"))
    (told,) = d.history(stage.db, "instance.migrated")
    assert told.detail["repeats"] == [["b", due, "R3/PT1H"]]


def test_a_cycle_that_is_kept_counts_its_months_from_where_it_began(stage: Stage) -> None:
    stage.at("2020-01-31T08:00:00+08:00")
    stage.deploy(reminding("timeCycle", "R/P1M"))
    stage.start()
    stage.at("2020-02-29T08:00:00+08:00")
    stage.migrate(reminding("timeCycle", "R/P1M").replace(b'name="n"', b'name="n2"'))
    assert stage.timers == {"b": d.at("2020-03-31T08:00:00+08:00")}
    stage.at("2020-03-31T08:00:00+08:00")
    assert stage.timers == {"b": d.at("2020-04-30T08:00:00+08:00")}


def test_what_only_the_old_inputs_made_is_gone(stage: Stage) -> None:
    def file(*inputs: tuple[str, str]) -> bytes:
        task = d.user("a", extensions=d.mappings(input=list(inputs)) if inputs else "")
        return d.diagram("p", d.start(), task, d.end(), flows="s>a>e")

    stage.deploy(file(("=1", "foo.old"), ("=2", "gone")))
    stage.start(foo={"x": 1, "y": 2})
    stage.migrate(file(("=foo.x", "foo.x"), ("=foo.y", "foo.y")))
    assert d.task(stage.db, "a").variables == {"foo": {"x": 1, "y": 2}}


# --- two waits onto one ---------------------------------------------------------------------------------------------------


def bordered(*borders: str, roots: str = "") -> bytes:
    names = [border.split('id="')[1].split('"')[0] for border in borders]
    flows = "; ".join(f"{name}>n" for name in names)
    return d.diagram("p", d.start(), d.user("a"), d.user("n"), d.end(), d.end("e2"), *borders, flows=f"s>a>e; n>e2; {flows}", roots=roots)


@pytest.mark.parametrize("mapping", [{"b1": "b", "b2": "b"}, {"b2": "b"}])
def test_two_timers_mapped_onto_one_arm_once(stage: Stage, mapping: dict[str, str]) -> None:
    """camunda/camunda#19960, #21438"""
    first = "b1" if "b1" in mapping else "b"

    def border(name: str, text: str) -> str:
        return d.boundary(name, "a", d.timer("timeDuration", text), interrupting=False)

    stage.deploy(bordered(border(first, "PT1H"), border("b2", "PT2H")))
    stage.start()
    stage.migrate(bordered(border("b", "PT1H")), mapping)
    assert stage.timers == {"b": d.at("2020-05-21T09:00:00+08:00")}
    (told,) = d.history(stage.db, "instance.migrated")
    assert told.detail["dropped"] == ["b2"]
    stage.at("2020-05-21T12:00:00+08:00")
    assert stage.tasks == ["a", "n"]


def test_two_messages_mapped_onto_one_are_waited_for_once(stage: Stage) -> None:
    def border(name: str, message: str) -> str:
        return d.boundary(name, "a", d.on_message(message), interrupting=False)

    roots = d.message("m1", "k") + d.message("m2", "k") + d.message("m", "k")
    stage.deploy(bordered(border("b1", "m1"), border("b2", "m2"), roots=roots))
    stage.start(k="1")
    stage.migrate(bordered(border("b", "m"), roots=roots), {"b1": "b", "b2": "b"})
    assert stage.waits == ["b"]
    stage.publish("m", "1")
    assert stage.tasks == ["a", "n"]


def test_two_event_subprocesses_mapped_onto_one_are_armed_once(stage: Stage) -> None:
    def file(*names: str) -> bytes:
        events = [
            d.subprocess(
                name,
                d.on(f"{name}_s", d.timer("timeDuration", f"PT{number}H"), interrupting=False),
                d.user(f"{name}_t"),
                d.end(f"{name}_e"),
                flows=f"{name}_s>{name}_t>{name}_e",
                event=True,
            )
            for number, name in enumerate(names, start=1)
        ]
        return d.diagram("p", d.start(), d.user("a"), d.end(), *events, flows="s>a>e")

    stage.deploy(file("x", "y"))
    stage.start()
    stage.migrate(file("z"), {"x": "z", "y": "z", "x_s": "z_s", "y_s": "z_s"})
    assert stage.timers == {"z_s": d.at("2020-05-21T09:00:00+08:00")}


def test_no_event_subprocess_is_armed_in_a_scope_that_was_interrupted(stage: Stage) -> None:
    def event(name: str, definition: str) -> str:
        inner = (d.on(f"{name}_s", definition), d.user(f"{name}_t"), d.end(f"{name}_e"))
        return d.subprocess(name, *inner, flows=f"{name}_s>{name}_t>{name}_e", event=True)

    def file(*events: str) -> bytes:
        return d.diagram("p", d.start(), d.user("a"), d.end(), *events, flows="s>a>e", roots=d.message("go", "k"))

    stage.deploy(file(event("x", d.on_message("go"))))
    stage.start(k="1")
    stage.publish("go", "1")
    assert stage.tasks == ["x_t"]
    stage.migrate(file(event("x", d.on_message("go")), event("y", d.timer("timeDuration", "PT1H"))))
    assert (stage.timers, stage.waits) == ({}, [])


# --- joins ----------------------------------------------------------------------------------------------------------------


def joining(more: str = "", *extra: str, before: str = "") -> bytes:
    """a and b are joined at j; *more* flows, *extra* elements; *before* a gateway of the third branch."""
    elements = (d.gateway("f", "parallel"), d.user("a"), d.user("b"), d.gateway("j", "parallel"), d.user("z"), d.end(), *extra)
    return d.diagram("p", d.start(), *elements, flows=f"s>f>a>j>z>e; f>b>{before or 'j'}; {more}")


def test_a_token_at_a_join_counts_in_the_new_version(stage: Stage) -> None:
    """camunda/camunda#46281, #22067"""
    stage.deploy(joining())
    stage.start()
    stage.complete("a")
    stage.migrate(joining("c>j", d.user("c"), before="c"))
    stage.complete("b")
    stage.complete("c")
    assert stage.tasks == ["z"]


THIRD = joining("f>c>j", d.user("c"))
STILL_TO_COME = joining("f2>j; f2>c>j", d.user("c"), d.gateway("f2", "parallel"), before="f2")
BEHIND_ANOTHER = joining("f>c>k; f>x>k>j", d.user("c"), d.user("x"), d.gateway("k", "parallel"))


@pytest.mark.parametrize(("new", "hangs"), [(THIRD, True), (BEHIND_ANOTHER, True), (STILL_TO_COME, False)])
def test_neither_dry_run_nor_migration_lets_a_token_wait_for_ever(stage: Stage, new: bytes, hangs: bool) -> None:
    stage.deploy(joining())
    stage.start()
    stage.complete("a")
    found = plan(stage, new)
    if not hangs:
        assert found.verdict == "fine"
        return
    assert (found.verdict, [each.code for each in found.obstacles]) == ("cannot", ["stuck"])
    assert "永远" in found.obstacles[0].text() and "for ever" in found.obstacles[0].text("en")
    with pytest.raises(CannotMigrate):
        stage.migrate(new.replace(b'name="z"', b'name="zz"'))
    stage.complete("b")
    assert stage.tasks == ["z"]


def test_a_dry_run_says_that_an_instance_would_hang_further_on(stage: Stage) -> None:
    """The token is still before the split: the walk finds that only one branch comes to the join."""

    def file(flows: str, *more: str) -> bytes:
        return d.diagram("p", d.start(), d.user("first"), *more, d.end(), flows=flows)

    stage.deploy(file("s>first>e"))
    stage.start(x=1)
    new = file("s>first>g>[x = 1]a>j>e; g>[default]b>j", d.gateway("g"), d.user("a"), d.user("b"), d.gateway("j", "parallel"))
    found = plan(stage, new)
    assert found.verdict == "cannot"
    assert [(each.code, each.element_id) for each in found.obstacles] == [("stuck", "j")]
    assert found.path == ["a"]


def test_a_join_in_a_subprocess_is_looked_at_in_its_own_scope(stage: Stage) -> None:
    def file(third: bool) -> bytes:
        inner: list[Any] = [d.start("is"), d.gateway("f", "parallel"), d.user("a"), d.user("b"), d.gateway("j", "parallel"), d.end("ie")]
        flows = "is>f>a>j>ie; f>b>j"
        if third:
            inner.append(d.user("c"))
            flows += "; f>c>j"
        outer = (d.gateway("of", "parallel"), d.subprocess("sub", *inner, flows=flows), d.user("other"), d.end())
        return d.diagram("p", d.start(), *outer, flows="s>of>sub>e; of>other>e")

    stage.deploy(file(False))
    stage.start()
    stage.complete("a")
    assert [each.code for each in plan(stage, file(True)).obstacles] == ["stuck"]


# --- borders and event subprocesses that change -----------------------------------------------------------------------------


def _two(first: str, second: str) -> bytes:
    """Two reminders of ``a``: after an hour to ``l1``, after two to ``l2``."""
    borders = (
        d.boundary(first, "a", d.timer("timeDuration", "PT1H"), interrupting=False),
        d.boundary(second, "a", d.timer("timeDuration", "PT2H"), interrupting=False),
    )
    tasks = (d.user("a"), d.user("l1"), d.user("l2"))
    return d.diagram("p", d.start(), *tasks, d.end(), d.end("x1"), d.end("x2"), *borders, flows=f"s>a>e; {first}>l1>x1; {second}>l2>x2")


def test_two_borders_that_are_mapped_crosswise_keep_their_times(stage: Stage) -> None:
    stage.deploy(_two("b1", "b2"))
    stage.start()
    before = stage.timers
    stage.migrate(_two("c1", "c2"), {"b1": "c2", "b2": "c1"})
    assert stage.timers == {"c2": before["b1"], "c1": before["b2"]}
    stage.at("2020-05-21T09:00:00+08:00")
    assert stage.tasks == ["a", "l2"]


def test_a_border_may_begin_to_interrupt(stage: Stage) -> None:
    stage.deploy(reminding("timeDuration", "PT1H"))
    stage.start()
    stage.migrate(reminding("timeDuration", "PT1H").replace(b'cancelActivity="false"', b'cancelActivity="true"'))
    stage.at("2020-05-21T09:00:00+08:00")
    assert stage.tasks == ["n"]


def test_an_event_subprocess_that_is_new_is_armed(stage: Stage) -> None:
    asks = d.subprocess("x", d.on("xs", d.on_message("go")), d.user("xt"), d.end("xe"), flows="xs>xt>xe", event=True)
    stage.deploy(d.diagram("p", d.start(), d.user("a"), d.end(), flows="s>a>e"))
    stage.start(k="1")
    stage.migrate(d.diagram("p", d.start(), d.user("a"), d.end(), asks, flows="s>a>e", roots=d.message("go", "k")))
    stage.publish("go", "1")
    assert stage.tasks == ["xt"]
