"""What each document says, to whom, and how much of it in the clear."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.auth import Identity
from app.campaign.documents import making
from app.campaign.documents.kinds import KINDS
from app.campaign.models import DayProgress, LedgerEntry, Member, Problem
from app.db import Database
from app.engine.proof import write_seals
from tests import web
from tests.campaign import world
from tests.campaign.documents import rows
from tests.campaign.documents.reading import cells, pdf_text, word_text
from tests.campaign.documents.rows import CADRE, COMMANDER, FAR_CADRE, HOME, INVESTIGATOR, LIST, NOTICE, OFFICE, who
from tests.web import CAMPAIGN

At = Callable[[str], datetime]


@pytest.fixture
def campaign(db: Database, tmp_path: Path, at: At) -> Database:
    """Campaign 7 with a filled household, notices, lists, reports; 24 May 2020, noon."""
    app: Flask = web.application(db, tmp_path)
    assert app.extensions
    web.place(db)
    rows.deploy_forms(db)
    rows.filled_household(db)
    db.in_transaction(rows.papers)
    at("2020-05-24T12:00:00+08:00")
    return db


def make(db: Database, identity: Identity, kind: str, form: str, about: str = "") -> Any:
    with db.reading() as session:
        return making.make(session, identity, kind, form, about)


def content(db: Database, identity: Identity, kind: str, form: str, about: str = "") -> bytes:
    made = make(db, identity, kind, form, about)
    assert made is not None
    return bytes(made.content)


def test_the_ledger_shows_each_the_problems_that_are_open_to_him(campaign: Database) -> None:
    numbers = {
        identity.username: [row[1] for row in cells(content(campaign, identity, "ledger", "xlsx"))][:-1] for identity in (OFFICE, CADRE)
    }
    assert numbers == {"office.here": ["V05-001", "V05-002", "V06-001"], "village_cadre.here": ["V05-001", "V05-002"]}
    first = cells(content(campaign, CADRE, "ledger", "xlsx"))[0]
    assert first[2:9] == ["V05", HOME, "张三", None, "标准未达", "住房鉴定为C级。", "05-24 12:00"]
    assert first[11:13] == ["05-26 12:00", "整改中"]


def test_the_rectification_list_says_who_until_when(campaign: Database) -> None:
    table = cells(content(campaign, OFFICE, "rectification_list", "xlsx"))
    assert [row[-1] for row in table][:3] == ["整改中", "已销号", "整改中"]
    assert table[1][4] == "=HYPERLINK(1)"
    assert table[0][6:8] == ["村（社区）干部", "05-26 12:00"]


def test_a_frozen_day_stays_as_it_was(campaign: Database) -> None:
    """Only a day that was frozen; what changed afterwards does not show."""
    snapshot = {
        "number": "V05-001",
        "village": "V05",
        "text": "当时的文字",
        "state": "open",
        "rung": 1,
        "raised_at": "2020-05-22T01:00:00+00:00",
    }

    def freeze(session: Any) -> None:
        session.add(LedgerEntry(campaign_id=CAMPAIGN, day=rows.DAY, line=1, problem="V05-001", village="V05", snapshot=snapshot))
        for row in session.query(Problem):
            row.text = "后来的文字"

    campaign.in_transaction(freeze)
    table = cells(content(campaign, OFFICE, "ledger", "xlsx", "2020-05-22"))
    assert table[0][7:9] == ["当时的文字", "05-22 09:00"]
    assert make(campaign, OFFICE, "ledger", "xlsx", "2020-05-23") is None
    assert make(campaign, OFFICE, "ledger", "xlsx", "no day") is None


def test_a_supervision_notice_names_number_problem_and_dates(campaign: Database) -> None:
    text = word_text(content(campaign, CADRE, "notice", "docx", NOTICE))
    assert "沙扶办督〔2020〕3号" in text
    assert "1.住房鉴定为C级。（编号V05-001，V05-900 张三，）整改时限：2020年5月26日12:00。" in text
    assert "2020年5月24日印发" in text
    assert "沙扶办督〔2020〕3号" in pdf_text(content(campaign, CADRE, "notice", "pdf", NOTICE))
    assert make(campaign, FAR_CADRE, "notice", "docx", NOTICE) is None
    assert make(campaign, INVESTIGATOR, "notice", "docx", NOTICE) is None


def test_the_village_s_list_carries_its_two_signatures(campaign: Database) -> None:
    text = word_text(content(campaign, CADRE, "problem_list", "docx", LIST))
    assert "村支部书记  签字：secretary 2020-05-24" in text
    assert "驻村工作队长  签字（盖章）：____" in text
    assert "村级无维修资金" in text
    assert "以下2个问题" in text
    assert make(campaign, FAR_CADRE, "problem_list", "pdf", LIST) is None


def test_a_household_form_on_paper_has_every_field_and_the_explanations(campaign: Database) -> None:
    text = pdf_text(content(campaign, INVESTIGATOR, "household_form", "pdf", HOME)).replace("\n", "")
    for wanted in (
        "建档立卡贫困户自查评估表（户表）",
        "V05-900",
        "脱贫享受政策",
        "因病",
        world.ID_NUMBER,
        "城乡居民基本医保",
        "B级：个别构件有缺陷",
    ):
        assert wanted in text, wanted
    assert "附注" in text
    assert "借住安全住房的" in text  # explanation of the housing grade
    assert "受访人：张三 已签字" in text
    assert "调查员：签字：investigator.here 2020年5月24日" in text


@pytest.mark.parametrize(
    ("identity", "clear"),
    [
        (OFFICE, True),
        (INVESTIGATOR, True),
        (who("instructor.here", "instructor:G03"), True),
        (who("group_leader.here", "group_leader:G03"), False),
        (COMMANDER, False),
        (CADRE, False),
        (who("data_entry.here", "data_entry:V05"), False),
    ],
    ids=lambda value: value.username if isinstance(value, Identity) else str(value),
)
def test_personal_values_are_whole_only_for_whom_the_paper_form_is(campaign: Database, identity: Identity, clear: bool) -> None:
    made = make(campaign, identity, "household_form", "pdf", HOME)
    text = pdf_text(made.content).replace("\n", "")
    assert (world.ID_NUMBER in text) == clear
    assert ("10012345678" in text) == clear
    assert ("509999********0016" in text) != clear
    assert made.document.detail["masked"] is not clear


def test_others_households_do_not_exist(campaign: Database) -> None:
    strangers = (
        FAR_CADRE,
        who("investigator.there", "investigator:G04"),
        who("b", "investigator:G03"),
        who("c", "spot_checker"),
        who("d", "admin"),
    )
    for identity in strangers:
        for kind, form in (("household_form", "pdf"), ("app_entry", "xlsx")):
            assert make(campaign, identity, kind, form, HOME) is None, f"{identity.username} {kind}"


def test_a_household_without_a_form_is_printed_with_what_is_known(campaign: Database) -> None:
    code = world.household(campaign)
    text = pdf_text(content(campaign, INVESTIGATOR, "household_form", "pdf", code)).replace("\n", "")
    assert "尚未报送" in text
    assert "调查员签字（盖章）：" in text
    assert world.ID_NUMBER in text


def test_a_hostile_name_is_only_a_name(campaign: Database) -> None:
    hostile = '=cmd|"x" <b>{{ 7*7 }}</b>'

    def rename(session: Any) -> None:
        rows.home_of(session, HOME).head = hostile
        for row in session.query(Problem):
            row.head = row.text = hostile
        for member in session.query(Member):
            member.name = hostile

    campaign.in_transaction(rename)
    assert cells(content(campaign, OFFICE, "ledger", "xlsx"))[0][4] == hostile
    assert "{{ 7*7 }}" in word_text(content(campaign, OFFICE, "notice", "docx", NOTICE))
    assert make(campaign, OFFICE, "household_form", "pdf", HOME) is not None
    assert cells(content(campaign, OFFICE, "app_entry", "xlsx", HOME))


def test_the_entry_sheet_goes_in_the_order_of_keying_in_and_only_after_approval(campaign: Database) -> None:
    """R10: first the complete re-review; person by person; the village's data entry reads it whole."""
    entry = who("data_entry.here", "data_entry:V05")
    table = cells(content(campaign, entry, "app_entry", "xlsx", HOME))
    labels = [row[2] for row in table]
    assert labels.index("户编号") < labels.index("姓名") < labels.index("住房安全等级") < labels.index("工资性收入")
    people = [(row[1], row[3]) for row in table if row[2] in ("姓名", "参加基本医疗保险")]
    assert people == [("逐人逐项核查（1）", "张三"), ("逐人逐项核查（1）", "城乡居民基本医保")] + [
        ("逐人逐项核查（2）", "李四"),
        ("逐人逐项核查（2）", "城乡居民基本医保"),
    ]
    assert world.ID_NUMBER in [row[3] for row in table]
    assert "509999********0016" in [row[3] for row in cells(content(campaign, COMMANDER, "app_entry", "xlsx", HOME))]
    waiting = rows.filled_household(campaign, "V05-901", approved=False)
    assert make(campaign, entry, "app_entry", "xlsx", waiting) is None


