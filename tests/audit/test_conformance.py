"""Where practice left the plan: each rule over a campaign that was really played, and each table line by line."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.conformance import facts, rules, tables
from app.db import Database
from app.element_names import unbroken
from app.engine import decisions, events
from app.engine.actor import SYSTEM, Actor
from app.engine.models import Task
from app.forms.models import Submission
from tests import web
from tests.audit.history import History
from tests.audit.test_views import read, words

CONTENT = (Path(__file__).resolve().parents[2] / "processes" / "conformance.dmn").read_bytes()
PLAIN = {"closed_by": "b", "closed_for": "", "rectified_by": "a", "rectified_for": ""}


def filed(**forms: str) -> dict[str, Any]:
    """``form="10 ann,bob"``: handed in at 10, by ann and bob."""
    given = {form: text.split() for form, text in forms.items()}
    return {"filed": [{"form": form, "at": f"2020-05-22T{at}:00:00+00:00", "persons": who.split(",")} for form, (at, who) in given.items()]}


@pytest.mark.parametrize(
    ("rule", "values", "codes"),
    [
        ("filled_before_verified", filed(verification="09 he", household_registered="10 he"), []),
        ("filled_before_verified", filed(household_registered="09 he", verification="10 he"), ["filled_first"]),
        ("filled_before_verified", filed(household_key_general="09 he"), ["not_verified"]),
        ("filled_before_verified", filed(verification="09 he"), []),
        ("reviewed_by_investigator", filed(household_registered="09 he,li", review="10 wu", rereview="11 zu"), []),
        ("reviewed_by_investigator", filed(household_registered="09 he,li", review="10 wu,li"), ["own_review"]),
        ("reviewed_by_investigator", filed(household_key_general="09 he", rereview="10 he"), ["own_rereview"]),
        ("rectified_and_closed_by_one", PLAIN, []),
        ("rectified_and_closed_by_one", {**PLAIN, "closed_by": "a"}, ["one_person"]),
        ("rectified_and_closed_by_one", {**PLAIN, "closed_for": "a"}, ["stand_in"]),
        ("rectified_and_closed_by_one", {**PLAIN, "rectified_for": "b"}, ["stand_in"]),
        ("rectified_and_closed_by_one", {**PLAIN, "rectified_by": ""}, ["not_rectified"]),
        ("visits_overlap", {"overlap_minutes": 1, "subject": "a", "other": "b"}, ["overlap"]),
        ("visits_overlap", {"overlap_minutes": 0, "subject": "a", "other": ""}, []),
        ("visit_too_short", {"minutes": 10}, []),
        ("visit_too_short", {"minutes": 9}, ["short"]),
        ("visit_too_short", {"minutes": -1}, ["ends_first"]),
        ("back_dated", {"minutes_until_filed": 1440}, []),
        ("back_dated", {"minutes_until_filed": 1441}, ["filed_later"]),
        ("back_dated", {"minutes_until_filed": -6}, ["filed_ahead"]),
        ("late", {"minutes_late": 1440}, ["late"]),
        ("late", {"minutes_late": 1441}, ["very_late"]),
        ("moved_by_hand", {"kind": "instance.moved", "by_person": True}, ["moved"]),
        ("moved_by_hand", {"kind": "variables.changed", "by_person": True}, ["variables"]),
        ("moved_by_hand", {"kind": "instance.terminated", "by_person": True}, ["terminated"]),
        ("moved_by_hand", {"kind": "instance.terminated", "by_person": False}, []),
        ("migrated", {"kind": "instance.migrated", "carried": 2}, ["carried"]),
        ("migrated", {"kind": "instance.migrated", "carried": 0}, ["version"]),
        ("migrated", {"kind": "instance.migration_taken_back", "carried": 0}, ["taken_back"]),
        ("unmasked_without_cause", {"reason": "核对户主电话"}, []),
        ("unmasked_without_cause", {"reason": "看看"}, ["short_reason"]),
        ("unmasked_without_cause", {"reason": "111111"}, ["no_words"]),
        ("edited_after_signature", {"kind": "signature.voided"}, ["voided"]),
    ],
)
def test_what_each_table_says(rule: str, values: dict[str, Any], codes: list[str]) -> None:
    answer = decisions.evaluate(CONTENT, rules.RULES[rule].decision, values)
    assert [each["code"] for each in answer] == codes
    assert all(each["text_zh"] and each["text_en"] for each in answer)


def test_tables_are_read_in_the_readers_language(sqlite_db: Database, tmp_path: Path) -> None:
    """Columns, cases and what a rule is about: shipped words have their English, an administrator's own stand as he wrote them."""
    app = web.application(sqlite_db, tmp_path)
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        for rule in rules.RULES.values():
            table = tables.read(CONTENT, rule.decision, "en")
            assert table is not None
            said = [table.about, *(label for label, _expression in (*table.inputs, *table.outputs)), *(line.name for line in table.lines)]
            assert [text for text in said if re.search("[\u3400-\u9fff]", text)] == []
        own = tables.read(CONTENT.replace("逾期分钟数".encode(), "迟到多久".encode()), "conformance_late", "en")
        assert own is not None
        assert own.inputs[0][0] == "迟到多久"
    with app.test_request_context("/", headers={"Accept-Language": "zh"}):
        table = tables.read(CONTENT, "conformance_late", "zh")
        assert table is not None
        assert table.inputs[0][0] == "逾期分钟数"


def test_every_rule_has_its_table() -> None:
    assert {identity for identity, _name in decisions.decision_ids(CONTENT)} == {rule.decision for rule in rules.RULES.values()}


