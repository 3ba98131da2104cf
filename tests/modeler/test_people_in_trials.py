"""A trial and a scenario know who there is, as a release does: a role that does not exist is refused, one that nobody holds is told."""

from __future__ import annotations

from typing import Any

import pytest

from app.auth.directory import Directory
from app.campaign import places
from app.db import Database
from app.engine import definitions
from app.engine.errors import Refused
from app.modeler.trial import observing, playing, sandbox, scenarios, store
from app.modeler.trial.steps import Play
from tests import web
from tests.engine import drawing as d
from tests.modeler.trying import ADMIN, BEGIN


@pytest.fixture
def known(db: Database, at: Any) -> Database:
    db.knows(Directory(places.codes))
    web.place(db)
    web.person(db, "wang", "office")
    web.person(db, "li", "village_cadre:V05")
    return db


def drawn(**who: str) -> dict[str, bytes]:
    written = "".join(f' {name}="{value}"' for name, value in who.items())
    task = d.element("userTask", "a", extensions=f"<zeebe:userTask/><zeebe:assignmentDefinition{written}/>")
    return {"p.bpmn": d.diagram("p", d.start(), task, d.user("b"), d.end(), flows="s>a>b>e")}


def steps(**variables: Any) -> list[dict[str, Any]]:
    expect = {"open": ["a"], "incidents": []}
    return [
        {"do": "start", "process": "p", "variables": variables, "expect": expect},
        {"do": "complete", "process": "p", "at": "a", "variables": {}, "expect": {"open": ["b"]}},
    ]


#: assignment, start variables, what is told of task a
TOLD: dict[str, tuple[dict[str, str], dict[str, Any], str]] = {
    "held": ({"candidateGroups": "office"}, {}, ""),
    "held with a scope": ({"candidateGroups": '=["village_cadre:" + village]'.replace('"', "&quot;")}, {"village": "V05"}, ""),
    "nobody holds it": ({"candidateGroups": "commander"}, {}, "角色“指挥长”无人担任"),
    "nobody holds it there": ({"candidateGroups": "=groups"}, {"groups": ["village_cadre:V06"]}, "角色“村（社区）干部 V06”无人担任"),
    "computed and misspelt": ({"candidateGroups": "=groups"}, {"groups": ["offce"]}, "没有角色“offce”，是不是“office”"),
    "computed administrator": ({"candidateGroups": "=groups"}, {"groups": ["admin"]}, "管理系统的角色"),
    "an account": ({"assignee": "li"}, {}, ""),
    "no account": ({"candidateUsers": "lei"}, {}, "“lei”没有可以登录的账号"),
    "nobody at all": ({"candidateGroups": "=groups"}, {"groups": []}, "候选人均为空"),
}


@pytest.mark.parametrize("case", TOLD)
def test_a_scenario_and_a_trial_tell_what_nobody_could_do_today(known: Database, case: str) -> None:
    who, variables, why = TOLD[case]
    files = drawn(**who)
    kept = Play("p", BEGIN, [], steps(**variables))
    known.in_transaction(lambda session: store.keep(session, "一步", kept, ADMIN))
    [result] = scenarios.run_all(known, files)
    assert (result.ok, result.differences) == (True, []), "the diagram is as expected"
    assert len(result.warnings) == (1 if why else 0)
    assert all(why in text for text in result.warnings)
    assert scenarios.warnings([result.as_json(), result.as_json()]) == result.warnings
    with known.reading() as session:
        base = sandbox.deployed(session)
    with playing.played(base, files, Play("p", BEGIN, [], steps(**variables)[:1])) as went:
        assert list(went.seen.nobody) == (["a"] if why else [])
        with went.sandbox.db.reading() as inside:
            assert "incidents" not in observing.expectation(inside, went.seen)


@pytest.mark.parametrize(
    ("groups", "code"), [("offce", "role_unknown_near"), ("admin", "role_of_administrators"), ("village_cadre", "role_needs_scope")]
)
def test_what_a_release_refuses_a_trial_and_a_scenario_refuse(known: Database, groups: str, code: str) -> None:
    files = drawn(candidateGroups=groups)
    with known.reading() as session:
        base = sandbox.deployed(session)
        found = definitions.check(files, definitions.known(session, files))
    assert code in [each.code for each in found]
    with pytest.raises(Refused) as refused, playing.played(base, files, Play("p", BEGIN, [], [])):
        pass
    assert code in [each.code for each in refused.value.problems]
    known.in_transaction(lambda session: store.keep(session, "一步", Play("p", BEGIN, [], steps()), ADMIN))
    [result] = scenarios.run_all(known, files)
    assert not result.ok and "不能部署" in result.difference


def test_who_is_appointed_meanwhile_is_known_to_the_next_run(known: Database) -> None:
    files = drawn(candidateGroups="commander")
    known.in_transaction(lambda session: store.keep(session, "一步", Play("p", BEGIN, [], steps()), ADMIN))
    assert len(scenarios.run_all(known, files)[0].warnings) == 1
    web.person(known, "chen", "commander")
    assert scenarios.run_all(known, files)[0].warnings == []


@pytest.mark.parametrize("expects", [{}, {"open": ["long"], "ended": False}])
def test_a_branch_that_hangs_beside_one_that_goes_on_is_never_as_expected(known: Database, expects: dict[str, Any]) -> None:
    nodes = (d.start(), d.user("long"), d.gateway("g"), d.user("a"), d.user("b"), d.gateway("j", "parallel"), d.end())
    files = {"p.bpmn": d.diagram("p", *nodes, flows="s>long>e; s>g>[x = 1]a>j>e; g>[default]b>j")}
    begun = {"do": "start", "process": "p", "variables": {"x": 1}}
    done = {"do": "complete", "process": "p", "at": "a", "variables": {}, "expect": expects}
    known.in_transaction(lambda session: store.keep(session, "停住一支", Play("p", BEGIN, [], [begun, done]), ADMIN))
    [result] = scenarios.run_all(known, files)
    assert (result.ok, result.step) == (False, 2)
    assert "停在“j”" in result.differences[0]
