"""R45: a village's list of problems that it cannot rectify, signed by its secretary and the resident team's captain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.campaign.documents import frozen
from app.campaign.documents.content import Live
from app.campaign.documents.problem_documents import LIST_SIGNERS, live_problem_list
from app.campaign.documents.village_documents import signatures
from app.campaign.hooks import signing, subjects
from app.campaign.hooks.signature_forms import SHOWN
from app.campaign.models import ProblemList
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks
from app.forms.hooks import Notice, Prepared
from app.forms.models import Submission

#: word of the printed list → key of the form
_KEYS = {"编号": "number", "对象": "household", "内容": "text", "原因": "reason"}


def _list(session: Session, task: Task) -> ProblemList | None:
    number = subjects.code(task, "list")
    return session.scalar(select(ProblemList).where(ProblemList.campaign_id == task.campaign_id, ProblemList.number == number))


def _rows(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A list as printed, by the keys of the form."""
    return [{key: row.get(word) or None for word, key in _KEYS.items()} for row in data.get("problems") or ()]


@hooks.prepares("village_problem_list")
def village_list(session: Session, task: Task, _identity: Any) -> Prepared | None:
    """The list as it goes up, and what changed since it was drawn up; after the first signature as it was signed."""
    found = _list(session, task)
    if found is None:
        return None
    live = live_problem_list(session, found)
    kept = frozen.newest(session, task.campaign_id, "problem_list", task.subject)
    drafted = frozen.newest(session, task.campaign_id, "problem_list", task.subject, stages=("drafted",))
    stated, before = kept or live, kept or drafted or live
    data = {
        "number": found.number,
        "village": stated.document.words["村名"],
        "problems": _rows(stated.data),
        "changes": list(_changes(_rows(before.data), _rows(live.data))),
        "stamp": frozen.stamp(stated.document)[:SHOWN],
        "manner": "signature",
    }
    told = _("清单已由另一人签字并定格，下面是他签字时的内容；此后的变化另列，有出入请退回。")
    return Prepared(data=data, notices=[Notice(told, "info")] if kept else [])


def _changes(before: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, str]]:
    earlier = {row["number"]: row for row in before}
    names = {"text": _("问题描述"), "reason": _("无法整改的原因")}
    for row in now:
        old = earlier.get(row["number"], {})
        for key, name in names.items():
            if old.get(key) != row[key]:
                yield {"figure": f"{row['number']} {name}", "before": old.get(key) or "—", "now": row[key] or "—"}


@hooks.accepts("village_problem_list")
def village_list_signed(session: Session, task: Task, submission: Submission, outcome: Any, actor: Actor) -> None:
    """Signature or seal of the secretary or the captain; the list is kept as it was signed."""
    if outcome.data.get("decision") != "sign":
        return
    found = subjects.needed(_list(session, task), task, "list")
    kept = frozen.newest(session, task.campaign_id, "problem_list", task.subject)
    live = Live(kept.document, kept.data) if kept else live_problem_list(session, found)
    about = {"document": "village_problem_list", "manner": outcome.data.get("manner"), "submission_key": submission.key}
    signing.sign(session, task, actor, sha256=frozen.stamp(live.document), **about)
    session.flush()
    lines = signatures(session, task.campaign_id, task.subject, "village_problem_list", LIST_SIGNERS)
    document = replace(live.document, words={**live.document.words, **lines})
    frozen.keep(session, task.campaign_id, "problem_list", task.subject, document, actor, stage="signed", at=clock.now(), data=live.data)
