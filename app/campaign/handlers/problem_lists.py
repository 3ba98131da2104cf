"""R45: what a village cannot rectify goes up as one signed document."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign import ladder, messages, numbers, problems
from app.campaign.documents import frozen, problem_documents
from app.campaign.handlers import notifications, signatures
from app.campaign.handlers.notifications import NOTIFICATIONS
from app.campaign.ladder import LADDER
from app.campaign.models import ProblemList
from app.engine.actor import SYSTEM
from app.engine.errors import NotFound
from app.engine.jobs import Context, handler


@handler("campaign.list_problem")
def list_problem(session: Session, job: Context) -> dict[str, Any]:
    """Put the problem on the list that its village is drawing up (nobody has drawn it up: ``drawn_up_by`` is empty)."""
    row = problems.get(session, job.campaign_id, str(job.variables["problem"]["number"]))
    drafts = select(ProblemList).where(
        ProblemList.campaign_id == job.campaign_id,
        ProblemList.village == row.village,
        ProblemList.drawn_up_by == "",
        ProblemList.sent_at.is_(None),
    )
    draft = session.scalar(drafts.order_by(ProblemList.key).limit(1).with_for_update())
    if draft is None:
        number = numbers.give(session, job.campaign_id, "problem_list", village=row.village)
        draft = ProblemList(campaign_id=job.campaign_id, number=number, village=row.village, problems=[], drawn_up_at=job.now)
        session.add(draft)
    if row.number not in draft.problems:
        draft.problems = [*draft.problems, row.number]
    row.list_number = draft.number
    return {"list_number": draft.number}


@handler("campaign.collect_village_lists")
def collect_village_lists(session: Session, job: Context) -> dict[str, Any]:
    """Close the lists that the villages have been drawing up: each goes to its two signatures as it stands now."""
    names = {village["code"]: village["name"] for village in job.variables["villages"]}
    drafts = session.scalars(
        select(ProblemList)
        .where(ProblemList.campaign_id == job.campaign_id, ProblemList.drawn_up_by == "", ProblemList.sent_at.is_(None))
        .order_by(ProblemList.village, ProblemList.key)
        .with_for_update()
    ).all()
    lists = []
    for draft in drafts:
        draft.drawn_up_by, draft.drawn_up_at = SYSTEM.name, job.now
        name = names.get(draft.village, draft.village)
        live, about = problem_documents.live_problem_list(session, draft), f"list:{draft.number}"
        frozen.keep(session, job.campaign_id, "problem_list", about, live.document, SYSTEM, stage="drafted", at=job.now, data=live.data)
        lists.append({"number": draft.number, "village": draft.village, "name": name, "problems": list(draft.problems)})
    return {"village_lists": lists}


@handler("campaign.submit_village_list", asks=[LADDER, NOTIFICATIONS])
def submit_village_list(session: Session, job: Context) -> None:
    """Both have signed: the list goes to the office, its problems up the ladder."""
    row = _get(session, job)
    row.sent_at = row.sent_at or job.now
    for number in row.problems:
        problem = problems.get(session, job.campaign_id, number)
        rung = ladder.step(session, "listed", rung=problem.rung).rung
        if problem.state in ("open", "rectified") and problem.rung < rung:
            problems.move_to_rung(session, job.campaign_id, number, rung, SYSTEM, at=job.now, reason=row.number)
        messages.publish(session, job.campaign_id, "problem_listed", number, {"listing": "sent"}, once=row.number)
    about = {"number": row.number, "village": row.village, "problems": row.problems}
    notifications.tell(session, job, "list_sent", f"list:{row.number}", about, subject=f"village:{row.village}")


@handler("campaign.return_village_list", asks=[NOTIFICATIONS])
def return_village_list(session: Session, job: Context) -> None:
    """One did not sign: the village goes on rectifying."""
    row = _get(session, job)
    signatures.void_list(session, job, number=row.number, village=row.village)
    for number in row.problems:
        problem = problems.get(session, job.campaign_id, number)
        if problem.list_number == row.number:
            problem.list_number = ""
        messages.publish(session, job.campaign_id, "problem_listed", number, {"listing": "returned"}, once=row.number)


def _get(session: Session, job: Context) -> ProblemList:
    number = job.variables["list"]["number"]
    row = session.scalar(select(ProblemList).where(ProblemList.campaign_id == job.campaign_id, ProblemList.number == number))
    if row is None:
        raise NotFound("list", number)
    return row
