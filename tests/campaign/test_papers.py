"""A paper says what is so when it is signed, shows its signer what changed, and is printed the same ever after."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.campaign.documents import frozen, making, word
from app.campaign.errors import Conflict
from app.campaign.handlers import day_progress, ledgers, notices, problem_lists, reports, signatures
from app.campaign.hooks import signature_forms
from app.campaign.models import (
    Campaign,
    CodeItem,
    DocumentTemplate,
    Household,
    Notice,
    Notification,
    Paper,
    Problem,
    Report,
    Signature,
    Village,
    WorkGroup,
)
from app.db import Database
from app.engine import definitions, erasing
from app.engine.actor import Actor
from app.engine.jobs import Context
from app.engine.models import Event
from app.forms import paths, schema, validation
from tests import web
from tests.campaign import test_hooks as filled
from tests.campaign import world
from tests.campaign.documents.reading import cells, pdf_text, word_text
from tests.campaign.documents.rows import CADRE, COMMANDER, OFFICE
from tests.web import CAMPAIGN, CLI

At = Callable[[str], datetime]
VILLAGE = "village:V05"
LEADER, PARTY, MAYOR = Actor("resident_leader.here"), Actor("party"), Actor("mayor")


@pytest.fixture
def place(db: Database, tmp_path: Path, at: At) -> Database:
    """Campaign 7 on 29 May, the product's forms deployed: two households in V05, one of them with a problem."""
    app: Flask = web.application(db, tmp_path)
    assert app.extensions
    web.place(db)
    for username, role in (("office", "office"), ("commander", "commander"), ("cadre", "village_cadre:V05")):
        web.person(db, username, role)
    wanted = {name: content for name, content in filled.FILES.items() if name.endswith((".form", ".dmn"))}
    db.in_transaction(lambda session: definitions.deploy(session, wanted, CLI, now=at("2020-05-29T09:00:00+08:00")))
    return db


@pytest.fixture
def number(place: Database) -> str:
    world.household(place)
    return world.problem(place)


def job(db: Database, handler: Callable[..., Any], headers: dict[str, Any] | None = None, **variables: Any) -> Any:
    """Run a service task's work as a worker does."""
    given = {"campaign_id": CAMPAIGN, "instance_key": 1, "subject": VILLAGE, "variables": variables, "headers": headers or {}}
    fields = {name: given[name] for name in Context.__dataclass_fields__ if name in given}
    rest = {name: None for name in Context.__dataclass_fields__ if name not in given and name != "now"}
    context = Context(**fields, **rest, now=clock.now())
    return db.in_transaction(lambda session: handler(session, context))


def task(form_id: str, reviews: str = "", subject: str = VILLAGE, role: str = "resident_leader:V05") -> Any:
    made = filled.task(form_id, subject, name="签字", label="柏树村", properties={"reviews": reviews} if reviews else {})
    made.candidate_groups, made.instance_key, made.definition_key = [role], 1, 1
    return made


def sign(db: Database, reviews: str, by: Actor, role: str) -> None:
    filled.send(db, task("signature", reviews, role=role), _signs, actor=by)


def _signs(data: dict[str, Any]) -> None:
    data.update(decision="sign", manner="signature")


def close(db: Database, number: str) -> None:
    def work(session: Any) -> None:
        row = session.scalars(select(Problem).where(Problem.number == number)).one()
        row.state, row.closed_at = "closed", clock.now()

    db.in_transaction(work)


def change(db: Database, model: Any, **values: Any) -> None:
    """Somebody changes facts behind papers."""

    def work(session: Any) -> None:
        for row in session.scalars(select(model).where(model.campaign_id == CAMPAIGN)):
            for name, value in values.items():
                setattr(row, name, value)

    db.in_transaction(work)


def rename_campaign(db: Database) -> None:
    def work(session: Any) -> None:
        row = session.get_one(Campaign, CAMPAIGN)
        row.name, row.organisation, row.place = "改名活动", "改名单位", "改名镇"

    db.in_transaction(work)


def page_of(db: Database, work: Any) -> dict[str, Any]:
    """What a browser has of a page: the form's own names."""
    form = schema.load(filled.FILES[f"{work.form_id}.form"])
    return {name: value for name, value in deepcopy(filled.prepared(db, work).data).items() if name in form.tree}


