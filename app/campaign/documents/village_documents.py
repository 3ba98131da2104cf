"""The village form (R11, R12, R38) and the check of the nine documents of each household (R56)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.auth import Identity
from app.campaign import listing, people, totals, visibility
from app.campaign.documents import disclosure, form_words, frozen, phrases
from app.campaign.documents.content import Column, Document, Live, Section, Sheet
from app.campaign.models import Campaign, CodeItem, Household, Signature, Village
from app.engine import definitions
from app.forms import schema, submissions
from app.forms.instances import settle, walk
from app.forms.models import Submission

#: R12: both principals sign the village form
_PRINCIPALS = ("principal_party", "principal_gov")
STATES = {
    "waiting": "等待分户数据",
    "open": "可以填写",
    "returned": "已退回",
    "filled": "已填写",
    "reviewed": "自查组已复核",
    "signed": "两位领导已签字",
    "town_approved": "镇扶贫办已审核",
    "county_sent": "已报县普查办",
    "county_accepted": "县已反馈通过",
    "entered": "已录入",
}
_STATUS = {"have": "√", "missing": "×", "not_applicable": "—"}


def village_form(session: Session, who: Identity, about: str) -> Document | None:
    """村表 as it was signed; before that as it was filled last, or with what is known, and the totals as they are now."""
    if not visibility.sees_village(who, about):
        return None
    subject = f"village:{about}"
    # Signed before papers were kept: it says what was filled in then.
    signed_before = any(signatures(session, who.campaign_id, subject, "village_form", _PRINCIPALS)["签字号"])
    live = live_village_form(session, who.campaign_id, about, count=not signed_before)
    if live is None:
        return None
    made = frozen.as_kept(session, who.campaign_id, "village_form", subject, live.document, form=live.form)
    signed = [f"{line['职务']}  {line['签字']}" for line in made.words["签字栏"]]
    return replace(made, sheets=[replace(sheet, notes=(*sheet.notes, *signed)) for sheet in made.sheets])


def live_village_form(session: Session, campaign_id: int, code: str, *, count: bool = True) -> Live | None:
    """What the village form would state if it were signed now. ``count`` False: with the totals as they were filled in."""
    place = session.scalar(select(Village).where(Village.campaign_id == campaign_id, Village.code == code))
    filled = _filled(session, place) if place is not None else None
    if place is None or filled is None:
        return None
    form, data, submission = filled
    if count or submission is None:
        data["totals"] = totals.village(session, campaign_id, code)
        settle(walk(form, data), data, data)  # what the form computes of them
    sections = form_words.sections(form, data, disclosure.code_lists(session, campaign_id))
    return Live(_village_form(session, place, sections), data, submission)


def _village_form(session: Session, place: Village, sections: Sequence[Section]) -> Document:
    campaign = session.get_one(Campaign, place.campaign_id)
    lines = signatures(session, place.campaign_id, f"village:{place.code}", "village_form", _PRINCIPALS)
    state = STATES.get(place.form_stage, place.form_stage)
    words = {
        "活动名称": campaign.name,
        "村名": place.name,
        "成文日期": phrases.day(clock.now()),
        "状态": state,
        "栏目": [{"名称": section.title, "行": _side_by_side(section.pairs)} for section in sections],
        **lines,
    }
    rows = [(number, *line) for number, line in enumerate(_flat(sections), start=1)]
    sheet = Sheet(
        name=place.name,
        title=f"{place.name}自查评估表（村表）",
        lead=f"{campaign.name}  村编码：{place.code}  状态：{state}",
        columns=(Column("序号", 6, "center"), Column("栏目", 26), Column("指标", 30), Column("数值", 28)),
        rows=rows,
        notes=("分户汇总由户表自动汇总，不得手工修改。",),
        landscape=False,
    )
    return Document(f"村表_{place.name}", f"village:{place.code}", sheets=(sheet,), words=words)


def _filled(session: Session, place: Village) -> tuple[schema.Form, dict[str, Any], int | None] | None:
    """The form, its answers and the submission they come from."""
    last = submissions.latest(session, place.campaign_id, "village", f"village:{place.code}")
    if last is not None:
        return submissions.form_of(session, last), submissions.data_of(session, last), last.key
    deployed = definitions.newest(session, "form", "village")
    if deployed is None:
        return None
    return schema.load(deployed.content), {**place.facts, "code": place.code, "name": place.name}, None


def _side_by_side(pairs: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Two labelled values in each row of the form."""
    whole = [*pairs, ("", "")] if len(pairs) % 2 else list(pairs)
    return [{"左": left[0], "左值": left[1], "右": right[0], "右值": right[1]} for left, right in zip(whole[::2], whole[1::2], strict=True)]


def _flat(sections: Sequence[Section]) -> list[tuple[str, str, str]]:
    return [(section.title, label, value) for section in sections for label, value in section.pairs]


