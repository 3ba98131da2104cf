"""The village's self-check report (R51, R52) and the report of the spot check (R53)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.auth import Identity
from app.campaign import visibility
from app.campaign.documents import phrases
from app.campaign.documents.content import Document
from app.campaign.documents.village_documents import signatures
from app.campaign.models import Campaign, Report, Village

_NUMERALS = "一二三四五六七八九十"


def village_report(session: Session, who: Identity, about: str) -> Document | None:
    """自查评估报告 as it was drafted or edited last; None before there is a draft."""
    if not visibility.sees_village(who, about):
        return None
    place = session.scalar(select(Village).where(Village.campaign_id == who.campaign_id, Village.code == about))
    report = newest(session, who.campaign_id, "village_report", about)
    if place is None or report is None:
        return None
    campaign = session.get_one(Campaign, who.campaign_id)
    content = report.content
    tasks = content.get("tasks") or []
    words = {
        "活动名称": campaign.name,
        "村名": place.name,
        "报送机关": f"{campaign.place}扶贫办",
        "成文日期": _written_on(report),
        "成效": phrases.paragraphs(content.get("achievements")),
        "主要问题": phrases.paragraphs(content.get("main_problems")),
        "立行立改": phrases.paragraphs(content.get("rectified_at_once")),
        "下步打算": phrases.paragraphs(content.get("next_steps")),
        "重点任务": [_task(number, task) for number, task in enumerate(tasks)],
        "签字栏": signatures(session, who.campaign_id, f"village:{about}", "village_report", ("resident_leader",)),
    }
    return Document(f"自查评估报告_{place.name}", f"village:{about}", words=words, detail={"state": report.state})


def _task(number: int, task: dict[str, Any]) -> dict[str, str]:
    numeral = _NUMERALS[number] if number < len(_NUMERALS) else str(number + 1)
    return {"序号": numeral, "名称": phrases.clean(task.get("name")), "情况": phrases.clean(task.get("text")) or "（未填写）"}


def _written_on(report: Report) -> str:
    """The date that the report gives itself, otherwise the day it was made."""
    given = str(report.content.get("date") or "")[:10]
    return (
        phrases.day(clock.local(report.made_at)) if len(given) != 10 else "{}年{}月{}日".format(*(int(part) for part in given.split("-")))
    )


def newest(session: Session, campaign_id: int, kind: str, scope: str) -> Report | None:
    """The newest report of this kind."""
    query = select(Report).where(Report.campaign_id == campaign_id, Report.kind == kind, Report.scope == scope)
    return session.scalar(query.order_by(Report.day.desc(), Report.key.desc()).limit(1))


def spot_check_report(session: Session, who: Identity, _about: str) -> Document | None:
    """抽查验收报告: error rates over the sample; villages are not ranked (R54)."""
    report = newest(session, who.campaign_id, "spot_check_report", "")
    if report is None:
        return None
    campaign = session.get_one(Campaign, who.campaign_id)
    content, sample = report.content, report.content.get("sample") or {}
    fields, wrong = sample.get("fields_checked") or 0, sample.get("fields_wrong") or 0
    result = {"pass": "验收结论：通过。", "rework": "验收结论：整改后通过。", "fail": "验收结论：不通过。"}.get(
        str(content.get("result")), ""
    )
    words = {
        "活动名称": campaign.name,
        "村名": campaign.place,
        "报送机关": campaign.organisation,
        "成文日期": _written_on(report),
        "开展情况": phrases.paragraphs(content.get("overview")),
        "主要问题": phrases.paragraphs(content.get("findings")),
        "验收结论": [*phrases.paragraphs(content.get("conclusion")), *([result] if result else [])],
        "意见建议": phrases.paragraphs(content.get("advice")),
        "抽取户数": str(sample.get("drawn", "")),
        "已查户数": str(sample.get("checked", "")),
        "核对指标": str(fields),
        "差错指标": str(wrong),
        "差错率": f"{100 * wrong / fields:.2f}%" if fields else "0%",
        "抽样种子": str(sample.get("seed", "")),
        "签字栏": signatures(session, who.campaign_id, f"campaign:{who.campaign_id}", "spot_check_report", ("spot_checker",)),
    }
    return Document("抽查验收报告", f"campaign:{who.campaign_id}", words=words, detail={"state": report.state})