def made(db: Database, kind: str, form: str, about: str = "", who: Any = OFFICE) -> bytes:
    with db.reading() as session:
        found = making.make(session, who, kind, form, about)
    assert found is not None
    return bytes(found.content)


def report(db: Database) -> None:
    """Drafted by the system, finished by the village."""
    job(db, reports.draft_village_report, village={"code": "V05", "name": "柏树村"})
    filled.send(db, task("village_report", role="village_cadre:V05"), lambda data: data.update(next_steps="组织回头看，巩固成果。"))


def test_a_report_counts_until_it_is_signed_and_its_signer_sees_what_changed(place: Database, number: str) -> None:
    report(place)
    assert "尚有 2 户未通过全覆盖复审" in word_text(made(place, "village_report", "docx", "V05"))
    close(place, number)
    shown = filled.prepared(place, task("signature", "village_report"))
    assert {"figure": "未销号问题", "before": "1", "now": "0"} in shown.data["changes"]
    assert {"figure": "已整改销号问题", "before": "0", "now": "1"} in shown.data["changes"]
    assert not any(row["figure"] == "应核查户" for row in shown.data["changes"]), "only what changed"
    assert "已整改销号 1 个" in shown.reviewed["counted"]["rectified_at_once"]
    assert any("还有 2 户未通过全覆盖复审" in notice.text for notice in shown.notices)
    text = word_text(made(place, "village_report", "docx", "V05"))
    assert "已整改销号 1 个，整改率 100.0%" in text
    assert "组织回头看，巩固成果。" in text
    assert "截至2020年5月29日09:00" in text


def test_a_page_with_older_figures_is_refused_and_comes_back_with_the_new_ones(place: Database, number: str) -> None:
    report(place)
    work = task("signature", "village_report")
    page = page_of(place, work)
    _signs(page)
    page["remark"] = "已阅"
    close(place, number)
    now = filled.prepared(place, work)
    form = schema.load(filled.FILES["signature.form"])
    outcome = validation.validate(form, page, context=now.context, locked={}, decide=filled.decide, initial=now.data)
    assert not outcome.ok
    assert "stamp" in outcome.errors
    assert "现已换成最新数据。您填写的内容都在" in outcome.errors["stamp"][0]
    assert outcome.fresh["stamp"] == now.data["stamp"] != page["stamp"]
    assert outcome.fresh["changes"] == now.data["changes"]
    assert outcome.data["remark"] == "已阅"
    again = validation.validate(form, {**page, **outcome.fresh}, context=now.context, locked={}, decide=filled.decide, initial=now.data)
    assert again.ok


def test_a_signed_report_stays_as_it_was_whatever_changes(place: Database, number: str, at: At) -> None:
    report(place)
    at("2020-05-31T20:00:00+08:00")
    sign(place, "village_report", LEADER, "resident_leader:V05")
    before = {form: made(place, "village_report", form, "V05") for form in ("docx", "pdf")}
    assert "2020年5月31日" in word_text(before["docx"]), "its date is that of the signature"
    at("2020-06-02T08:00:00+08:00")
    close(place, number)
    change(place, Village, name="改名村")
    rename_campaign(place)
    change(place, CodeItem, label_zh="改名")
    template = DocumentTemplate(campaign_id=CAMPAIGN, kind="village_report", revision=1, checksum="", uploaded_by="office")
    template.content, template.uploaded_at = word.original("problem_list"), clock.now()
    place.in_transaction(lambda session: session.add(template))
    for form, content in before.items():
        assert made(place, "village_report", form, "V05") == content
    with place.reading() as session:
        signature = session.scalars(select(Signature)).one()
        paper = session.scalars(select(Paper).where(Paper.kind == "village_report")).one()
        kept = session.scalars(select(Event).where(Event.kind == "paper.kept")).one()
    assert signature.content_hash == paper.content_hash
    assert kept.detail["sha256"] == paper.content_hash


def village_form(db: Database) -> None:
    filled.send(db, task("village", role="village_cadre:V05"), lambda data: data.update(_village(data)))


def _village(data: dict[str, Any]) -> dict[str, Any]:
    """Answers to what the village must say itself."""
    for field in schema.load(filled.FILES["village.form"]).fields():
        node = field.node
        if node.validate.get("required") and node.fixed is False and paths.get(data, field.path) is None:
            paths.put(data, field.path, _answer(node))
    return data


