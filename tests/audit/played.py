"""A small database in which something of everything has happened, sealed twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app import clock, personal
from app.acts import uploads
from app.acts.models import Attachment
from app.auth.models import Account, RoleAssignment
from app.campaign import problems, settings
from app.campaign.models import Campaign, CampaignDate, Household, LedgerDay, LedgerEntry, Member, Village
from app.db import Database
from app.engine import contents, events, jobs, runtime
from app.engine.actor import Actor
from app.engine.models import Task
from app.engine.proof import adopt_rows, write_seals
from app.forms import schema, submissions
from app.forms.outcome import Outcome
from tests.engine import drawing as d
from tests.shipped import PLAN

ANN, BOB = Actor("ann", "eve", "10.0.0.1"), Actor("bob", origin="10.0.0.2")
SEED = "5e" * 32
PHOTO, STORED = b"a photo", "ab" * 16
FORM = (
    b'{"id": "visit", "type": "default", "schemaVersion": 16, "components": ['
    b'{"type": "textfield", "key": "head", "label": "\xe6\x88\xb7\xe4\xb8\xbb", "properties": {"personal": "name"}}, '
    b'{"type": "number", "key": "income", "label": "\xe6\x94\xb6\xe5\x85\xa5"}]}'
)


def run(db: Database, verb: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return db.in_transaction(lambda session: verb(session, *args, **named))


def play(db: Database, home: Path) -> None:
    """Deploy, start, claim, hand in, attach, complete, cancel, fail to sign in; seal; go on; seal."""
    personal.install("5a" * 32)
    write_seals.install(SEED, home / "anchors")
    photo = uploads.path(home / "uploads", STORED)
    photo.parent.mkdir(parents=True, exist_ok=True)
    photo.write_bytes(PHOTO)
    child = d.diagram("child", d.start(), d.user("visit", form="visit"), d.end(), flows="s>visit>e")
    parent = d.diagram("p", d.start(), d.call("c", "child", items="for i in 1..4 return i"), d.end(), flows="s>c>e")
    run(db, adopt_rows.begin)
    d.deploy(db, parent, child, FORM)
    run(db, found_villages)
    run(db, runtime.start, "p", {}, ANN, campaign_id=7)
    jobs.drain(db)
    form = schema.load(FORM)
    for number, task in enumerate(d.tasks(db)[:2]):
        run(db, runtime.claim, task.key, ANN)
        for income in (100, 200 + number):
            run(db, hand_in, form, {"head": "张三", "income": income}, task)
        run(db, attach, task)
        run(db, runtime.complete, task.key, {"income": 200}, ANN, request_id=f"r{number}")
        jobs.drain(db)
    run(db, find_and_mend)
    write_seals.run(db)
    waiting = d.tasks(db)
    run(db, runtime.claim, waiting[0].key, BOB)
    run(db, runtime.hand_over, waiting[0].key, "ann", BOB, reason="他今天去县里")
    run(db, runtime.complete, waiting[0].key, {}, ANN)
    run(db, runtime.cancel, waiting[1].instance_key, BOB, reason="重复")
    jobs.drain(db)
    run(db, events.record, "account.sign_in_failed", Actor("nobody", origin="10.0.0.9"), detail={"username": "nobody"})
    write_seals.run(db)


def found_villages(session: Any) -> None:
    """A campaign of two villages with households and their members, who may do what, and an account."""
    session.add(Campaign(id=7, name="自查评估", state="running", created_at=clock.now()))
    deadline = datetime(2020, 6, 1, tzinfo=clock.CAMPAIGN_ZONE)
    session.add_all(CampaignDate(campaign_id=7, name=name, value=value) for name, value in PLAN.compute(deadline).items())
    settings.write(session, 7, settings.defaults())
    for number in (1, 2):
        code = f"V0{number}"
        session.add(Village(campaign_id=7, code=code, name=f"{number}村"))
        home = Household(campaign_id=7, code=f"{code}-001", village=code, head="张三", kind="registered", phone_cipher="v1.1.abc")
        session.add(home)
        session.add(Member(campaign_id=7, household=home.code, position=1, name="张三", id_number_cipher="v1.1.def"))
    session.add(Account(username="ann", name="安", password_hash="argon", created_at=clock.real_now()))
    session.flush()
    session.add(RoleAssignment(username="ann", role="investigator", scope="G01", campaign_id=7, created_at=clock.real_now()))
    events.record(session, "households.imported", ANN, campaign_id=7, detail={"households": 2})


def find_and_mend(session: Any) -> None:
    """Two problems; one of them is mended, struck off and written into the ledger of the day."""
    at = clock.now()
    found = [problems.Raised(text="漏水", household=f"V0{number}-001") for number in (1, 2)]
    numbers = [problems.raise_problem(session, 7, each, ANN, at=at).number for each in found]
    session.flush()
    problems.rectify(session, 7, numbers[0], ANN, text="已补", evidence=[{"kind": "note", "text": "照片"}], at=at)
    session.flush()
    closed = problems.close(session, 7, numbers[0], BOB, note="看过", at=at)
    day = clock.local(at).date()
    session.add(LedgerDay(campaign_id=7, day=day, number=1, frozen_at=at, counts={"new": 2, "closed": 1}))
    session.add(LedgerEntry(campaign_id=7, day=day, line=1, problem=closed.number, village="V01", snapshot={"state": "closed"}))


def hand_in(session: Any, form: Any, data: dict[str, Any], task: Task) -> None:
    submissions.save(session, form, Outcome(data), ANN, task=session.get(Task, task.key), at=clock.now() + timedelta(minutes=1))


def attach(session: Any, task: Task) -> None:
    photo = Attachment(
        campaign_id=7,
        task_key=task.key,
        name="照片.jpg",
        media_type="image/jpeg",
        size=len(PHOTO),
        sha256=hashlib.sha256(PHOTO).hexdigest(),
        stored=STORED,
        uploaded_by="ann",
        at=clock.now(),
    )
    session.add(photo)
    session.flush()
    detail = {"digests": contents.digests(photo)}
    events.record(session, "attachment.added", ANN, campaign_id=7, instance_key=task.instance_key, detail=detail)


def keys(db: Database, model: Any) -> list[int]:
    with db.reading() as session:
        return list(session.scalars(select(model.key).order_by(model.key)))