def test_the_village_form_has_locked_totals_and_two_principals(campaign: Database) -> None:
    def work(session: Any) -> None:
        rows.signature(session, "village:V05", "village_form", "principal_party", "li", manner="seal")
        rows.submit(
            session, "village", "village:V05", {"code": "V05", "name": "V05", "population": 1200, "totals": {"households_registered": 60}}
        )

    campaign.in_transaction(work)
    text = word_text(content(campaign, CADRE, "village_form", "docx", "V05"))
    assert "已盖章：li 2020-05-24" in text
    assert "1200 人" in text
    assert "60 户" in text
    table = cells(content(campaign, CADRE, "village_form", "xlsx", "V05"))
    assert ["户籍人口", "1200 人"] in [row[2:4] for row in table]
    assert "已盖章：li" in pdf_text(content(campaign, OFFICE, "village_form", "pdf", "V05"))
    assert make(campaign, FAR_CADRE, "village_form", "docx", "V05") is None


def test_reports(campaign: Database) -> None:
    text = word_text(content(campaign, CADRE, "village_report", "docx", "V05"))
    for wanted in (
        "全村60户。\n全部完成。",
        "一、脱贫攻坚成效",
        "四、下步工作打算",
        "（一）剩余贫困人口脱贫",
        "驻村领导  签字（盖章）：",
        "2020年5月24日",
    ):
        assert wanted in text, wanted
    assert make(campaign, CADRE, "village_report", "docx", "V06") is None
    assert make(campaign, OFFICE, "village_report", "docx", "V06") is None  # not drafted yet
    spot = word_text(content(campaign, who("s", "spot_checker"), "spot_check_report", "docx"))
    assert "1.50%" in spot
    assert "验收结论：通过。" in spot
    assert make(campaign, CADRE, "spot_check_report", "docx") is None


