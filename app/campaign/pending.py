"""What is open about households, for whoever passes their forms: problems of the ledger and fields that are held."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Identity
from app.auth.roles import ROLES
from app.campaign import field_labels, visibility
from app.campaign.models import Hold, Problem
from app.campaign.wording import either
from app.forms.hooks import Pending


def of_subjects(session: Session, identity: Identity, subjects: Iterable[str]) -> dict[str, list[Pending]]:
    """Subject → what is open about it. Two statements; breaches stay with those who may see them."""
    codes = [code for kind, _colon, code in (subject.partition(":") for subject in subjects) if kind == "household"]
    found: dict[str, list[Pending]] = {}
    if not codes or not identity.campaign_id:
        return found
    holds = select(Hold).where(Hold.campaign_id == identity.campaign_id, Hold.household.in_(codes), Hold.released_at.is_(None))
    for hold in session.scalars(holds.order_by(Hold.key)):
        role = ROLES.get(hold.waits_for.split(":")[0])
        who = either(role.zh, role.en) if role else ""
        label = hold.field_label or field_labels.labels().get(hold.field, "")
        text = _("%(label)s：%(reason)s（待%(who)s办理）", label=label, reason=hold.reason, who=who or "—")
        kind, _colon, number = hold.cause.partition(":")
        url = f"/problems/{number}" if kind == "problem" else f"/questions/{number}"
        found.setdefault(f"household:{hold.household}", []).append(Pending("hold", text, url))
    problems = visibility.problems_open_to(identity).where(Problem.household.in_(codes), Problem.state != "closed")
    for problem in session.scalars(problems.order_by(Problem.key)):
        text = f"{problem.number} {either(problem.text, problem.text_en)}"
        found.setdefault(f"household:{problem.household}", []).append(Pending("problem", text, f"/problems/{problem.number}"))
    return found
