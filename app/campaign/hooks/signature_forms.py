"""Signatures under papers (R12, R45, R52): who signs reads what the paper states now and what changed since it was drawn up or signed last.

A page that shows older figures is refused: its checksum is a place that the system fills. What is signed is kept and printed ever after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.auth.language import locale
from app.campaign import messages, totals
from app.campaign.documents import frozen, village_figures
from app.campaign.documents.content import Live
from app.campaign.documents.report_documents import live_village_report
from app.campaign.documents.village_documents import STATES, live_village_form, signatures
from app.campaign.errors import Conflict
from app.campaign.hooks import signing, subjects
from app.campaign.hooks.household_forms import HOUSEHOLD_FORMS
from app.campaign.models import Signature, Village
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks, submissions
from app.forms.hooks import Notice, Prepared
from app.forms.models import Submission
from app.forms.schema import Form

#: signs of a checksum that a page shows
SHOWN = 16
_LINES = 40


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that is signed in a task with the form ``signature``."""

    #: kind of document
    kind: str
    #: what it states now
    live: Callable[[Session, int, str], Live | None]
    roles: tuple[str, ...]


#: form behind it → the paper
PAPERS = {
    "village": Paper("village_form", live_village_form, ("principal_party", "principal_gov")),
    "village_report": Paper("village_report", live_village_report, ("resident_leader",)),
}


def _reviewed(task: Task) -> str:
    return str(task.properties.get("reviews") or "").split(",")[0]


@hooks.prepares("signature")
def signature(session: Session, task: Task, _identity: Any) -> Prepared | None:
    """What is to be signed and what changed since it was drawn up or signed last: one page (R12)."""
    paper, place = PAPERS.get(_reviewed(task)), subjects.village(session, task)
    last = submissions.latest(session, task.campaign_id, _reviewed(task), task.subject) if paper else None
    live = paper.live(session, task.campaign_id, place.code) if paper and place else None
    if paper is None or last is None or live is None:
        return Prepared(data={"document": task.name, "about": task.label})
    form = submissions.form_of(session, last)
    kept = frozen.newest(session, task.campaign_id, paper.kind, task.subject, form=last.key)
    stated = Live(kept.document, kept.data, last.key) if kept else live
    earlier = frozen.newest(session, task.campaign_id, paper.kind, task.subject)
    before = earlier.data if earlier is not None else _drawn_up(session, last, stated)
    data = {
        "document": form.title(),
        "about": task.label,
        "digest": "\n".join(_digest(form, stated.data)[:_LINES]),
        "changes": _changes(form, before, live.data),
        "stamp": frozen.stamp(stated.document)[:SHOWN],
        "manner": "signature",
    }
    notices = _notices(session, task, paper, stated, kept is not None)
    if kept and _moved(kept.data, live.data):
        notices.append(Notice(Conflict("signed_figures_changed").text(locale()), "warning"))
    return Prepared(data=data, notices=notices, reviewed=dict(stated.data))


def _drawn_up(session: Session, last: Submission, stated: Live) -> Mapping[str, Any]:
    """The figures as they were when the paper was drawn up."""
    drawn = submissions.data_of(session, last)
    return {**drawn, "figures": stated.data.get("drawn")} if "figures" in stated.data else drawn