def _answer(node: schema.Node) -> Any:
    options, most = node.component.get("values") or [], node.validate.get("max")
    number = node.validate.get("min") or (min(100, most) if isinstance(most, int) else 1 if most else 100)
    return options[0]["value"] if options else {"number": number, "checkbox": True}.get(node.type, "有")


def test_two_sign_one_village_form_and_a_void_signature_is_marked_on_it(place: Database, number: str, at: At) -> None:
    village_form(place)
    page = filled.prepared(place, task("signature", "village", role="principal_party"))
    assert page.data["changes"] == []
    sign(place, "village", PARTY, "principal_party")
    close(place, number)
    second = filled.prepared(place, task("signature", "village", role="principal_gov"))
    assert second.data["stamp"] == page.data["stamp"], "both sign the same"
    assert [(row["before"], row["now"]) for row in second.data["changes"]] == [("1", "0")]
    assert second.reviewed["totals"]["problems_open"] == 1
    sign(place, "village", MAYOR, "principal_gov")
    signed = {form: made(place, "village_form", form, "V05") for form in ("docx", "xlsx", "pdf")}
    at("2020-05-30T08:00:00+08:00")
    world.household(place)
    assert {form: made(place, "village_form", form, "V05") for form in signed} == signed
    assert "两位领导已签字" in word_text(signed["docx"])
    change(place, Signature, voided_at=clock.now(), void_reason="退回修改")
    text = word_text(made(place, "village_form", "docx", "V05"))
    assert text.count("（2020-05-30作废：退回修改）") == 2
    village_form(place)
    assert made(place, "village_form", "docx", "V05") != signed["docx"], "filled anew it is a new paper, not yet signed"


def test_the_second_signer_does_not_sign_figures_that_are_no_longer_so(place: Database, number: str) -> None:
    """R12: households change after the first signature: the second page says so and refuses; returning it voids the first signature."""
    village_form(place)
    sign(place, "village", PARTY, "principal_party")
    world.household(place)
    second = filled.prepared(place, task("signature", "village", role="principal_gov"))
    assert {"figure": "建档立卡户数", "before": "2", "now": "3"} in second.data["changes"]
    assert any("不能再签同一份文件" in notice.text for notice in second.notices)
    with pytest.raises(Conflict, match="nothing was signed"):
        sign(place, "village", MAYOR, "principal_gov")
    with place.reading() as session:
        assert [row.signer for row in session.scalars(select(Signature))] == ["party"], "nothing was signed"
    filled.send(place, task("signature", "village", role="principal_gov"), _returns, actor=MAYOR)
    web.person(place, "party", "principal_party")
    web.person(place, "mayor", "principal_gov")
    job(place, signatures.void_signatures, village={"code": "V05", "name": "柏树村"}, reason="退回修改")
    with place.reading() as session:
        row = session.scalars(select(Signature)).one()
        told = {each.username: (each.title, each.text) for each in session.scalars(select(Notification))}
    assert row.voided_at is not None and row.void_reason == "退回修改"
    assert told["party"] == told["mayor"] == ("柏树村《村表》签字已作废", "原因：退回修改。修改后须重新签字（盖章）。")
    village_form(place)
    sign(place, "village", PARTY, "principal_party")
    sign(place, "village", MAYOR, "principal_gov")


def _returns(data: dict[str, Any]) -> None:
    data.update(decision="return", return_reason="户数已变化，请重填")


def test_a_list_that_comes_back_is_signed_by_nobody(place: Database, number: str) -> None:
    """R45: the captain returns what the secretary signed: that signature is void, and both are told."""
    for username, role in (("party", "village_secretary:V05"), ("mayor", "resident_captain:V05")):
        web.person(place, username, role)
    job(place, problem_lists.list_problem, problem={"number": number})
    (listed,) = job(place, problem_lists.collect_village_lists, villages=[{"code": "V05", "name": "柏树村"}])["village_lists"]
    subject = f"list:{listed['number']}"
    filled.send(place, task("village_problem_list", subject=subject, role="village_secretary:V05"), _signs, actor=PARTY)
    job(place, problem_lists.return_village_list, list=listed)
    with place.reading() as session:
        row = session.scalars(select(Signature)).one()
        told = sorted(each.username for each in session.scalars(select(Notification).where(Notification.title.contains("作废"))))
    assert (row.void_reason, told) == ("清单退回，未报送", ["mayor", "party"])
    assert "作废：清单退回，未报送" in word_text(made(place, "problem_list", "docx", listed["number"]))


