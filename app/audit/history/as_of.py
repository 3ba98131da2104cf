"""The page "what was known on 27 May at 20:00" (R55): a household's forms, problems, findings and open tasks as of any moment."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import abort, render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app import clock
from app.audit.blueprint import blueprint
from app.audit.history import entries, household, moment, places, values
from app.auth import access, database
from app.auth.language import locale
from app.forms.models import Submission


@blueprint.get("/households/<int:campaign>/<code>/known")
@access("auditor")
def known(campaign: int, code: str) -> str:
    """``at``: local time as the browser writes it (``2020-05-27T20:00``); ``field``: the path of a field to point at; ``late``: with what
    was recorded only afterwards."""
    asked, with_late = request.args.get("at", ""), bool(request.args.get("late"))
    at = _moment(asked)
    with database().reading() as session:
        subject = f"household:{code}"
        instances = household.about(session, campaign, subject)
        if not instances and not household.known(session, campaign, subject):
            abort(404)
        state = moment.household(session, campaign, code, at or clock.now(), with_late=with_late)
        known_ones = (*state.problems, *state.questions)
        rows = [*(each.raised for each in known_ones), *(each.last for each in known_ones), *state.late]
        lines = {entry.record.event.key: entry for entry in entries.build(session, rows, locale())}
        return render_template(
            "audit/known.html",
            campaign=campaign,
            code=code,
            label=next((each.label for each in instances if each.label), code),
            state=state,
            forms=[_form(session, each) for each in state.forms],
            lines=lines,
            names=_names(session, state),
            processes=places.process_names(session, {each.definition_key for each in state.instances}),
            with_late=with_late,
            wrong=bool(asked) and at is None,
            at=f"{clock.local(state.at):%Y-%m-%dT%H:%M}",
            steps=[(text, f"{clock.local(state.at + by):%Y-%m-%dT%H:%M}") for text, by in _STEPS],
            field=request.args.get("field", "")[:200],
        )


_STEPS = (
    (_l("前一天"), timedelta(days=-1)),
    (_l("前一小时"), timedelta(hours=-1)),
    (_l("后一小时"), timedelta(hours=1)),
    (_l("后一天"), timedelta(days=1)),
)


def _form(session: Session, submission: Submission) -> dict[str, object]:
    form = values.form_of(session, submission)
    findings = [(entries.said(each, locale()), str(each.get("reason") or "")) for each in (*submission.problems, *submission.warnings)]
    return {
        "submission": submission,
        "title": form.title(locale()) if form else submission.form_id,
        "values": values.all_values(form, submission, locale(), values.choices(session, submission.campaign_id)) if form else [],
        "findings": findings,
    }


def _names(session: Session, state: moment.State) -> dict[str, str]:
    people = {each.actor for each in state.forms} | {each.on_behalf_of for each in state.forms}
    people |= {each.holder for each in state.tasks}
    return places.people(session, people)


def _moment(text: str) -> datetime | None:
    """Local time without a zone, or with one; None where it makes no sense."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 1990 <= found.year <= 2100:
        return None
    # The browser writes minutes: the whole minute counts.
    return found if found.tzinfo else found.replace(tzinfo=clock.CAMPAIGN_ZONE, second=59, microsecond=999_999)
