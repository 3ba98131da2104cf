"""The cells of the campaign: households, problems, questions, villages, ledgers and set-up."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from flask import current_app

from app import clock
from app.campaign import visibility
from app.campaign.importing import runs
from app.campaign.models import ImportRun, LedgerDay, Question
from app.db import Database, new_key
from app.engine import definitions
from app.forms import schema, submissions
from app.forms.outcome import Outcome
from tests.campaign import world
from tests.campaign.documents import cells
from tests.idor import Cell, held
from tests.web import CAMPAIGN, CLI

TOWN = held(*visibility.TOWN)
VILLAGE = held(*visibility.VILLAGE)
#: whoever works with households of V05 and G03
NEAR = TOWN | VILLAGE | held(*visibility.GROUP, "investigator")
#: everybody of the campaign who works with some households
ALL = NEAR | held(*visibility.VILLAGE, *visibility.GROUP, "investigator", at="there")
OFFICE, SETUP = held("office"), held("office", "admin")

_serial = count(1)

FORM = b"""{"type": "default", "id": "household_registered", "schemaVersion": 19,
 "components": [{"type": "textfield", "key": "head", "id": "head", "label": "head"}]}"""


def _household(db: Database) -> dict[str, Any]:
    return {"code": world.household(db)}


def _revision(db: Database) -> dict[str, Any]:
    code = world.household(db)

    def work(session: Any) -> None:
        definitions.deploy(session, {"household_registered.form": FORM}, CLI, now=clock.real_now())
        session.flush()
        form = definitions.newest(session, "form", "household_registered")
        assert form is not None
        submissions.save(
            session,
            schema.load(FORM),
            Outcome(data={"head": "张三"}),
            CLI,
            campaign_id=CAMPAIGN,
            subject=f"household:{code}",
            form_key=form.key,
        )

    db.in_transaction(work)
    return {"code": code, "form_id": "household_registered", "revision": 1}


def _problem(db: Database) -> dict[str, Any]:
    world.campaign(db, "running")
    return {"number": world.problem(db)}


def _question(db: Database) -> dict[str, Any]:
    code, number = world.household(db), f"Q-G03-{next(_serial):03d}"
    asked = {"text": "?", "asked_by": "investigator.here", "asked_at": clock.now()}
    row = Question(campaign_id=CAMPAIGN, number=number, household=code, work_group="G03", village="V05", field="head", **asked)
    db.in_transaction(lambda session: session.add(row))
    return {"number": number}


def _ledger(db: Database) -> dict[str, Any]:
    day = date.fromordinal(737_000 + next(_serial))
    db.in_transaction(lambda session: session.add(LedgerDay(campaign_id=CAMPAIGN, day=day, number=1, frozen_at=clock.now(), counts={})))
    return {"day": day.isoformat()}


def _village(db: Database) -> dict[str, Any]:
    world.campaign(db, "running")
    return {"code": "V05"}


def _campaign(db: Database) -> dict[str, Any]:
    world.campaign(db, "draft")
    return {"campaign_id": CAMPAIGN}


def _import(db: Database) -> dict[str, Any]:
    values = _campaign(db)
    now = clock.real_now()
    key = new_key()
    name = runs.keep(current_app.config["DAOPAI"].uploads, key, b"workbook")
    run = ImportRun(
        key=key,
        campaign_id=CAMPAIGN,
        kind="households",
        file_name="a.xlsx",
        state="refused",
        errors=1,
        result_file=name,
        started_by="office.here",
        started_at=now,
        touched_at=now,
    )
    db.in_transaction(lambda session: session.add(run))
    return {**values, "key": key}


CELLS = [
    Cell("campaign.household", _household, NEAR),
    Cell("campaign.revision", _revision, NEAR),
    Cell("campaign.problem", _problem, NEAR),
    Cell("campaign.question", _question, NEAR),
    Cell("campaign.ledger_day", _ledger, ALL),
    Cell("campaign.village", _village, TOWN | VILLAGE),
    Cell("campaign.campaign_setup", _campaign, SETUP),
    Cell("campaign.campaign_dates", _campaign, SETUP, "POST", {"reset": "1"}),
    Cell("campaign.campaign_settings", _campaign, SETUP, "POST"),
    Cell("campaign.campaign_calendar", _campaign, SETUP),
    Cell("campaign.campaign_schedule", _campaign, SETUP),
    Cell("campaign.campaign_take_dates", _campaign, OFFICE, "POST", {"reason": "县里改期"}),
    Cell("campaign.campaign_roles", _campaign, SETUP),
    Cell("campaign.campaign_role_change", _campaign, SETUP, "POST", {"username": "office.here", "role": "office"}),
    Cell("campaign.campaign_holidays", _campaign, SETUP, "POST", {"day": "2020-05-23"}),
    Cell("campaign.campaign_start", _campaign, OFFICE, "POST"),
    Cell("campaign.places", _campaign, SETUP),
    Cell("campaign.village_save", _campaign, SETUP, "POST", {"code": "V07", "name": "云峰村"}),
    Cell("campaign.group_save", _campaign, SETUP, "POST", {"code": "G07", "name": "云峰村一组", "village": "V05"}),
    Cell("campaign.place_remove", _campaign, SETUP, "POST", {"kind": "village", "code": "V99"}),
    Cell("campaign.staff_template", _campaign, OFFICE),
    Cell("campaign.staff_import", _campaign, OFFICE, "POST"),
    Cell("campaign.household_imports", _campaign, OFFICE),
    Cell("campaign.household_template", _campaign, OFFICE),
    Cell("campaign.household_import", _campaign, OFFICE, "POST"),
    Cell("campaign.import_run", _import, OFFICE),
    Cell("campaign.import_progress", _import, OFFICE),
    Cell("campaign.import_result", _import, OFFICE, "POST"),
    Cell("campaign.household_clear", _campaign, OFFICE, "POST"),
    Cell("campaign.household_export", _campaign, OFFICE, "POST"),
]

CELLS += cells.CELLS
