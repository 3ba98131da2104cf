"""Running numbers: each series of a campaign counts 1, 2, 3 … without a gap and without a double. How a number is written is the plan's."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.campaign import plan
from app.campaign.models import Counter
from app.engine.change_journal import bulk


def give(session: Session, campaign_id: int, paper: str, **about: object) -> str:
    """The next number of a *paper* of ``plan.PAPERS`` as the plan writes it; *about* says what it is of (``village="V05"``)."""
    written = plan.section("numbering")[paper]
    series = plan.PLACE.sub(lambda found: str(about[found[1]]), written["series"])
    about["n"] = next_number(session, campaign_id, series)
    return plan.PLACE.sub(lambda found: str(about[found[1]]).zfill(int(found[2] or 0)), written["number"])


def next_number(session: Session, campaign_id: int, series: str) -> int:
    """The next number of *series* (``problem:V05``, ``notice:2020``). Given back when the transaction rolls back."""
    advance = (
        update(Counter)
        .where(Counter.campaign_id == campaign_id, Counter.series == series)
        .values(value=Counter.value + 1)
        .returning(Counter.value)
        .execution_options(**bulk.TOLD)  # below
    )
    number = session.execute(advance).scalar_one_or_none()
    if number is None:
        try:
            with session.begin_nested():
                session.add(Counter(campaign_id=campaign_id, series=series, value=0))
        except IntegrityError:
            pass  # somebody began the series at the same moment: count on from theirs
        number = session.execute(advance).scalar_one()
    series_is = {"campaign_id": campaign_id, "series": series}
    bulk.wrote(session, Counter, {**series_is, "value": number - 1}, {**series_is, "value": number})
    return number
