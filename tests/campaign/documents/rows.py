"""What documents are made of: the real forms, submissions, notices, lists, reports of campaign 7, village V05."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, personal
from app.auth import Held, Identity
from app.campaign import prefill
from app.campaign.models import Guide, Household, LedgerDay, Notice, Problem, ProblemList, Report, Signature, Staff
from app.db import Database, new_key
from app.engine import definitions
from app.engine.actor import Actor
from app.forms import schema, submissions
from app.forms.outcome import Outcome
from tests.campaign import world
from tests.web import CAMPAIGN, CLI

FORMS = Path(__file__).resolve().parents[3] / "forms"
NOON = datetime(2020, 5, 24, 12, tzinfo=clock.CAMPAIGN_ZONE)
DAY = date(2020, 5, 22)
NOTICE, LIST, HOME = "沙扶办督[2020]3号", "V05-清单01", "V05-900"


def who(username: str, *roles: str) -> Identity:
    """An identity as the request would have it: ``who("a", "investigator:G03")``."""
    held = tuple(Held(role.partition(":")[0], role.partition(":")[2], CAMPAIGN) for role in roles)
    return Identity(username, username, "zh", CAMPAIGN, held, frozenset(roles))


OFFICE = who("office.here", "office")
CADRE = who("village_cadre.here", "village_cadre:V05")
FAR_CADRE = who("village_cadre.there", "village_cadre:V06")
INVESTIGATOR = who("investigator.here", "investigator:G03")
COMMANDER = who("commander.here", "commander")


def deploy_forms(db: Database) -> None:
    """The forms that documents read, without the rules that only the filling needs."""
    files = {}
    for name in ("household_registered", "household_key_general", "village", "nine_documents"):
        content = json.loads((FORMS / f"{name}.form").read_bytes())
        content.pop("rules", None)
        files[f"{name}.form"] = json.dumps(content).encode()
    files["counting_rules.dmn"] = (FORMS.parent / "processes" / "counting_rules.dmn").read_bytes()
    db.in_transaction(lambda session: definitions.deploy(session, files, CLI, now=clock.real_now()))


def submit(session: Session, form_id: str, subject: str, data: dict[str, Any], actor: str = "investigator.here") -> None:
    """Keep a form as submitted."""
    row = definitions.newest(session, "form", form_id)
    assert row is not None
    submissions.save(
        session,
        schema.load(row.content),
        Outcome(data=data),
        Actor(actor),
        campaign_id=CAMPAIGN,
        subject=subject,
        scope="V05",
        form_key=row.key,
        at=NOON,
    )
    session.flush()


def home_of(session: Session, code: str) -> Household:
    return session.scalars(select(Household).where(Household.campaign_id == CAMPAIGN, Household.code == code)).one()


def filled_household(db: Database, code: str = HOME, *, approved: bool = True, **changes: Any) -> str:
    """A household whose form was submitted."""
    world.write(db, world.new(code))

    def work(session: Session) -> None:
        home = home_of(session, code)
        data = {**prefill.form_data(session, home, "柏树村"), "poverty_cause": "illness", **changes}
        data["visit"] = {**data["visit"], "signature": "signed"}
        submit(session, "household_registered", f"household:{code}", data)
        home.approved_at = NOON if approved else None

    db.in_transaction(work)
    return code


def problem(session: Session, number: str, **more: Any) -> Problem:
    values: dict[str, Any] = {"village": "V05", "household": HOME, "head": "张三", "work_group": "G03", "text": "住房鉴定为C级。", **more}
    row = Problem(campaign_id=CAMPAIGN, number=number, raised_at=NOON, raised_on=NOON.date(), deadline=NOON + timedelta(days=2), **values)
    session.add(row)
    return row


def papers(session: Session) -> None:
    """A notice, a list with one signature, both reports, a frozen day, a guide, a member of the staff."""
    problem(session, "V05-001", closure_note="村级无维修资金")
    problem(session, "V05-002", state="closed", text="=HYPERLINK(1)")
    problem(session, "V06-001", village="V06", household="", head="", work_group="G04")
    session.add(Notice(campaign_id=CAMPAIGN, number=NOTICE, village="V05", problems=["V05-001"], issued_at=NOON, reply_due_at=NOON))
    session.add(ProblemList(campaign_id=CAMPAIGN, number=LIST, village="V05", problems=["V05-001", "V05-002"], drawn_up_at=NOON))
    signature(session, f"list:{LIST}", "village_problem_list", "village_secretary", "secretary")
    session.add(LedgerDay(campaign_id=CAMPAIGN, day=DAY, number=2, frozen_at=NOON, counts={}))
    village = {"achievements": "全村60户。\n全部完成。", "main_problems": "8个。", "tasks": [{"name": "剩余贫困人口脱贫", "text": "1个。"}]}
    session.add(Report(campaign_id=CAMPAIGN, kind="village_report", scope="V05", day=DAY, made_at=NOON, content=village))
    spot = {
        "sample": {"drawn": 5, "checked": 5, "fields_checked": 200, "fields_wrong": 3, "seed": 1},
        "overview": "抽取5户。",
        "result": "pass",
    }
    session.add(Report(campaign_id=CAMPAIGN, kind="spot_check_report", scope="", day=DAY, made_at=NOON, content=spot))
    key = new_key()
    phone = personal.encrypt("guide", key, "phone", "10000000001")
    session.add(Guide(key=key, campaign_id=CAMPAIGN, village="V05", name="王引导", phone_cipher=phone, group_nos=["3"], nominated_at=NOON))
    key = new_key()
    phone = personal.encrypt("staff", key, "phone", "10000000002")
    session.add(Staff(key=key, campaign_id=CAMPAIGN, username="a", name="赵六", work_group="G03", phone_cipher=phone, villages=["V05"]))


def signature(session: Session, subject: str, document: str, role: str, signer: str, **more: Any) -> Signature:
    row = Signature(campaign_id=CAMPAIGN, subject=subject, document=document, role=role, signer=signer, **{"signed_at": NOON, **more})
    session.add(row)
    return row