def test_a_signed_list_never_prints_another_reason(place: Database, number: str, at: At) -> None:
    change(place, Problem, closure_note="村级无维修资金")
    job(place, problem_lists.list_problem, problem={"number": number})
    (listed,) = job(place, problem_lists.collect_village_lists, villages=[{"code": "V05", "name": "柏树村"}])["village_lists"]
    change(place, Problem, closure_note="需镇级专项资金")
    subject = f"list:{listed['number']}"
    first = task("village_problem_list", subject=subject, role="village_secretary:V05")
    page = filled.prepared(place, first)
    assert page.data["changes"] == [{"figure": f"{number} 无法整改的原因", "before": "村级无维修资金", "now": "需镇级专项资金"}]
    filled.send(place, first, _signs, actor=PARTY)
    signed = {form: made(place, "problem_list", form, listed["number"]) for form in ("docx", "pdf")}
    at("2020-06-03T08:00:00+08:00")
    change(place, Problem, closure_note="已由第二人复核销号", text="改写", head="改名")
    assert {form: made(place, "problem_list", form, listed["number"]) for form in signed} == signed
    assert "需镇级专项资金" in word_text(signed["docx"])
    captain = task("village_problem_list", subject=subject, role="resident_captain:V05")
    page = filled.prepared(place, captain)
    assert page.data["problems"][0]["reason"] == "需镇级专项资金"
    assert [row["now"] for row in page.data["changes"]] == ["改写", "已由第二人复核销号"]
    filled.send(place, captain, _signs, actor=MAYOR)
    assert "需镇级专项资金" in word_text(made(place, "problem_list", "docx", listed["number"]))
    with place.reading() as session:
        assert len({row.content_hash for row in session.scalars(select(Signature))}) == 1


def test_rows_of_a_list_that_is_signed_cannot_be_left_out(place: Database, number: str) -> None:
    job(place, problem_lists.list_problem, problem={"number": number})
    work = task("village_problem_list", subject="list:V05-清单01", role="village_secretary:V05")
    now = filled.prepared(place, work)
    form = schema.load(filled.FILES["village_problem_list.form"])
    page = {**page_of(place, work), "problems": []}
    _signs(page)
    outcome = validation.validate(form, page, context=now.context, locked={}, decide=filled.decide, initial=now.data)
    assert "problems" in outcome.errors
    del page["problems"]
    outcome = validation.validate(form, page, context=now.context, locked={}, decide=filled.decide, initial=now.data)
    assert outcome.ok
    assert outcome.data["problems"] == now.data["problems"], "who sends none of them signs them all the same"


def test_an_issued_notice_does_not_grow_and_its_receipt_is_a_page_of_its_own(place: Database, number: str, at: At) -> None:
    job(place, notices.issue_notice, problem={"number": number}, person="", reply_due="2020-05-30T18:00:00+08:00")
    with place.reading() as session:
        issued = session.scalars(select(Notice)).one().number
    before = {form: made(place, "notice", form, issued) for form in ("docx", "pdf")}
    at("2020-05-30T09:00:00+08:00")
    job(place, notices.remind_notice, notice_number=issued)
    change(place, Notice, received_by="cadre", received_at=clock.now(), reply="已整改到位", replied_by="cadre", replied_at=clock.now())
    change(place, Problem, text="改写", deadline=clock.now(), head="改名")
    change(place, Village, name="改名村")
    assert {form: made(place, "notice", form, issued) for form in before} == before
    assert "已整改到位" not in word_text(before["docx"])
    receipt = pdf_text(made(place, "notice_receipt", "pdf", issued)).replace("\n", "")
    for words in ("已整改到位", "1次，最近一次2020年5月30日09:00", "签收时间：2020年5月30日09:00"):
        assert words in receipt
    with place.reading() as session:
        assert making.make(session, COMMANDER, "notice_receipt", "docx", issued) is not None


