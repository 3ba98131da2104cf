"""Pictures of a campaign: which versions ran and how each step kept to the plan; and one version's heat map with its tables.

The tables are the picture's accessible form: everything that the diagram shows stands in them.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from flask import abort, render_template, request
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.audit import queries
from app.audit.blueprint import blueprint
from app.audit.history.records import campaigns
from app.audit.pictures import figures, plan, visits
from app.audit.pictures.figures import ElementFigures
from app.audit.wording import both
from app.auth import access, database
from app.auth.language import locale
from app.element_names import spoken
from app.engine import definitions
from app.engine.models import Definition, ProcessInstance
from app.engine.problem_words import WORDS

#: What the diagram can be coloured by: name → value of an element.
MEASURES: dict[str, Any] = {
    "visits": lambda each: each.visits,
    "median": lambda each: _seconds(each.median),
    "ninety": lambda each: _seconds(each.ninety),
    "waiting": lambda each: _seconds(each.waiting),
    "working": lambda each: _seconds(each.working),
}


@blueprint.get("/pictures")
@access("auditor")
def pictures() -> str:
    """Processes and versions of a campaign, and its steps: planned against actual."""
    with database().reading() as session:
        known = campaigns(session)
        campaign = queries.cursor(request.args.get("campaign", "")) or (known[0][0] if known else 0)
        return render_template(
            "audit/pictures/campaign.html",
            campaign=campaign,
            chips=[(*each, None) for each in known],
            versions=_versions(session, campaign),
            steps=plan.steps(session, campaign, clock.now()) if campaign else [],
            names=plan.process_names(session),
            spoken=spoken,
        )


@blueprint.get("/pictures/<int:campaign>/<int:key>")
@access("auditor")
def picture(campaign: int, key: int) -> str:
    """One version of a process: how often, how long, waiting against working, which paths, what stood open."""
    with database().reading() as session:
        found = _definition(session, key)
        ran = visits.load(session, campaign, key)
        rows = figures.elements(ran)
        taken, different = figures.paths(ran)
        return render_template(
            "audit/pictures/version.html",
            campaign=campaign,
            definition=found,
            ran=ran,
            rows=rows,
            names=_names(rows),
            paths=taken,
            different=different,
            days=figures.open_by_day(ran.visits, clock.local(clock.now()).date()),
            lasting=lasting,
            spoken=spoken,
            boot={"xml": definitions.file_of(session, key).content.decode("utf-8", "replace"), "measures": _measures(rows)},
        )


def _definition(session: Session, key: int) -> Definition:
    found = session.get(Definition, key)
    if found is None or found.kind != "process":
        abort(404)
    return found


def _versions(session: Session, campaign: int) -> list[Any]:
    """(definition key, name, version, instances) of what ran in a campaign."""
    query = (
        select(Definition.key, Definition.name, Definition.id, Definition.version, func.count(ProcessInstance.key))
        .join(ProcessInstance, ProcessInstance.definition_key == Definition.key)
        .where(ProcessInstance.campaign_id == campaign)
        .group_by(Definition.key, Definition.name, Definition.id, Definition.version)
        .order_by(Definition.id, Definition.version.desc())
    )
    return list(session.execute(query))


def _measures(rows: list[ElementFigures]) -> dict[str, dict[str, Any]]:
    """For the diagram: measure → element → shade and what is written beside it."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in MEASURES.items():
        shades = figures.heat({each.id: value(each) for each in rows})
        said = {each.id: str(each.visits) if name == "visits" else lasting(getattr(each, name)) for each in rows}
        found[name] = {identity: [shade, said[identity]] for identity, shade in shades.items()}
    return found


def _names(rows: list[ElementFigures]) -> dict[str, str]:
    """Element → name; what the diagram gives no name (a joining gateway) is called by its kind, with a number where there are more."""
    kinds = Counter(each.kind for each in rows if not each.name)
    numbers: Counter[str] = Counter()
    found = {}
    for each in rows:
        numbers[each.kind] += not each.name
        number = f" {numbers[each.kind]}" if kinds[each.kind] > 1 else ""
        found[each.id] = spoken(each.name) or _kind(each) + number
    return found


def _kind(element: ElementFigures) -> str:
    chinese, english = WORDS.get(element.kind, (element.kind, element.kind))
    return both(chinese, english.removeprefix("An ").removeprefix("A ").capitalize(), locale())


def _seconds(span: timedelta | None) -> float:
    return span.total_seconds() if span else 0.0


def lasting(span: timedelta | None) -> str:
    """A span as people say it, in its largest fitting unit."""
    if span is None:
        return ""
    minutes = span.total_seconds() / 60
    if minutes < 1:
        return str(_("不到 1 分钟") if minutes > 0 else _("0 分钟"))
    if minutes < 60:
        return str(_("%(count)s 分钟", count=round(minutes)))
    if minutes < 48 * 60:
        return str(_("%(count)s 小时", count=f"{minutes / 60:.1f}"))
    return str(_("%(count)s 天", count=f"{minutes / 1440:.1f}"))
