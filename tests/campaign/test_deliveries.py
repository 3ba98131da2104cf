"""What reaches nobody is said: to the office, and nobody counts it as delivered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select

from app import clock
from app.auth.models import Account
from app.campaign import people
from app.campaign.handlers import notifications
from app.campaign.models import Notification, Staff
from app.db import Database
from tests import web
from tests.web import CAMPAIGN


def send(db: Database, *to: str) -> list[str]:
    about = {"message_id": "m", "kind": "notice", "title": "督办通知 1号"}
    return db.in_transaction(lambda session: notifications.send(session, CAMPAIGN, to, at=clock.now(), **about))


def got(db: Database) -> list[tuple[str, str]]:
    with db.reading() as session:
        return [(row.username, row.title) for row in session.scalars(select(Notification).order_by(Notification.key))]


def close(db: Database, username: str) -> None:
    def work(session: object) -> None:
        session.scalars(select(Account).where(Account.username == username)).one().active = False  # type: ignore[attr-defined]

    db.in_transaction(work)


def test_what_nobody_receives_goes_to_the_office_as_such(db: Database, at: Callable[[str], datetime]) -> None:
    at("2020-05-22T09:00:00+08:00")
    web.place(db)
    office, cadre = web.person(db, "office", "office"), web.person(db, "cadre", "village_cadre:V05")
    assert send(db, "village_cadre:V05") == [cadre]
    assert send(db, "village_cadre:V06", "user:gone") == []
    assert got(db) == [(cadre, "督办通知 1号"), (office, "无人接收：督办通知 1号")]
    assert send(db, "village_cadre:V06", "user:gone") == [], "said once"
    assert len(got(db)) == 2


def test_a_closed_account_reads_nothing(db: Database, at: Callable[[str], datetime]) -> None:
    at("2020-05-22T09:00:00+08:00")
    web.place(db)
    office, cadre = web.person(db, "office", "office"), web.person(db, "cadre", "village_cadre:V05")
    close(db, cadre)
    assert send(db, "village_cadre:V05") == []
    assert got(db) == [(office, "无人接收：督办通知 1号")]


def test_without_an_office_it_is_an_error_that_can_be_tried_again(db: Database, at: Callable[[str], datetime]) -> None:
    at("2020-05-22T09:00:00+08:00")
    web.place(db)
    with pytest.raises(notifications.NobodyThere):
        send(db, "village_cadre:V05")
    assert got(db) == []


def test_only_who_has_an_open_account_can_be_given_work(db: Database, at: Callable[[str], datetime]) -> None:
    at("2020-05-22T09:00:00+08:00")
    web.place(db)
    for name in ("here", "left"):
        web.person(db, name, "village_cadre:V05")
    close(db, "left")
    db.in_transaction(lambda s: s.add_all(Staff(campaign_id=CAMPAIGN, username=name, name=name) for name in ("here", "left", "never")))
    with db.reading() as session:
        assert [option["value"] for option in people.options(session, CAMPAIGN)] == ["here"]
