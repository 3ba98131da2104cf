"""R53: a sample anybody can draw again, checked blind by people who never investigated the household."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign.handlers import households, notifications, reports
from app.campaign.models import Household, SpotSample, Village, Visit
from app.engine.jobs import Context, handler


@handler("campaign.draw_sample")
def draw_sample(session: Session, job: Context) -> dict[str, Any]:
    """Draw each village's share with the campaign's seed, once; returns the sample with a checker for each household."""
    settings = job.variables["settings"]
    rows = session.scalars(select(SpotSample).where(SpotSample.campaign_id == job.campaign_id).order_by(SpotSample.position)).all()
    if not rows:
        rows = _draw(session, job, int(settings["sample_seed"]), float(settings["sample_rate"]), int(settings["sample_min"]))
    return {"samples": _variables(session, job.campaign_id, rows)}


def sample(codes: Sequence[str], *, village: str, seed: int, rate: float, least: int) -> list[str]:
    """The households drawn of a village: same arguments, same sample."""
    size = min(len(codes), max(least, math.ceil(round(rate * len(codes), 6))))
    return sorted(random.Random(f"{seed}:{village}").sample(sorted(codes), size))


def _draw(session: Session, job: Context, seed: int, rate: float, least: int) -> list[SpotSample]:
    by_village: dict[str, list[str]] = defaultdict(list)
    investigators: dict[str, set[str]] = defaultdict(set)
    query = select(Household.code, Household.village, Household.investigator).where(Household.campaign_id == job.campaign_id)
    for code, village, investigator in session.execute(query):
        by_village[village].append(code)
        investigators[code].add(investigator)
    visits = select(Visit.household, Visit.investigator).where(Visit.campaign_id == job.campaign_id)
    for code, investigator in session.execute(visits):
        investigators[code].add(investigator)
    checkers = notifications.holders(session, job.campaign_id, ["spot_checker"], at=job.now)
    load = dict.fromkeys(checkers, 0)
    drawn: list[SpotSample] = []
    for village in sorted(by_village):
        for code in sample(by_village[village], village=village, seed=seed, rate=rate, least=least):
            checker = _checker(load, investigators[code])
            drawn.append(
                SpotSample(
                    campaign_id=job.campaign_id,
                    household=code,
                    village=village,
                    position=len(drawn) + 1,
                    seed=seed,
                    checker=checker,
                    drawn_at=job.now,
                )
            )
    session.add_all(drawn)
    session.flush()
    return drawn


def _checker(load: dict[str, int], investigated: set[str]) -> str:
    """Who has least to check and never investigated the household; "" (any checker may take it) when there is nobody."""
    able = [name for name in load if name not in investigated]
    if not able:
        return ""
    chosen = min(able, key=lambda name: (load[name], name))
    load[chosen] += 1
    return chosen


def _variables(session: Session, campaign_id: int, rows: Sequence[SpotSample]) -> list[dict[str, Any]]:
    names = dict(session.execute(select(Village.code, Village.name).where(Village.campaign_id == campaign_id)).all())
    query = select(Household).join(SpotSample, (SpotSample.campaign_id == Household.campaign_id) & (SpotSample.household == Household.code))
    by_code = {home.code: home for home in session.scalars(query.where(Household.campaign_id == campaign_id))}
    return [
        {
            "household": row.household,
            "label": households.label(by_code[row.household], names.get(row.village, row.village)),
            "village": row.village,
            "checker": row.checker,
            "position": row.position,
        }
        for row in rows
    ]


@handler("campaign.draft_spot_check_report")
def draft_spot_check_report(session: Session, job: Context) -> None:
    """Error rates over all that was checked. Villages are not ranked (R54)."""
    if reports.newest(session, job.campaign_id, "spot_check_report", "") is not None:
        return
    rows = session.scalars(select(SpotSample).where(SpotSample.campaign_id == job.campaign_id)).all()
    reports.keep_draft(session, job, "spot_check_report", "", _content(rows, job.variables["settings"]))


def _content(rows: Sequence[SpotSample], settings: dict[str, Any]) -> dict[str, Any]:
    """Keys of the form ``spot_check_report``."""
    checked = [row for row in rows if row.checked_at is not None]
    fields, wrong = sum(row.fields_checked for row in checked), sum(row.fields_wrong for row in checked)
    differing = sum(row.fields_wrong > 0 for row in checked)
    rate = f"{100 * wrong / fields:.2f}%" if fields else "0%"
    return {
        "sample": {
            "drawn": len(rows),
            "checked": len(checked),
            "fields_checked": fields,
            "fields_wrong": wrong,
            "seed": settings["sample_seed"],
        },
        "overview": f"按 {settings['sample_rate']:.0%} 的比例（每村不少于 {settings['sample_min']} 户）抽取 {len(rows)} 户，"
        f"已独立复核 {len(checked)} 户、{fields} 项指标。",
        "findings": f"{differing} 户有差异，共 {wrong} 项，指标差错率 {rate}。",
    }