def _changes(form: Form, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[dict[str, str]]:
    """``[{"figure", "before", "now"}]``, in the order of the form. Sentences that are made of figures are not listed beside them."""
    shown = {"drawn", "date"} | ({"counted", "tasks"} if "figures" in now else set())
    old, new = ({name: value for name, value in data.items() if name not in shown} for data in (before, now))
    return [{"figure": _label(form, path), "before": _word(one), "now": _word(other)} for path, one, other in submissions.changes(old, new)]


def _notices(session: Session, task: Task, paper: Paper, stated: Live, signed: bool) -> list[Notice]:
    made = []
    rows = _rows(session, task, paper.kind)
    if (last := rows[-1] if rows else None) is not None and last.voided_at is not None:
        made.append(Notice(_("上次签字已作废：%(reason)s", reason=last.void_reason), "warning"))
    if signed:
        made.append(Notice(_("文件已由另一人签字并定格，下面是他签字时的内容；此后的变化另列，有出入请退回修改。"), "info"))
    figures = stated.data.get("figures") or {}
    if figures.get("unreviewed") or figures.get("left"):
        text = _(
            "还有 %(homes)s 户未通过全覆盖复审、%(problems)s 个问题未销号，文件如实写明。",
            homes=figures.get("unreviewed", 0),
            problems=figures.get("left", 0),
        )
        made.append(Notice(text, "warning"))
    return made


def _rows(session: Session, task: Task, document: str) -> list[Signature]:
    mine = Signature.campaign_id == task.campaign_id, Signature.subject == task.subject, Signature.document == document
    return list(session.scalars(select(Signature).where(*mine).order_by(Signature.key)))


def _digest(form: Form, data: Mapping[str, Any]) -> list[str]:
    """The figures of a village form, or a report's sections."""
    figures = data.get("totals")
    if isinstance(figures, dict):
        return [f"{_label(form, f'totals.{name}')}：{_word(value)}" for name, value in figures.items() if value is not None]
    counted = data.get("counted") or {}
    own = {name: value for name, value in data.items() if isinstance(value, str)}
    parts = {name: f"{counted.get(name) or ''}{own.get(name) or ''}" for name in {**counted, **own}}
    return [f"{_label(form, name)}：{text[:200]}" for name, text in parts.items() if len(text) > 6 and name not in ("date", "village")]


def _label(form: Form, path: str) -> str:
    if path.startswith("figures."):
        name = path.removeprefix("figures.")
        return village_figures.NAMES.get(name) or name.replace("dimensions.", "发现问题：").removeprefix("tasks.").partition("[")[0]
    found = form.field(f"counted.{path}") or form.field(path)
    return found.node.label() if found else path


def _word(value: Any) -> str:
    if isinstance(value, list):
        return " / ".join(map(str, value))
    return {"yes": _("是"), "no": _("否"), None: "—"}.get(value, str(value)) if not isinstance(value, dict) else str(value)


def _moved(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether what a signed paper states of households is no longer so. Problems are settled from day to day and are no household data."""
    old, new = before.get("totals") or {}, now.get("totals") or {}
    return any(old.get(name) != value for name, value in new.items() if name not in ("problems_open", "incidence"))


@hooks.accepts("signature")
def signed(session: Session, task: Task, _submission: Submission, outcome: Any, actor: Actor) -> None:
    """Signature or seal over exactly what is stated, which is kept; both principals make the village form signed."""
    if outcome.data.get("decision") != "sign":
        return
    paper, place = PAPERS.get(_reviewed(task)), subjects.village(session, task)
    last = submissions.latest(session, task.campaign_id, _reviewed(task), task.subject) if paper else None
    live = paper.live(session, task.campaign_id, place.code) if paper and place else None
    manner = outcome.data.get("manner")
    if paper is None or place is None or last is None or live is None:
        signing.sign(session, task, actor, document=_reviewed(task) or task.element_id, manner=manner, content=outcome.data)
        return
    kept = frozen.newest(session, task.campaign_id, paper.kind, task.subject, form=last.key)
    if kept and _moved(kept.data, live.data):
        raise Conflict("signed_figures_changed")
    stated = replace(live, document=kept.document, data=kept.data) if kept else live
    sha256 = frozen.stamp(stated.document)
    signing.sign(session, task, actor, document=paper.kind, manner=manner, sha256=sha256, submission_key=last.key)
    session.flush()
    _move(session, task, paper, place)
    _keep(session, task, actor, paper, replace(stated, form=last.key), place)


def _move(session: Session, task: Task, paper: Paper, place: Village) -> None:
    """Where the paper stands when everybody who must has signed."""
    if not {row.role for row in _rows(session, task, paper.kind) if row.voided_at is None} >= set(paper.roles):
        return
    if paper.kind == "village_report":
        place.report_stage, place.report_stage_at = "signed", clock.now()
    else:
        place.form_stage, place.form_stage_at = "signed", clock.now()


def _keep(session: Session, task: Task, actor: Actor, paper: Paper, stated: Live, place: Village) -> None:
    lines = signatures(session, task.campaign_id, task.subject, paper.kind, paper.roles)
    state = {"状态": STATES.get(place.form_stage, place.form_stage)} if "状态" in stated.document.words else {}
    document = replace(stated.document, words={**stated.document.words, **lines, **state})
    about: dict[str, Any] = {"stage": "signed", "at": clock.now(), "data": stated.data, "submission_key": stated.form}
    frozen.keep(session, task.campaign_id, paper.kind, task.subject, document, actor, **about)


@hooks.accepts(*HOUSEHOLD_FORMS)
def household_changed(session: Session, task: Task, _submission: Submission, _outcome: Any, _actor: Actor) -> None:
    """R12: a household's form that changes what a signed village form states voids its signatures; the diagram does it, visibly."""
    kept = frozen.newest(session, task.campaign_id, "village_form", f"village:{task.scope}")
    if kept is None:
        return
    if _moved(kept.data, {"totals": totals.village(session, task.campaign_id, task.scope)}):
        messages.publish(session, task.campaign_id, "village_changed", task.scope, waits=False)
