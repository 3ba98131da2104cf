"""Delivering something to people, found by the roles they hold (R17, R26, R33)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.auth import roles
from app.auth.holding import counts_at
from app.auth.models import Account, RoleAssignment
from app.campaign.models import Notification
from app.engine.errors import EngineError
from app.engine.jobs import Context, handler
from app.engine.needed_decisions import need

#: who is told of what, and in which words
NOTIFICATIONS = need(
    "notifications",
    {
        "recipients": list[str],
        "kind": ("escalation", "answer", "ledger", "report", "notice", "reminder"),
        "title": str,
        "text": str,
        "url": str,
    },
)

_PERSON = "user:"
#: who is told of what reached nobody
_OFFICE = "office"


class NobodyThere(EngineError):
    """Nobody holds the office's role: what was to be delivered reaches nobody. Grant the role, then try again."""

    status = 409


def holders(session: Session, campaign_id: int, recipients: Iterable[str], *, at: datetime) -> list[str]:
    """User names behind *recipients*, as ``by_recipient`` finds them."""
    return sorted({name for names in by_recipient(session, campaign_id, recipients, at=at).values() for name in names})


def by_recipient(session: Session, campaign_id: int, recipients: Iterable[str], *, at: datetime) -> dict[str, list[str]]:
    """Recipient → user names with an open account. Recipients are groups as candidate groups write them (``office``,
    ``village_cadre:V05``) or ``user:NAME``. Two statements."""
    wanted = dict.fromkeys(recipients)
    found: dict[str, list[str]] = {entry: [] for entry in wanted}
    persons = {entry.removeprefix(_PERSON): entry for entry in wanted if entry.startswith(_PERSON)}
    pairs = {tuple(entry.partition(":")[::2]): entry for entry in wanted if not entry.startswith(_PERSON)}
    if persons:
        for name in session.scalars(select(Account.username).where(Account.username.in_(persons), Account.active)):
            found[persons[name]].append(name)
    if pairs:
        query = (
            select(RoleAssignment.role, RoleAssignment.scope, RoleAssignment.username)
            .join(Account, Account.username == RoleAssignment.username)
            .where(
                Account.active,
                RoleAssignment.campaign_id.in_((0, campaign_id)),
                or_(*((RoleAssignment.role == role) & (RoleAssignment.scope == scope) for role, scope in pairs)),
                counts_at(at),
            )
        )
        for role, scope, name in session.execute(query):
            found[pairs[role, scope]].append(name)
    return found


def send(
    session: Session,
    campaign_id: int,
    recipients: Iterable[str],
    *,
    message_id: str,
    kind: str,
    title: str,
    at: datetime,
    subject: str = "",
    text: str = "",
    url: str = "",
) -> list[str]:
    """Deliver to each person once per *message_id*; returns who got it now. What a recipient has nobody to receive goes to the office,
    which reads that it reached nobody. ``NobodyThere`` when the office is empty, too."""
    reached = by_recipient(session, campaign_id, recipients, at=at)
    about = {"kind": kind, "subject": subject, "url": url or _page(subject), "sent_at": at}
    names = sorted({name for found in reached.values() for name in found})
    fresh = _write(session, campaign_id, names, message_id, title=title, text=text, **about)
    missing = [entry for entry, found in reached.items() if not found]
    if missing:
        office = reached[_OFFICE] if _OFFICE in reached else holders(session, campaign_id, [_OFFICE], at=at)
        if not office:
            raise NobodyThere(NobodyThere.__doc__)
        who = "、".join(_spoken(entry) for entry in missing)
        said = {"title": f"无人接收：{title}"[:300], "text": f"应送 {who}，目前无人在任，请落实人员后转达。{text}"}
        _write(session, campaign_id, office, f"{message_id}:{','.join(missing)}"[:120], **{**about, "kind": "escalation"}, **said)
    return fresh


def tell(session: Session, job: Context, event: str, message_id: str, about: Mapping[str, Any], *, subject: str = "") -> list[str]:
    """``send`` to whom the decision table ``notifications`` names for *event*, in its words; *about* is what the table may use. The
    *subject* is the job's unless it is another."""
    said = NOTIFICATIONS.ask(session, {"event": event, "variant": "", "rung": None, **about})[0]
    to = said["recipients"]
    words = {name: str(said[name]) for name in ("kind", "title", "text", "url")}
    if not to:
        return []
    return send(session, job.campaign_id, to, message_id=message_id, subject=subject or job.subject, at=job.now, **words)


def _write(session: Session, campaign_id: int, names: list[str], message_id: str, **content: Any) -> list[str]:
    here = Notification.campaign_id == campaign_id, Notification.message_id == message_id
    have = set(session.scalars(select(Notification.username).where(*here, Notification.username.in_(names))))
    fresh = [name for name in names if name not in have]
    for name in fresh:
        session.add(Notification(campaign_id=campaign_id, username=name, message_id=message_id, **content))
    session.flush()
    return fresh


def _spoken(recipient: str) -> str:
    """A recipient as people say it: 村（社区）干部 V05."""
    if recipient.startswith(_PERSON):
        return recipient.removeprefix(_PERSON) or "（未指定）"
    role, _colon, scope = recipient.partition(":")
    return f"{roles.label(role, 'zh')} {scope}".strip()


#: subject → page of what it is about
_PAGES = {"household": "/households/", "problem": "/problems/", "village": "/villages/", "question": "/questions/"}


def _page(subject: str) -> str:
    kind, _, code = subject.partition(":")
    return f"{_PAGES[kind]}{code}" if kind in _PAGES else ""


@handler("campaign.notify")
def notify(session: Session, job: Context) -> None:
    """Tell ``recipients`` (candidate groups, ``user:NAME``) what the task's headers ``kind`` and ``title`` and the input ``text`` say.

    Each visit of the task is one delivery: a reminder that recurs is delivered each time.
    """
    variables = job.variables
    send(
        session,
        job.campaign_id,
        variables["recipients"],
        message_id=f"{job.element_id}:{job.activity_key}",
        kind=job.headers["kind"],
        title=job.headers["title"],
        text=variables.get("text") or "",
        subject=variables.get("subject") or job.subject,
        at=job.now,
    )