def signatures(session: Session, campaign_id: int, subject: str, document: str, roles: Sequence[str]) -> dict[str, list[Any]]:
    """What stands on the lines to sign of a document (签字栏), and the keys of the signatures that count (签字号)."""
    query = select(Signature).where(Signature.campaign_id == campaign_id, Signature.subject == subject, Signature.document == document)
    rows = session.scalars(query.order_by(Signature.key)).all()
    names = people.names(session, [name for row in rows for name in (row.signer, row.on_behalf_of)])
    keys = [str(row.key) if row and row.voided_at is None else "" for row in phrases.newest_of_roles(rows, roles)]
    return {"签字栏": phrases.signature_lines(rows, roles, names), "签字号": keys}


def nine_documents(session: Session, who: Identity, about: str) -> Document | None:
    """九种资料核查情况表 of a village, or of all households that this user sees: an overview and the single lines."""
    query = visibility.households_open_to(who).where(Household.kind == "registered").order_by(Household.village, Household.code)
    homes = session.scalars(query.where(Household.village == about) if about else query).all()
    villages = listing.village_names(session, who)
    if about and (about not in villages or not homes):
        return None
    names = _document_names(session, who.campaign_id)
    answers = _answers(session, who.campaign_id, {home.village for home in homes})
    place = villages[about] if about else "全部"
    checked = sum(f"household:{home.code}" in answers for home in homes)
    lead = f"{place}  建档立卡户{len(homes)}户，已核查{checked}户  统计时间：{phrases.moment(clock.now())}"
    title = "贫困户“九种资料”核查情况表"
    overview = Sheet(
        "核查情况", title, _overview_columns(names), _overview(homes, villages, names, answers), lead, ("√有　×缺　—不适用　空白为未核查",)
    )
    detail = Sheet("明细", f"{title}（明细）", _DETAIL, _detail(homes, villages, answers), lead)
    return Document(
        f"九种资料核查情况表_{place}", f"village:{about}" if about else "", (overview, detail), detail={"households": len(homes)}
    )


def _document_names(session: Session, campaign_id: int) -> dict[str, str]:
    query = select(CodeItem.code, CodeItem.label_zh).where(CodeItem.campaign_id == campaign_id, CodeItem.list == "nine_documents")
    return dict(session.execute(query.where(CodeItem.active).order_by(CodeItem.position)).all())


def _answers(session: Session, campaign_id: int, villages: set[str]) -> dict[str, list[dict[str, Any]]]:
    """Subject → the lines of its newest check; one statement for each village."""
    rows: list[Submission] = []
    for village in sorted(villages):
        rows += submissions.latest_of_scope(session, campaign_id, "nine_documents", village)
    return {row.subject: row.data.get("documents") or [] for row in rows}


def _overview_columns(names: Mapping[str, str]) -> tuple[Column, ...]:
    first = Column("序号", 5, "center"), Column("村（社区）", 10), Column("组", 5, "center"), Column("户编号", 13), Column("户主", 9)
    return (*first, *(Column(name, 9, "center") for name in names.values()), Column("缺项", 6, "center"), Column("不一致或未签字", 22))


def _overview(
    homes: Sequence[Household], villages: Mapping[str, str], names: Mapping[str, str], answers: Mapping[str, list[dict[str, Any]]]
) -> list[tuple[Any, ...]]:
    rows = []
    for number, home in enumerate(homes, start=1):
        lines = answers.get(f"household:{home.code}", [])
        marks = {str(line.get("code") or line.get("name")): line for line in lines}
        found = [marks.get(code) or marks.get(name) or {} for code, name in names.items()]
        missing = sum(line.get("status") == "missing" for line in lines) if lines else None
        wrong = "、".join(phrases.clean(line.get("name")) for line in lines if "no" in (line.get("consistent"), line.get("signed")))
        first = number, villages.get(home.village, home.village), home.group_no, home.code, home.head
        rows.append((*first, *(_STATUS.get(str(line.get("status")), "") for line in found), missing, wrong))
    return rows


_DETAIL = (
    *(Column("村（社区）", 10), Column("户编号", 13), Column("户主", 9), Column("资料名称", 22), Column("有无", 8, "center")),
    *(Column("一致", 7, "center"), Column("签字齐全", 9, "center"), Column("资料日期", 12), Column("备注", 30)),
)


def _detail(homes: Sequence[Household], villages: Mapping[str, str], answers: Mapping[str, list[dict[str, Any]]]) -> list[tuple[Any, ...]]:
    words = {"have": "有", "missing": "缺", "not_applicable": "不适用"}
    return [
        (
            *(villages.get(home.village, home.village), home.code, home.head, line.get("name"), words.get(str(line.get("status")), "")),
            *(phrases.yes_no(line.get("consistent")), phrases.yes_no(line.get("signed")), line.get("date"), line.get("remark")),
        )
        for home in homes
        for line in answers.get(f"household:{home.code}", [])
    ]
