"""The village's self-check report (R51, R52) and the report of the spot check (R53)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.auth import Identity
from app.campaign import visibility
from app.campaign.documents import frozen, phrases, village_figures
from app.campaign.documents.content import Document, Live
from app.campaign.documents.village_documents import signatures
from app.campaign.models import Campaign, Report, Village

_NUMERALS = "一二三四五六七八九十"


def village_report(session: Session, who: Identity, about: str) -> Document | None:
    """自查评估报告 as it was signed; before that as it was drafted or edited last, with the figures as they are now."""
    live = live_village_report(session, who.campaign_id, about) if visibility.sees_village(who, about) else None
    if live is None:
        return None
    return frozen.as_kept(session, who.campaign_id, "village_report", f"village:{about}", live.document, form=live.form)


def live_village_report(session: Session, campaign_id: int, code: str) -> Live | None:
    """What the village's report would state if it were signed now; None before there is a draft."""
    place = session.scalar(select(Village).where(Village.campaign_id == campaign_id, Village.code == code))
    report = newest(session, campaign_id, "village_report", code)
    if place is None or report is None:
        return None
    content, now = _counted(session, report), clock.now()
    campaign = session.get_one(Campaign, campaign_id)
    words = {
        "活动名称": campaign.name,
        "村名": place.name,
        "报送机关": f"{campaign.place}扶贫办",
        "成文日期": phrases.day(now) if "figures" in content else _written_on(report),
        "数据截至": phrases.moment(now if "figures" in content else report.made_at),
        "成效": _part(content, "achievements"),
        "主要问题": _part(content, "main_problems"),
        "立行立改": _part(content, "rectified_at_once"),
        "下步打算": _part(content, "next_steps"),
        "重点任务": [_task(number, task) for number, task in enumerate(content.get("tasks") or [])],
        **signatures(session, campaign_id, f"village:{code}", "village_report", ("resident_leader",)),
    }
    document = Document(f"自查评估报告_{place.name}", f"village:{code}", words=words, detail={"state": report.state})
    return Live(document, content, report.submission_key)


def _counted(session: Session, report: Report) -> dict[str, Any]:
    """A report's content with its figures and the sentences made of them as they are now (``counted``), beside the village's own words.

    One from before figures were kept apart is what it is.
    """
    content = dict(report.content)
    if "figures" not in content and "counted" not in content:
        return content
    found = village_figures.figures(session, report.campaign_id, report.scope)
    made = village_figures.sentences(found)
    own = content if report.submission_key is not None else {}
    texts = {str(task.get("name")): task.get("text") for task in own.get("tasks") or []}
    tasks = [{"name": task["name"], "counted": task["text"], "text": texts.get(task["name"])} for task in made.pop("tasks")]
    kept = {name: own.get(name) for name in made}
    return {
        "village": content.get("village"),
        "date": content.get("date"),
        "counted": made,
        **kept,
        "tasks": tasks,
        "figures": found,
        "drawn": content.get("figures"),
    }


def _part(content: dict[str, Any], name: str) -> list[str]:
    """What was counted, then what the village says itself."""
    return [*phrases.paragraphs((content.get("counted") or {}).get(name)), *phrases.paragraphs(content.get(name))]


def _task(number: int, task: dict[str, Any]) -> dict[str, str]:
    numeral = _NUMERALS[number] if number < len(_NUMERALS) else str(number + 1)
    said = "".join(phrases.clean(task.get(name)) for name in ("counted", "text"))
    return {"序号": numeral, "名称": phrases.clean(task.get("name")), "情况": said or "（未填写）"}


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
    """抽查验收报告 as it was finished; before that as it stands. Error rates over the sample; villages are not ranked (R54)."""
    live = live_spot_check_report(session, who.campaign_id)
    if live is None:
        return None
    return frozen.as_kept(session, who.campaign_id, "spot_check_report", live.document.subject, live.document, form=live.form)


def live_spot_check_report(session: Session, campaign_id: int) -> Live | None:
    """What the report would state if it were finished now."""
    report = newest(session, campaign_id, "spot_check_report", "")
    if report is None:
        return None
    campaign = session.get_one(Campaign, campaign_id)
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
        **signatures(session, campaign_id, f"campaign:{campaign_id}", "spot_check_report", ("spot_checker",)),
    }
    document = Document("抽查验收报告", f"campaign:{campaign_id}", words=words, detail={"state": report.state})
    return Live(document, dict(content), report.submission_key)
