"""The plan's decision tables say what the product did before they were tables; what does not fit them is refused or an incident."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from app.auth.roles import ROLES
from app.campaign import ladder
from app.campaign.handlers.notifications import NOTIFICATIONS
from app.campaign.hooks.spot_check_forms import TOLERANCES
from app.campaign.totals import COUNTS
from app.db import Database
from app.engine import definitions
from app.engine.errors import Conflict, Refused
from app.engine.needed_decisions import BY_FORM, BY_TASK_TYPE, NEEDED
from tests.processes.play import files
from tests.web import CLI

At = Callable[[str], datetime]
FILES = files()


def deploy(db: Database, content: dict[str, bytes], now: datetime) -> None:
    db.in_transaction(lambda session: definitions.deploy(session, content, CLI, now=now))


@pytest.fixture
def tables(sqlite_db: Database, at: At) -> Database:
    deploy(
        sqlite_db,
        {name: FILES[name] for name in ("ladder.dmn", "notifications.dmn", "counting_rules.dmn")},
        at("2020-05-20T08:00:00+08:00"),
    )
    return sqlite_db


@pytest.mark.parametrize(
    ("event", "outcome", "leads_to", "carried_out"),
    [
        # rung 1, 2, 3 → next
        ("judged", "assign", (2, 2, 3), True),
        ("judged", "notice", (2, 2, 3), True),
        ("judged", "escalate", (2, 3, 3), True),
        ("judged", "breach", (1, 2, 3), True),
        ("judged", "continue", (1, 2, 3), False),
        ("unresolved", "", (3, 3, 3), True),
        ("listed", "", (2, 2, 3), True),
        ("assigned", "assign", (2, 2, 2), True),
        ("assigned", "principals", (3, 3, 3), True),
        ("decided", "rectify", (3, 3, 3), True),
    ],
)
def test_the_ladder(tables: Database, event: str, outcome: str, leads_to: tuple[int, ...], carried_out: bool) -> None:
    with tables.reading() as session:
        steps = [ladder.step(session, event, outcome=outcome, rung=rung) for rung in (1, 2, 3)]
    assert steps == [ladder.Step(rung, carried_out) for rung in leads_to]


def test_a_classification_only_lifts(tables: Database) -> None:
    with tables.reading() as session:
        found = [[ladder.step(session, "classified", rung=rung, classified=said).rung for said in (1, 2, 3)] for rung in (1, 2, 3)]
    assert found == [[1, 2, 3], [2, 2, 3], [3, 3, 3]]


PROBLEM = {"number": "P-V05-001", "village": "V05", "text": "房屋漏雨", "raised_by": "li"}
DAY = {"day": "2020-05-03", "count": 12}
NOTICE = {"number": "沙扶办督〔2020〕1号", "village": "V05", "text": "限期整改"}
VOIDED = {"village": "V05", "village_name": "柏树村", "number": "V05-清单01", "signed": ["user:wang"], "reason": "数据更正"}


@pytest.mark.parametrize(
    ("event", "about", "recipients", "kind", "title", "text", "url"),
    [
        ("problem_moved", {**PROBLEM, "rung": 2, "variant": "assign"}, [], "escalation", "", "", ""),
        ("problem_moved", {**PROBLEM, "rung": 3, "variant": "notice"}, [], "escalation", "", "", ""),
        (
            *("problem_moved", {**PROBLEM, "rung": 3}, ["principal_party", "principal_gov", "commander"]),
            *("escalation", "问题 P-V05-001 报主要领导审定", "房屋漏雨", ""),
        ),
        ("problem_moved", {**PROBLEM, "rung": 2}, ["office"], "escalation", "问题 P-V05-001 转镇扶贫办研判", "房屋漏雨", ""),
        ("problem_settled", PROBLEM, ["user:li", "village_cadre:V05"], "answer", "问题 P-V05-001 已办结", "房屋漏雨", ""),
        (
            *("list_sent", {"number": "V05-清单01", "problems": ["P-V05-001", "P-V05-002"]}, ["office"]),
            *("ledger", "村问题清单 V05-清单01 已签字报送", "P-V05-001、P-V05-002", ""),
        ),
        (
            *("ledger_frozen", {**DAY, "variant": "town"}, ["commander", "office"]),
            *("ledger", "5月3日问题台账和整改清单", "共 12 项", "/ledger/2020-05-03"),
        ),
        (
            *("ledger_frozen", {**DAY, "variant": "village", "village": "V05"}, ["resident_leader:V05", "village_cadre:V05"]),
            *("ledger", "5月3日问题台账和整改清单", "共 12 项", "/ledger/2020-05-03"),
        ),
        ("progress_made", {"day": "2020-05-31"}, ["commander", "office"], "report", "5月31日自查评估进度", "", "/progress"),
        ("notice_issued", {**NOTICE, "addressee": "zhao"}, ["user:zhao"], "notice", "督办通知 沙扶办督〔2020〕1号", "限期整改", ""),
        ("notice_issued", {**NOTICE, "addressee": ""}, ["village_cadre:V05"], "notice", "督办通知 沙扶办督〔2020〕1号", "限期整改", ""),
        ("notice_reminded", {**NOTICE, "addressee": "zhao"}, ["user:zhao"], "notice", "催办：督办通知 沙扶办督〔2020〕1号", "限期整改", ""),
        (
            "question_answered",
            {"number": "Q-G03-001", "asked_by": "li", "text": "按实填"},
            ["user:li"],
            "answer",
            "请示 Q-G03-001 已答复",
            "按实填",
            "",
        ),
        ("report_delivered", {"variant": "village_report", "late": False}, ["office"], "report", "收到自查评估报告", "", ""),
        ("report_delivered", {"variant": "spot_check_report", "late": True}, ["office"], "report", "收到抽查验收报告（逾期）", "", ""),
        (
            *("signatures_voided", {**VOIDED, "variant": "village_form"}, ["principal_party", "principal_gov", "user:wang"]),
            *("reminder", "柏树村《村表》签字已作废", "原因：数据更正。修改后须重新签字（盖章）。", ""),
        ),
        (
            "signatures_voided",
            {**VOIDED, "variant": "village_problem_list"},
            ["village_secretary:V05", "resident_captain:V05", "user:wang"],
            *("reminder", "村问题清单 V05-清单01签字已作废", "原因：数据更正。", ""),
        ),
        (
            *("gate_missed", {"recipients": ["office"], "gate": "入户核查", "waiting": "未报送的户表", "missing": 3}, ["office"]),
            *("report", "“入户核查”到期：未报送的户表 3", "", "/office"),
        ),
    ],
)
def test_who_is_told_what(
    tables: Database, event: str, about: dict[str, Any], recipients: list[str], kind: str, title: str, text: str, url: str
) -> None:
    with tables.reading() as session:
        said = NOTIFICATIONS.ask(session, {"variant": "", "rung": None, "event": event, **about})
    assert said == [{"recipients": recipients, "kind": kind, "title": title, "text": text, "url": url}]
    assert all(each.startswith("user:") or each.partition(":")[0] in ROLES for each in recipients)


def test_what_a_household_form_counts_as(tables: Database) -> None:
    """As it was written in Python: satisfied from 4 points on, houses of grade C or D, or none, with nothing finished about them."""
    grades, measures = (None, "A", "B", "C", "D", "none"), (None, "none", "under_way", "done", "repaired")
    cases = [{"satisfaction": s, "grade": g, "measure": m} for s in (None, 1, 3, 4, 5) for g in grades for m in measures]
    with tables.reading() as session:
        found = [{entry["counted"] for entry in entries} for entries in COUNTS.ask_each(session, cases)]
    for case, counted in zip(cases, found, strict=True):
        unsafe = case["grade"] in ("C", "D", "none") and case["measure"] in (None, "none", "under_way")
        assert ("satisfied" in counted, "unsafe_houses" in counted) == ((case["satisfaction"] or 0) >= 4, unsafe), case


def test_by_how_much_a_spot_check_may_differ(tables: Database) -> None:
    with tables.reading() as session:
        answers = TOLERANCES.ask_each(session, [{"field": "income_per_capita"}, {"field": "members_count"}, {"field": "head"}])
    assert [answer[0]["tolerance"] for answer in answers] == [50, 0, 0]


def test_every_decision_that_is_asked_for_is_shipped_and_asked_by_somebody() -> None:
    asked = {needed.id for each in (*BY_TASK_TYPE.values(), *BY_FORM.values()) for needed in each}
    assert asked == set(NEEDED) == {"ladder", "notifications", "household_counts", "spot_check_tolerances"}
    assert [each for each in definitions.check(FILES, definitions.known_files(FILES)) if each.severity == "error"] == []


@pytest.mark.parametrize(("left_out", "element"), [("ladder.dmn", "climb"), ("notifications.dmn", "settle")])
def test_a_diagram_without_its_decisions_is_refused(left_out: str, element: str) -> None:
    some = {name: content for name, content in FILES.items() if name != left_out}
    found = {(each.element_id, each.code) for each in definitions.check(some, definitions.known_files(some)) if each.severity == "error"}
    assert (element, "needed_decision") in found


def test_a_form_without_its_decision_is_refused() -> None:
    some = {name: content for name, content in FILES.items() if name != "ladder.dmn"}
    found = {(each.element_id, each.code) for each in definitions.check(some, definitions.known_files(some))}
    assert ("principal_decision", "needed_decision") in found


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [(b'name="carried_out"', b'name="done"', "needed_outputs"), (b'hitPolicy="FIRST"', b'hitPolicy="COLLECT"', "needed_one")],
)
def test_a_table_that_cannot_answer_is_refused(sqlite_db: Database, at: At, old: bytes, new: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        deploy(sqlite_db, {"ladder.dmn": FILES["ladder.dmn"].replace(old, new)}, at("2020-05-20T08:00:00+08:00"))
    assert [problem.code for problem in refused.value.problems] == [code]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"<text>min(3, rung + 1)</text>", b"<text>rung + 1</text>", "decision_wrong_answer"),
        (b"<text>min(3, rung + 1)</text>", b'<text>"3"</text>', "decision_wrong_answer"),
        (b'<text>"escalate"</text>', b'<text>"escalate!"</text>', None),
        (b'<text>"judged"</text>', b'<text>"listed"</text>', "decision_without_rule"),
    ],
)
def test_an_answer_that_cannot_be_used_is_an_error(sqlite_db: Database, at: At, old: bytes, new: bytes, code: str | None) -> None:
    """Rung 4, a text, no rule; a rule that does not apply leaves it to the next."""
    deploy(sqlite_db, {"ladder.dmn": FILES["ladder.dmn"].replace(old, new)}, at("2020-05-20T08:00:00+08:00"))
    with sqlite_db.reading() as session:
        if code is None:
            assert ladder.step(session, "judged", outcome="escalate", rung=3) == ladder.Step(3, False)
            return
        with pytest.raises(Conflict) as error:
            ladder.step(session, "judged", outcome="escalate", rung=3)
    assert error.value.code == code


def test_a_released_change_counts_at_once(tables: Database, at: At) -> None:
    """An administrator lets the office read of each problem that is settled."""
    content, written = FILES["notifications.dmn"], b'["user:" + raised_by, "village_cadre:" + village]'
    assert written in content
    deploy(tables, {"notifications.dmn": content.replace(written, b'["office"]')}, at("2020-05-21T08:00:00+08:00"))
    with tables.reading() as session:
        said = NOTIFICATIONS.ask(session, {"variant": "", "rung": None, "event": "problem_settled", **PROBLEM})
    assert said[0]["recipients"] == ["office"]


def test_without_the_decision_nothing_happens(sqlite_db: Database) -> None:
    with sqlite_db.reading() as session, pytest.raises(Conflict, match="not deployed"):
        ladder.step(session, "listed", rung=1)