def test_below_the_signatures_stands_the_newest_seal(campaign: Database, tmp_path: Path) -> None:
    """Who holds the paper holds an anchor: number, time and hash of the seal over all records."""
    write_seals.install("5e" * 32, tmp_path / "anchors")
    made = write_seals.run(campaign)
    assert made is not None
    text = pdf_text(content(campaign, CADRE, "village_report", "pdf", "V05")) + pdf_text(
        content(campaign, OFFICE, "household_form", "pdf", HOME)
    )
    squeezed = "".join(text.split())
    assert squeezed.count("记录封印") == 2 and squeezed.count(made.hash[:32]) == 2


def test_the_nine_documents_in_an_overview_and_line_by_line(campaign: Database) -> None:
    from app.campaign.models import CodeItem

    def work(session: Any) -> None:
        for place, (code, label) in enumerate((("application", "贫困户申请书"), ("plan", "帮扶计划和措施"))):
            session.add(CodeItem(campaign_id=CAMPAIGN, list="nine_documents", code=code, label_zh=label, position=place))
        lines = [
            {"code": "application", "name": "贫困户申请书", "status": "have", "signed": "no"},
            {"code": "plan", "name": "帮扶计划和措施", "status": "missing"},
        ]
        rows.submit(session, "nine_documents", f"household:{HOME}", {"documents": lines})

    campaign.in_transaction(work)
    made = content(campaign, CADRE, "nine_documents", "xlsx", "V05")
    assert cells(made)[0][3:] == [HOME, "张三", "√", "×", 1, "贫困户申请书"]
    assert [row[3:7] for row in cells(made, 1)] == [["贫困户申请书", "有", None, "否"], ["帮扶计划和措施", "缺", None, None]]
    assert make(campaign, CADRE, "nine_documents", "xlsx", "V06") is None


