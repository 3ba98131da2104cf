"""Load the demonstration: Shashi's campaign with invented people. Once; a second call finds it there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app import clock
from app.auth import passwords
from app.auth.models import Account, RoleAssignment
from app.auth.roles import SEPARATED
from app.campaign import campaigns, planning, registering, schedule, settings
from app.campaign.demonstration import households as generator
from app.campaign.demonstration import rows, town
from app.campaign.models import Campaign, Household, Staff, Village, WorkGroup
from app.campaign.registering import NewHousehold
from app.clock import CAMPAIGN_ZONE
from app.db import Database, new_key
from app.engine import events
from app.engine.actor import Actor
from app.engine.models import VirtualClock

#: the password of every demonstration account; such accounts are refused in production
PASSWORD = "shashi-2020-demo"  # noqa: S105  (printed on the console on purpose: nobody's secret)

#: campaign time at which a visitor arrives
BEGIN = datetime(2020, 5, 21, 7, 30, tzinfo=CAMPAIGN_ZONE)
DEADLINE = datetime(2020, 6, 1, tzinfo=CAMPAIGN_ZONE)

ACTOR = Actor("system", origin="demonstration")

#: households written with one statement
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Loaded:
    """What there is now."""

    campaign_id: int
    #: False: it was there already
    created: bool
    #: the campaign's process runs
    running: bool
    households: int
    staff: int


def load(db: Database, *, households: int = town.HOUSEHOLDS, seed: int = 1) -> Loaded:
    """Write the demonstration's campaign and start its process; what is there already stays as it is.

    Campaign time begins on 21 May 2020, 07:30. ``Conflict`` when no diagram with a schedule is deployed.
    """
    with db.reading() as session:
        found = session.execute(select(Campaign.id, Campaign.state).where(Campaign.demonstration).order_by(Campaign.id)).first()
    campaign_id: int = found.id if found else db.in_transaction(lambda session: _write(session, households, seed))
    if found is None or found.state == "draft":
        with clock.frozen(BEGIN):
            db.in_transaction(lambda session: _start(session, campaign_id))
    return _summary(db, campaign_id, created=found is None)


def dates(session: Session, campaign_id: int) -> tuple[datetime, datetime]:
    """The start and the report deadline of a campaign, aware."""
    found = [schedule.moment(value) for value in campaigns.dates(session, campaign_id).values() if "T" in value]
    return min(found), max(found)


def _summary(db: Database, campaign_id: int, *, created: bool) -> Loaded:
    with db.reading() as session:
        campaign = campaigns.get(session, campaign_id)
        homes = session.scalar(select(func.count()).select_from(Household).where(Household.campaign_id == campaign_id))
        people = session.scalar(select(func.count()).select_from(Staff).where(Staff.campaign_id == campaign_id))
        return Loaded(campaign_id, created, campaign.state == "running", homes or 0, people or 0)


def _start(session: Session, campaign_id: int) -> None:
    campaign = campaigns.get(session, campaign_id)
    if campaign.state == "draft":
        campaigns.start(session, campaign, ACTOR)


def _write(session: Session, households: int, seed: int) -> int:
    with clock.frozen(BEGIN - timedelta(days=1)):  # set up on the day the plan was issued
        campaign = campaigns.create(
            session,
            name="沙市镇脱贫攻坚自查评估",
            deadline=DEADLINE,
            actor=ACTOR,
            legal_basis="《云阳县脱贫攻坚自查评估方案》（云扶组办发〔2020〕37号）；沙府发〔2020〕34号",
            organisation="沙市镇人民政府",
            place="沙市镇",
            document_prefix="沙扶办",
            demonstration=True,
        )
        settings.write(session, campaign.id, {"sample_seed": seed})
        place = town.build(households, random.Random(f"town:{seed}"))
        _write_places(session, campaign.id, place)
        _write_staff(session, campaign.id, place)
        _write_households(session, campaign.id, place, households, seed)
    if session.get(VirtualClock, 1) is None:
        session.add(VirtualClock(id=1, anchor=BEGIN, set_at=clock.real_now(), running=False))
    return campaign.id


def _write_places(session: Session, campaign_id: int, place: town.Town) -> None:
    for position, village in enumerate(place.villages, start=1):
        session.add(Village(campaign_id=campaign_id, code=village.code, name=village.name, position=position))
    for group in place.groups:
        session.add(WorkGroup(campaign_id=campaign_id, code=group.code, name=group.name, village=group.village))
    session.flush()


def _write_staff(session: Session, campaign_id: int, place: town.Town) -> None:
    """All accounts share one hash: argon2 is slow on purpose, and the password is printed anyway."""
    password_hash = passwords.hash_password(PASSWORD)
    made_at, day = clock.real_now(), clock.local(clock.now()).date()
    taken = set(session.scalars(select(Account.username)))
    accounts = [rows.account(record, password_hash, made_at) for record in place.staff if record.username not in taken]
    if accounts:
        session.execute(insert(Account), accounts)
    assignments: list[dict[str, Any]] = [
        {
            "key": new_key(),
            "username": record.username,
            "role": role,
            "scope": scope,
            "campaign_id": 0 if role in SEPARATED else campaign_id,
            "granted_by": ACTOR.name,
            "created_at": made_at,
        }
        for record in place.staff
        for role, scope in record.roles
    ]
    session.execute(insert(RoleAssignment), assignments)
    session.execute(insert(Staff), [rows.staff(campaign_id, record, day, schedule.last_day(DEADLINE)) for record in place.staff])
    for item in assignments:
        detail = {name: item[name] for name in ("username", "role", "scope")}
        events.record(session, "role.assigned", ACTOR, campaign_id=item["campaign_id"], detail=detail)


def _write_households(session: Session, campaign_id: int, place: town.Town, households: int, seed: int) -> None:
    plan = schedule.of(session)
    days = planning.visit_days(plan, plan.compute(DEADLINE))
    investigators = {scope: record.username for record in place.staff for role, scope in record.roles if role == "investigator"}
    sizes = {group.code: size for group, size in zip(place.groups, generator.group_sizes(place, households), strict=True)}
    walks = {code: iter(enumerate(planning.spread(size, days), start=1)) for code, size in sizes.items()}
    for chunk in _chunks(generator.build(place, households, seed), _CHUNK):
        planned = [_planned(home, investigators[home.work_group], *next(walks[home.work_group])) for home in chunk]
        registering.write(session, campaign_id, planned)


def _planned(home: NewHousehold, investigator: str, order: int, day: date) -> NewHousehold:
    return replace(home, investigator=investigator, walking_order=order, planned_on=day)


def _chunks(records: Iterator[NewHousehold], size: int) -> Iterator[list[NewHousehold]]:
    while chunk := list(islice(records, size)):
        yield chunk
