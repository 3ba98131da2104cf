"""The table of seconded staff (附件1, R56) and the route list with the village's guides (R39)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, personal
from app.auth import Identity
from app.auth.roles import label as role_label
from app.campaign import listing, people, visibility
from app.campaign.documents.content import Column, Document, Sheet
from app.campaign.models import Campaign, Guide, Household, Staff, WorkGroup

_KINDS = {"registered": "贫困户", "key_general": "重点户"}


def staff(session: Session, who: Identity, _about: str) -> Document | None:
    """人员选调统计表; telephone numbers are whole for the office only. Leaders and instructors get their groups' people."""
    query = select(Staff).where(Staff.campaign_id == who.campaign_id).order_by(Staff.work_group, Staff.unit, Staff.name)
    if not who.has(*visibility.TOWN):
        query = query.where(Staff.work_group.in_(visibility.scopes(who, visibility.GROUP)))
    rows = session.scalars(query).all()
    villages, groups = listing.village_names(session, who), _group_names(session, who.campaign_id)
    clear = who.has("office")
    table = [
        (
            *(number, row.name, row.unit, row.post, _phone(row, clear), groups.get(row.work_group, row.work_group)),
            *(role_label(row.role, "zh"), "、".join(villages.get(code, code) for code in row.villages)),
            f"{row.from_day:%m-%d}至{row.to_day:%m-%d}" if row.from_day and row.to_day else "",
            *("是" if row.trained_at else "否", villages.get(row.home_village, row.home_village), _avoidance(row)),
        )
        for number, row in enumerate(rows, start=1)
    ]
    columns = (
        *(Column("序号", 5, "center"), Column("姓名", 9), Column("单位", 20), Column("职务", 12), Column("联系电话", 14)),
        *(Column("工作组", 14), Column("承担工作", 13), Column("负责村（社区）", 16), Column("选调时间", 14)),
        *(Column("参加培训", 8, "center"), Column("户籍村", 10), Column("回避说明", 16)),
    )
    campaign = session.get_one(Campaign, who.campaign_id)
    lead = f"填报单位：{campaign.organisation}  共{len(rows)}人"
    sheet = Sheet("人员选调统计表", "工作组人员选调统计表", columns, table, lead=lead)
    return Document("人员选调统计表", f"campaign:{who.campaign_id}", sheets=(sheet,), detail={"persons": len(rows), "masked": not clear})


def _phone(row: Staff, clear: bool) -> str:
    number = personal.decrypt("staff", row.key, "phone", row.phone_cipher)
    return number if clear else personal.mask("phone", number)


def _avoidance(row: Staff) -> str:
    if row.home_village and row.home_village in row.villages:
        return f"在户籍村工作：{row.avoidance_reason or '未说明理由'}"
    return ""


def _group_names(session: Session, campaign_id: int) -> dict[str, str]:
    return dict(session.execute(select(WorkGroup.code, WorkGroup.name).where(WorkGroup.campaign_id == campaign_id)).all())


def route_list(session: Session, who: Identity, about: str) -> Document | None:
    """走访单 of one investigator (nobody named: of this user): the households still to visit in walking order, a sheet for each day."""
    walker = about or who.assignee
    query = visibility.households_open_to(who).where(Household.investigator == walker, Household.stage.in_(("waiting", "returned")))
    homes = session.scalars(query.order_by(Household.planned_on, Household.walking_order, Household.code)).all()
    if not homes:
        return None
    villages = listing.village_names(session, who)
    name = people.names(session, [walker]).get(walker, walker)
    guides = _guides(session, who, sorted({home.village for home in homes}), villages)
    days = list(dict.fromkeys(home.planned_on for home in homes))
    sheets = []
    for day in days:
        today = [home for home in homes if home.planned_on == day]
        when = f"{day.month}月{day.day}日" if day else "未排日期"
        lead = f"调查员：{name}  {when}  共{len(today)}户  打印：{clock.local(clock.now()):%Y-%m-%d %H:%M}"
        sheets.append(Sheet(when, "入户走访单", _ROUTE, _walk(today, villages), lead, guides, landscape=False))
    detail = {"households": len(homes), "investigator": walker}
    return Document(f"走访单_{name}", f"campaign:{who.campaign_id}", sheets=sheets, detail=detail)


_ROUTE = (
    *(Column("顺序", 6, "center"), Column("户主", 10), Column("村组", 14), Column("户编号", 14), Column("类型", 9)),
    *(Column("地址", 20), Column("备注", 12), Column("到达", 8), Column("离开", 8)),
)


def _walk(homes: Sequence[Household], villages: dict[str, str]) -> list[tuple[object, ...]]:
    return [
        (
            *(home.walking_order, home.head, f"{villages.get(home.village, home.village)}{home.group_no}组", home.code),
            *(_KINDS.get(home.kind, ""), home.address, "退回重访" if home.stage == "returned" else "", "", ""),
        )
        for home in homes
    ]


def _guides(session: Session, who: Identity, codes: Sequence[str], villages: dict[str, str]) -> list[str]:
    """R39: who leads the way, with the telephone number: that is what the list is for."""
    rows = session.scalars(
        select(Guide).where(Guide.campaign_id == who.campaign_id, Guide.village.in_(codes)).order_by(Guide.village, Guide.key)
    )
    lines = []
    for row in rows:
        groups = f"{'、'.join(row.group_nos)}组" if row.group_nos else "全村"
        phone = personal.decrypt("guide", row.key, "phone", row.phone_cipher)
        lines.append(f"引导员：{row.name}（{villages.get(row.village, row.village)}，{groups}）" + (f" 电话：{phone}" if phone else ""))
    return lines or ["引导员：村里还没有推荐，请与村（社区）干部联系。"]