def test_staff_with_telephones_for_the_office_only(campaign: Database) -> None:
    assert cells(content(campaign, OFFICE, "staff", "xlsx"))[0][4] == "10000000002"
    assert cells(content(campaign, COMMANDER, "staff", "xlsx"))[0][4] == "100****0002"
    assert cells(content(campaign, who("x", "group_leader:G04"), "staff", "xlsx")) == []


def test_the_route_list_names_the_guide_and_the_households_in_walking_order(campaign: Database) -> None:
    world.write(campaign, world.new("V05-800", head="乙", walking_order=2), world.new("V05-801", head="甲", walking_order=1))
    text = pdf_text(content(campaign, INVESTIGATOR, "route_list", "pdf"))
    assert text.index("甲") < text.index("乙")
    assert "引导员：王引导（V05，3组）" in text.replace("\n", "")
    assert "10000000001" in text.replace("\n", "")
    assert make(campaign, who("other", "investigator:G03"), "route_list", "pdf") is None
    assert make(campaign, who("other", "investigator:G03"), "route_list", "pdf", "investigator.here") is None


def test_progress_of_the_groups_one_sees_now_and_at_a_day_s_close(campaign: Database) -> None:
    counts = {"target": 20, "submitted": 5, "problems_new": 2}
    row = DayProgress(campaign_id=CAMPAIGN, day=rows.DAY, work_group="G03", village="V05", counts=counts, made_at=rows.NOON)
    campaign.in_transaction(lambda session: session.add(row))
    table = cells(content(campaign, CADRE, "daily_progress", "xlsx", "2020-05-22"))
    assert table[0][:6] == [1, "V05", "G03", 20, None, 5]
    assert table[1][0] == "合计"
    assert (table[1][3], table[1][-1]) == (20, "25.0%")
    now = cells(content(campaign, OFFICE, "daily_progress", "xlsx"))
    assert [row[2] for row in now[:2]] == ["G03", "G04"]
    assert make(campaign, OFFICE, "daily_progress", "xlsx", "2020-05-23") is None


def test_every_kind_is_made_in_every_format_it_offers(campaign: Database) -> None:
    about = {
        "notice": NOTICE,
        "notice_receipt": NOTICE,
        "problem_list": LIST,
        "village_form": "V05",
        "village_report": "V05",
        "household_form": HOME,
        "app_entry": HOME,
    }
    world.household(campaign)
    everything = who("investigator.here", "office", "spot_checker", "investigator:G03")
    for kind in KINDS.values():
        for form in kind.formats:
            made = make(campaign, everything, kind.code, form, about.get(kind.code, ""))
            assert made is not None, kind.code
            assert made.content.startswith(b"%PDF" if form == "pdf" else b"PK"), f"{kind.code}.{form}"
        assert make(campaign, who("nobody", "admin"), kind.code, kind.formats[0], about.get(kind.code, "")) is None
