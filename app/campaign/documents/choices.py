"""What there is to make a document about, as far as this user sees it: days, notices, lists, villages, people who walk."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.auth import Identity
from app.campaign import listing, people, visibility
from app.campaign.models import Household, LedgerDay, Notice, ProblemList, Village

#: (what ``about`` is, what people read)
Choice = tuple[str, str]

#: newest of a growing list
_SHOWN = 200


def of(session: Session, who: Identity, abouts: set[str]) -> dict[str, list[Choice]]:
    """About → what to choose from. Households are chosen on their own pages and by their number here."""
    return {about: _LISTS[about](session, who) for about in sorted(abouts) if about in _LISTS}


def _days(session: Session, who: Identity) -> list[Choice]:
    query = select(LedgerDay.day).where(LedgerDay.campaign_id == who.campaign_id).order_by(LedgerDay.day.desc())
    return [(day.isoformat(), f"{day.month}-{day.day:02d}") for day in session.scalars(query)]


def _notices(session: Session, who: Identity) -> list[Choice]:
    query = select(Notice).where(Notice.campaign_id == who.campaign_id)
    if not who.has(*visibility.TOWN):
        query = query.where(or_(Notice.village.in_(visibility.scopes(who, visibility.VILLAGE)), Notice.addressee == who.assignee))
    names = listing.village_names(session, who)
    rows = session.scalars(query.order_by(Notice.key.desc()).limit(_SHOWN))
    return [(row.number, f"{row.number} {names.get(row.village, row.village)}") for row in rows]


def _problem_lists(session: Session, who: Identity) -> list[Choice]:
    query = select(ProblemList).where(ProblemList.campaign_id == who.campaign_id)
    if not who.has(*visibility.TOWN):
        query = query.where(ProblemList.village.in_(visibility.scopes(who, visibility.VILLAGE)))
    names = listing.village_names(session, who)
    rows = session.scalars(query.order_by(ProblemList.key.desc()).limit(_SHOWN))
    return [(row.number, f"{row.number} {names.get(row.village, row.village)}") for row in rows]


def _villages(session: Session, who: Identity) -> list[Choice]:
    """The villages of this user's households and offices."""
    query = select(Village.code, Village.name).where(Village.campaign_id == who.campaign_id).order_by(Village.position, Village.code)
    if not who.has(*visibility.TOWN):
        own = visibility.scopes(who, visibility.VILLAGE)
        seen = visibility.households_open_to(who).with_only_columns(Household.village)
        query = query.where(or_(Village.code.in_(own), Village.code.in_(seen)))
    return [(code, name) for code, name in session.execute(query)]


def _walkers(session: Session, who: Identity) -> list[Choice]:
    """The investigators who still have households to visit among those that this user sees."""
    waiting = visibility.households_open_to(who).where(Household.stage.in_(("waiting", "returned")), Household.investigator != "")
    names = sorted(session.scalars(waiting.with_only_columns(Household.investigator).distinct()))
    known = people.names(session, names)
    return [(name, known.get(name, name)) for name in names]


_LISTS: dict[str, Callable[[Session, Identity], list[Choice]]] = {
    "day": _days,
    "notice": _notices,
    "list": _problem_lists,
    "village": _villages,
    "person": _walkers,
}