def test_a_closed_day_keeps_the_names_of_then(place: Database, number: str) -> None:
    change(place, Problem, dimension="three_guarantees.housing")
    job(place, ledgers.freeze_ledger, day="2020-05-29")
    job(place, day_progress.snapshot_progress, day="2020-05-29")
    kinds = ("ledger", "rectification_list", "daily_progress")
    before = {kind: cells(made(place, kind, "xlsx", "2020-05-29")) for kind in kinds}
    change(place, Village, name="改名村")
    change(place, CodeItem, label_zh="改名")
    change(place, WorkGroup, name="改名组")
    assert {kind: cells(made(place, kind, "xlsx", "2020-05-29")) for kind in kinds} == before


def test_an_approved_household_form_is_printed_with_the_words_of_then(place: Database, at: At) -> None:
    """Labels of a newer form, code lists, names and groups that change later do not reach a form that was filled in and approved."""
    code = filled.home(place)
    filled.send(place, filled.form_task(code), filled.visited)
    review = filled.task("rereview", f"household:{code}", properties={"stage": "rereviewed"})
    at("2020-05-27T09:00:00+08:00")
    filled.send(place, review, lambda data: data.update(decision="approve"))
    kinds = (("household_form", "pdf"), ("app_entry", "xlsx"))
    before = {
        kind: pdf_text(made(place, kind, form, code)) if form == "pdf" else cells(made(place, kind, form, code)) for kind, form in kinds
    }
    newer = (
        filled.FILES["household_registered.form"]
        .replace("户主姓名".encode(), "改名指标".encode())
        .replace("砖混".encode(), "改名选项".encode())
    )
    assert newer != filled.FILES["household_registered.form"]
    place.in_transaction(lambda session: definitions.deploy(session, {"household_registered.form": newer}, CLI, now=clock.now()))
    change(place, Village, name="改名村")
    change(place, CodeItem, label_zh="改名")
    change(place, Household, head="改名户主", reviewed_at=None)
    at("2020-06-02T09:00:00+08:00")
    after = {
        kind: pdf_text(made(place, kind, form, code)) if form == "pdf" else cells(made(place, kind, form, code)) for kind, form in kinds
    }
    assert after == before and "改名" not in str(after)
    with place.reading() as session:
        paper = session.scalars(select(Paper).where(Paper.kind == "household_form")).one()
    assert world.ID_NUMBER not in str(paper.content), "answers stay in the submission, encrypted"


def test_nothing_is_left_of_a_paper_whose_contents_were_erased(place: Database, number: str) -> None:
    job(place, notices.issue_notice, problem={"number": number}, person="", reply_due="2020-05-30T18:00:00+08:00")
    steps = [step for kinds, step in getattr(erasing, "_steps") if "persons" in kinds]  # noqa: B009
    place.in_transaction(lambda session: [step(session, CAMPAIGN, 0) for step in steps])
    with place.reading() as session:
        paper = session.scalars(select(Paper)).one()
        assert paper.content == {}
        assert frozen.newest(session, CAMPAIGN, "notice", paper.subject) is None


def test_a_changed_household_voids_the_signatures_of_its_village(place: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """R12: the message goes to the diagram when what the paper states of households is no longer so."""
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(signature_forms.messages, "publish", lambda _s, _c, name, code, **_more: sent.append((name, code)))
    code = filled.home(place)
    filled.send(place, filled.form_task(code), filled.visited)
    assert sent == []
    village_form(place)
    sign(place, "village", PARTY, "principal_party")
    filled.send(place, filled.form_task(code), filled.visited)
    assert sent == [], "nothing that the paper states has changed"

    def poorer(data: dict[str, Any]) -> None:
        filled.visited(data)
        data["satisfaction"] = {"score": 3}

    filled.send(place, filled.form_task(code), poorer)
    assert sent == [("village_changed", "V05")]


def test_a_paper_from_before_is_printed_as_its_rows_say(place: Database) -> None:
    """Reports of the release before keep their words."""
    old = Report(campaign_id=CAMPAIGN, kind="village_report", scope="V05", day=clock.local(clock.now()).date(), made_at=clock.now())
    old.content = {"achievements": "全村60户。"}
    place.in_transaction(lambda session: session.add(old))
    assert "全村60户。" in word_text(made(place, "village_report", "docx", "V05", CADRE))