def test_a_played_campaign(history: tuple[History, Flask], statements: Callable[[Database], Any]) -> None:
    made, app = history
    db = made.place.db
    db.in_transaction(lambda session: leave_the_plan(session, made))
    with db.reading() as session:
        found = {count.rule.id: count for some in rules.together() for count in rules.counts(session, made.campaign, some)}
        assert found["rectified_and_closed_by_one"].of == 2
        assert {name: count.found for name, count in found.items() if name in EXPECTED} == EXPECTED
        stated = {fact.subject: fact.values for fact in facts.visits(session, made.campaign, "").facts}
    assert stated["household:V01-90-001"]["overlap_minutes"] == 20
    assert stated["household:V01-90-001"]["minutes_until_filed"] == 15
    the_pages_lead_to_the_evidence(made, app)
    a_page_needs_a_fixed_number_of_statements(made, app, statements)


EXPECTED = {
    "rectified_and_closed_by_one": 1,
    # two of them are the played ones: their forms state the same time for both households
    "visits_overlap": 4,
    "visit_too_short": 1,
    "moved_by_hand": 1,
    "migrated": 1,
    "unmasked_without_cause": 1,
    "edited_after_signature": 1,
    "late": 1,
}


def leave_the_plan(session: Any, made: History) -> None:
    """Records and forms as they would be written, of what the product mostly prevents."""

    def note(kind: str, actor: Actor, subject: str, **detail: Any) -> None:
        events.record(session, kind, actor, campaign_id=made.campaign, subject=subject, detail=detail)

    note("problem.rectified", Actor("cun"), "problem:V01-900", household=made.home.code)
    note("problem.closed", Actor("cun"), "problem:V01-900", household=made.home.code)
    note("instance.moved", Actor("office"), made.subject, reason="停电")
    note("instance.migrated", Actor("office"), made.subject, carried=[])
    note("instance.terminated", SYSTEM, made.subject)
    note("personal.unmasked", Actor("he"), made.subject, reason="看看", what="household.phone")
    note("personal.unmasked", Actor("he"), made.subject, reason="核对户主电话", what="household.phone")
    done = session.scalars(select(Task).where(Task.campaign_id == made.campaign, Task.state == "COMPLETED").order_by(Task.key)).all()
    for each in done:
        each.due_at = None
    done[0].due_at = done[0].completed_at - timedelta(hours=2)
    note("signature.voided", SYSTEM, "village:V01", reason="户表有改动")
    for number, (begin, end) in enumerate((("09:00", "09:30"), ("09:10", "09:45"), ("11:00", "11:08")), 1):
        session.add(
            Submission(
                campaign_id=made.campaign,
                form_id="household_key_general",
                subject=f"household:V01-90-00{number}",
                scope="V01",
                data={"visit": {"start": f"2020-05-24T{begin}+08:00", "end": f"2020-05-24T{end}"}},
                actor="yan",
                at=made.move("2020-05-24T09:45:00+08:00"),
            )
        )


def the_pages_lead_to_the_evidence(made: History, app: Flask) -> None:
    overview = words(read(app, f"/audit/conformance?campaign={made.campaign}"))
    assert "同一人整改又销号 …" in overview
    assert "同一人整改又销号 1 2" in words(read(app, f"/audit/conformance/{made.campaign}/rectified_and_closed_by_one/count"))
    visits = words(read(app, f"/audit/conformance/{made.campaign}/back_dated/count"))
    assert "走访时间重叠 4 " in visits, "rules over the same facts are counted together"
    assert "走访时间过短 1 " in visits
    assert words(read(app, "/audit/conformance")) == overview, "the newest campaign, when the address names none"
    page = read(app, f"/audit/conformance/{made.campaign}/rectified_and_closed_by_one")
    assert "整改和销号是同一个人。" in page
    assert f"/audit/households/{made.campaign}/{made.home.code}" in page
    assert "/audit/records/" in page
    assert "销号的就是整改的人" in page, "the table itself can be read"
    assert "cun" not in words(page), "a person is named by the evidence only"
    late = words(read(app, f"/audit/conformance/{made.campaign}/late"))
    with made.place.db.reading() as session:
        step = session.scalar(select(Task.name).where(Task.state == "COMPLETED", Task.due_at.is_not(None)))
    assert step is not None and f"{unbroken(step)}：" in late, "which step was late"
    assert "没有与规则不符的" in words(read(app, f"/audit/conformance/{made.campaign}/reviewed_by_investigator"))
    unverified = words(read(app, f"/audit/conformance/{made.campaign}/filled_before_verified"))
    assert unverified.count("却没有入户核实的记录。 ") == 3 + 1, (
        "the forms without a verification, not the played ones; and the rule itself"
    )
    missing = web.signed_in_as(app, "auditor").get(f"/audit/conformance/{made.campaign}/nonsense")
    assert missing.status_code == 404


def a_page_needs_a_fixed_number_of_statements(made: History, app: Flask, statements: Callable[[Database], Any]) -> None:
    client = web.signed_in_as(app, "auditor")
    numbers = []
    for again in (False, True):
        if again:
            made.place.db.in_transaction(lambda session: visit_five_more_at_once(session, made))
        with statements(made.place.db) as seen:
            assert client.get(f"/audit/conformance/{made.campaign}/visits_overlap").status_code == 200
        numbers.append(len(seen))
    assert numbers[0] == numbers[1], numbers


def visit_five_more_at_once(session: Any, made: History) -> None:
    for number in range(5):
        session.add(
            Submission(
                campaign_id=made.campaign,
                form_id="household_key_general",
                subject=f"household:V01-91-00{number}",
                scope="V01",
                data={"visit": {"start": "2020-05-24T09:00+08:00", "end": "2020-05-24T10:00+08:00"}},
                actor="yan",
                at=made.move("2020-05-24T10:05:00+08:00"),
            )
        )
