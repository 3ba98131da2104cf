"""The ledger of problems and the list of rectifications (R16), the supervision notice (R48), the village's list (R45)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app import clock
from app.auth import Identity
from app.campaign import people, visibility
from app.campaign.documents import disclosure, frozen, phrases
from app.campaign.documents.content import Column, Document, Live, Sheet
from app.campaign.documents.village_documents import signatures
from app.campaign.models import Campaign, LedgerDay, LedgerEntry, Notice, Problem, ProblemList, Village

#: who signs a village's list
LIST_SIGNERS = ("village_secretary", "resident_captain")

_STATES = {"open": "整改中", "rectified": "待复核销号", "closed": "已销号", "decided": "已审定"}
_KINDS = {
    "ledgers_differ": "账账不相符",
    "ledger_differs_from_fact": "账实不相符",
    "missed_risk": "漏评风险",
    "shortfall": "标准未达",
    "other": "其他",
}
_RUNGS = {1: "一级（即知即改）", 2: "二级（专人整改）", 3: "三级（领导审定）"}

#: what both tables show of a problem; the ledger's snapshots hold the same names
_FIELDS = (
    *("number", "village", "household", "head", "field_label", "dimension", "kind", "text", "rung", "state", "deadline", "responsible"),
    *("measure", "raised_by", "raised_at", "rectified_by", "rectified_at", "rectification", "closed_by", "closed_at", "decision", "notice"),
)


def ledger(session: Session, who: Identity, about: str) -> Document | None:
    """问题台账: as the day was frozen, or as it stands now."""
    found = _lines(session, who, about)
    if found is None:
        return None
    lead, stem, rows, words = found
    columns = (
        *(Column("序号", 5, "center"), Column("问题编号", 11), Column("村（社区）", 10), Column("户编号", 12), Column("户主", 8)),
        *(Column("问题类别", 15), Column("性质", 11), Column("问题描述", 36), Column("发现时间", 11), Column("层级", 15)),
        *(Column("责任人", 9), Column("整改时限", 11), Column("状态", 10), Column("督办文号", 16)),
    )
    table = [
        (
            *(number, row["number"], words.village(row), row["household"], row["head"], words.dimension(row), _KINDS.get(row["kind"], "")),
            *(
                row["text"],
                phrases.short(row["raised_at"]),
                _RUNGS.get(row["rung"], ""),
                words.person(row, "responsible") or "村（社区）干部",
            ),
            *(phrases.short(row["deadline"]), _STATES.get(row["state"], ""), row["notice"]),
        )
        for number, row in enumerate(rows, start=1)
    ]
    sheet = Sheet("问题台账", "脱贫攻坚自查评估问题台账", columns, table, lead=lead, notes=(_tally(rows),))
    return Document(f"问题台账_{stem}", f"campaign:{who.campaign_id}", sheets=(sheet,), detail={"problems": len(rows), "day": about})


def rectification_list(session: Session, who: Identity, about: str) -> Document | None:
    """整改清单: who mends what until when, and what was done."""
    found = _lines(session, who, about)
    if found is None:
        return None
    lead, stem, rows, words = found
    columns = (
        *(Column("序号", 5, "center"), Column("问题编号", 11), Column("村（社区）", 10), Column("户主", 8), Column("问题描述", 30)),
        *(Column("整改措施", 22), Column("责任人", 9), Column("整改时限", 11), Column("整改情况", 28), Column("整改人", 9)),
        *(Column("整改时间", 11), Column("销号人", 9), Column("销号时间", 11), Column("状态", 10)),
    )
    table = [
        (
            *(number, row["number"], words.village(row), row["head"], row["text"], row["measure"]),
            *(
                words.person(row, "responsible") or "村（社区）干部",
                phrases.short(row["deadline"]),
                row["rectification"] or row["decision"],
            ),
            *(words.person(row, "rectified_by"), phrases.short(row["rectified_at"]), words.person(row, "closed_by")),
            *(phrases.short(row["closed_at"]), _STATES.get(row["state"], "")),
        )
        for number, row in enumerate(rows, start=1)
    ]
    sheet = Sheet(
        "整改清单",
        "脱贫攻坚自查评估整改清单",
        columns,
        table,
        lead=lead,
        notes=(_tally(rows), "销号须有佐证材料，由整改人以外的第二人复核。"),
    )
    return Document(f"整改清单_{stem}", f"campaign:{who.campaign_id}", sheets=(sheet,), detail={"problems": len(rows), "day": about})


def names_of(session: Session, campaign_id: int, rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """What the codes of many problems are called now: ``{"villages": {code: name}, "dimensions": …, "people": …}``."""
    acted = (str(row[name]) for row in rows for name in ("responsible", "rectified_by", "closed_by") if row.get(name))
    villages = select(Village.code, Village.name).where(Village.campaign_id == campaign_id)
    return {
        "villages": dict(session.execute(villages).all()),
        "dimensions": disclosure.code_lists(session, campaign_id).get("dimensions", {}),
        "people": people.names(session, acted),
    }


class _Words:
    """Names for the codes of many problems, read once."""

    def __init__(self, names: Mapping[str, Mapping[str, str]]) -> None:
        self.villages, self.dimensions, self.names = names["villages"], names["dimensions"], names["people"]

    def village(self, row: Mapping[str, Any]) -> str:
        return self.villages.get(str(row["village"]), str(row["village"]))

    def dimension(self, row: Mapping[str, Any]) -> str:
        return self.dimensions.get(str(row["dimension"]), str(row["dimension"]))

    def person(self, row: Mapping[str, Any], name: str) -> str:
        return self.names.get(str(row[name]), str(row[name]))


def _lines(session: Session, who: Identity, about: str) -> tuple[str, str, list[dict[str, Any]], _Words] | None:
    """(line under the title, part of the file name, problems, names); None for a day that was not frozen."""
    if about:
        day = _date(about)
        closed = session.scalar(select(LedgerDay).where(LedgerDay.campaign_id == who.campaign_id, LedgerDay.day == day)) if day else None
        if closed is None:
            return None
        rows = _frozen(session, who, closed.day)
        lead = f"{phrases.day(closed.day)}  第{closed.number}期  定格时间：{phrases.moment(closed.frozen_at)}  共{len(rows)}项"
        kept = frozen.newest(session, who.campaign_id, "ledger", f"day:{closed.day}")
        return lead, closed.day.isoformat(), rows, _Words(kept.data if kept else names_of(session, who.campaign_id, rows))
    found = session.scalars(visibility.problems_open_to(who).order_by(Problem.village, Problem.number))
    rows = [{name: getattr(row, name) for name in _FIELDS} for row in found]
    now = clock.now()
    lead = f"统计时间：{phrases.moment(now)}  共{len(rows)}项"
    return lead, f"{clock.local(now):%Y-%m-%d_%H%M}", rows, _Words(names_of(session, who.campaign_id, rows))


def _frozen(session: Session, who: Identity, day: date) -> list[dict[str, Any]]:
    visible = visibility.problems_open_to(who).with_only_columns(Problem.number)
    query = select(LedgerEntry.snapshot).where(
        LedgerEntry.campaign_id == who.campaign_id, LedgerEntry.day == day, LedgerEntry.problem.in_(visible)
    )
    return [{name: kept.get(name) or "" for name in _FIELDS} for kept in session.scalars(query.order_by(LedgerEntry.line))]


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _tally(rows: Iterable[Mapping[str, Any]]) -> str:
    counted = dict.fromkeys(_STATES, 0)
    for row in rows:
        counted[row["state"]] = counted.get(row["state"], 0) + 1
    return "合计：" + "，".join(f"{_STATES.get(state, state)}{count}项" for state, count in counted.items())


def notice(session: Session, who: Identity, about: str) -> Document | None:
    """督办通知 as it was issued, for the town, the village it is about and the person it names."""
    row = notice_open_to(session, who, about) if about else None
    if row is None:
        return None
    return frozen.as_kept(session, who.campaign_id, "notice", f"notice:{row.number}", live_notice(session, row))


def notice_open_to(session: Session, who: Identity, number: str) -> Notice | None:
    """The notice, if this user sees it; no number: the newest of those."""
    own = or_(Notice.village.in_(visibility.scopes(who, visibility.VILLAGE)), Notice.addressee == who.assignee)
    query = select(Notice).where(Notice.campaign_id == who.campaign_id, *([Notice.number == number] if number else []))
    return session.scalar((query if who.has(*visibility.TOWN) else query.where(own)).order_by(Notice.key.desc()).limit(1))


def live_notice(session: Session, row: Notice) -> Document:
    """What a notice states when it is issued."""
    campaign = session.get_one(Campaign, row.campaign_id)
    village = village_name(session, row.campaign_id, row.village)
    names = people.names(session, [row.addressee])
    number = phrases.hexagonal(row.number)
    words = {
        **_head(campaign, village, row.issued_at),
        "发文机关": f"{campaign.place}扶贫办",
        "发文字号": number,
        "主送": f"{village}（责任人：{names.get(row.addressee, row.addressee)}）" if row.addressee else village,
        "印发日期": phrases.day(row.issued_at),
        "问题清单": _problems(session, row.campaign_id, row.problems, row.text),
        "回复时限": phrases.moment(row.reply_due_at) or "规定时限",
        # For templates of an office from before: what came later stands in the receipt (``notice_receipt``).
        "签收": phrases.TO_SIGN,
        "回复": "",
        "催办": "",
    }
    subject = f"problem:{row.problems[0]}" if row.problems else f"village:{row.village}"
    return Document(f"督办通知_{number}", subject, words=words, detail={"number": row.number, "problems": len(row.problems)})


def notice_receipt(session: Session, who: Identity, about: str) -> Document | None:
    """督办通知回执: who received the notice and when, the reply, the reminders, as they stand now."""
    row = notice_open_to(session, who, about)
    if row is None:
        return None
    names = people.names(session, [row.addressee, row.received_by, row.replied_by])
    number, village = phrases.hexagonal(row.number), village_name(session, row.campaign_id, row.village)
    words = {
        **_head(session.get_one(Campaign, row.campaign_id), village, clock.now()),
        "发文字号": number,
        "下达时间": phrases.moment(row.issued_at),
        "责任人": names.get(row.addressee, row.addressee) or "村（社区）干部",
        "回复时限": phrases.moment(row.reply_due_at) or "规定时限",
        "签收人": names.get(row.received_by, row.received_by) or "（未签收）",
        "签收时间": phrases.moment(row.received_at),
        "回复人": names.get(row.replied_by, row.replied_by) or "（未回复）",
        "回复时间": phrases.moment(row.replied_at),
        "回复": phrases.paragraphs(row.reply),
        "催办": f"{row.reminders}次，最近一次{phrases.moment(row.reminded_at)}" if row.reminders else "无",
    }
    return Document(f"督办通知回执_{number}", f"village:{row.village}", words=words, detail={"number": row.number})


def village_name(session: Session, campaign_id: int, code: str) -> str:
    query = select(Village.name).where(Village.campaign_id == campaign_id, Village.code == code)
    return session.scalar(query) or code


def _head(campaign: Campaign, village: str, at: datetime | date) -> dict[str, Any]:
    return {"活动名称": campaign.name, "村名": village, "成文日期": phrases.day(at), "报送机关": f"{campaign.place}扶贫办"}


def _problems(session: Session, campaign_id: int, numbers: list[str], fallback: str = "") -> list[dict[str, str]]:
    """The problems of a notice or list, in its order; what could not be read any more is said by its own text."""
    rows = session.scalars(select(Problem).where(Problem.campaign_id == campaign_id, Problem.number.in_(numbers)))
    by_number = {row.number: row for row in rows}
    dimensions = disclosure.code_lists(session, campaign_id).get("dimensions", {})
    made = []
    for place, number in enumerate(numbers, start=1):
        row = by_number.get(number)
        made.append(
            {
                "序号": str(place),
                "编号": number,
                "对象": " ".join(part for part in (row.household, row.head) if part) or "全村" if row else "",
                "类别": dimensions.get(row.dimension, row.dimension) if row else "",
                "内容": row.text if row else fallback,
                "时限": phrases.moment(row.deadline) or "待定" if row else "",
                "原因": row.closure_note if row else "",
            }
        )
    return made


def problem_list(session: Session, who: Identity, about: str) -> Document | None:
    """村问题清单 as it was signed; before that as it stands now."""
    row = session.scalar(select(ProblemList).where(ProblemList.campaign_id == who.campaign_id, ProblemList.number == about))
    if row is None or not visibility.sees_village(who, row.village):
        return None
    made = frozen.as_kept(session, who.campaign_id, "problem_list", f"list:{row.number}", live_problem_list(session, row).document)
    # When it was reported is no part of what was signed, and is known once.
    return replace(made, words={**made.words, "报出时间": phrases.moment(row.sent_at) or "（未报出）"})


def live_problem_list(session: Session, row: ProblemList) -> Live:
    """What a village's list would state if it were signed now, with lines for its secretary and the resident team's captain."""
    campaign = session.get_one(Campaign, row.campaign_id)
    listed = _problems(session, row.campaign_id, row.problems)
    words = {
        **_head(campaign, village_name(session, row.campaign_id, row.village), row.drawn_up_at),
        "清单编号": row.number,
        "问题清单": listed,
        **signatures(session, row.campaign_id, f"list:{row.number}", "village_problem_list", LIST_SIGNERS),
    }
    document = Document(f"村问题清单_{row.number}", f"list:{row.number}", words=words, detail={"problems": len(row.problems)})
    return Live(document, {"problems": listed})
