"""What a task is about, and what every form of the campaign may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from flask_babel import gettext as _
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app import clock, element_names
from app.acts import starting
from app.campaign import campaigns, progress, settings
from app.campaign.errors import SPOKEN, Conflict
from app.campaign.models import Campaign, CodeItem, Household, Village
from app.engine.models import Task
from app.forms import hooks
from app.forms.hooks import Prepared

T = TypeVar("T")


def code(task: Task, kind: str) -> str | None:
    """The code behind ``kind:`` in the task's subject; None when it is about something else."""
    found, _colon, rest = task.subject.partition(":")
    return rest if found == kind and rest else None


def household(session: Session, task: Task) -> Household | None:
    """The household the task is about."""
    found = code(task, "household")
    return progress.household(session, task.campaign_id, found) if found else None


def village(session: Session, task: Task) -> Village | None:
    """The village the task is about."""
    found = code(task, "village")
    if not found:
        return None
    return session.scalar(select(Village).where(Village.campaign_id == task.campaign_id, Village.code == found))


def needed(found: T | None, task: Task, kind: str) -> T:
    """*found*; when it is missing what a person submits could not be recorded: refused with a sentence, never taken in silence."""
    if found is None:
        zh, en = SPOKEN[kind]
        raise Conflict("nothing_to_record", task=element_names.spoken(task.name), what=zh, what_en=en)
    return found


# Statements that many forms need are made once: that takes longer than to run them.
_VILLAGE_NAME = select(Village.name).where(Village.campaign_id == bindparam("campaign"), Village.code == bindparam("village"))
_OPTIONS = (
    select(CodeItem.code, CodeItem.label_zh)
    .where(CodeItem.campaign_id == bindparam("campaign"), CodeItem.list == bindparam("name"), CodeItem.active)
    .order_by(CodeItem.position)
)


def village_name(session: Session, home: Household) -> str:
    """The name of the household's village."""
    return session.scalar(_VILLAGE_NAME, {"campaign": home.campaign_id, "village": home.village}) or home.village


def context(home: Household, name: str) -> dict[str, Any]:
    """What rules may ask about the household, under ``household``; *name* is the village's."""
    return {
        "household": {
            "code": home.code,
            "label": household_label(home, name),
            "kind": home.kind,
            "village": home.village,
            "work_group": home.work_group,
            "investigator": home.investigator,
        }
    }


def household_label(home: Household, village_name: str = "") -> str:
    """柏树村 3组 张三"""
    return " ".join(part for part in (village_name, _("%(number)s组", number=home.group_no) if home.group_no else "", home.head) if part)


def attachment_name(evidence: Mapping[str, Any]) -> str:
    """What a file among the evidence is called on a form."""
    return str(_("附件 %(key)s", key=evidence.get("key")))


def options(session: Session, campaign_id: int, name: str) -> list[dict[str, str]]:
    """A code list as form-js options."""
    rows = session.execute(_OPTIONS, {"campaign": campaign_id, "name": name})
    return [{"value": value, "label": label} for value, label in rows]


@starting.gives
def given_at_start(session: Session, campaign_id: int) -> Mapping[str, Any]:
    """What a process that somebody starts is given, as those are that the campaign starts itself."""
    campaign = session.get(Campaign, campaign_id)
    return campaigns.given(session, campaign) if campaign is not None else {}


@hooks.prepares("*")
def everywhere(session: Session, task: Task, identity: Any) -> Prepared | None:
    """Settings, dates and today's date, under the names that rules and conditions use."""
    if not task.campaign_id:
        return None
    now = clock.local(clock.now())
    context: Mapping[str, Any] = {
        "today": now.date().isoformat(),
        "now": now.isoformat(),
        "settings": settings.read(session, task.campaign_id),
        "campaign": campaigns.dates(session, task.campaign_id),
        "actor": identity.username if identity is not None else task.assignee or "",
    }
    return Prepared(context=dict(context))


@hooks.accepts("*")
def moved(session: Session, task: Task, _submission: Any, outcome: Any, _actor: Any) -> None:
    """The diagram says on the user task where the household or village stands afterwards: ``stage``, ``stageReturned``."""
    decision = outcome.data.get("decision")
    name = task.properties.get({None: "stage", "approve": "stage", "return": "stageReturned"}.get(decision, ""))
    if not name:
        return
    if (home := code(task, "household")) is not None:
        progress.mark(session, task.campaign_id, home, name, at=clock.now())
    else:
        place = needed(village(session, task), task, "village")
        place.form_stage, place.form_stage_at = name, clock.now()
