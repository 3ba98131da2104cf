"""Running numbers: each series of a campaign counts 1, 2, 3 … without a gap and without a double."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.campaign.models import Counter
from app.engine.change_journal import bulk


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
