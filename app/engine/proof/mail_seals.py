"""The newest seal by mail: once a day, at a campaign's end, and when an auditor asks. What the mailbox keeps is an anchor."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP as LINES
from email.utils import format_datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, mail
from app.config import Config, Smtp
from app.db import Database
from app.engine import events, outbox
from app.engine.actor import SYSTEM
from app.engine.chain_models import Seal
from app.engine.leases import Leased
from app.engine.models import Event, JobRow
from app.engine.proof import anchors, write_seals
from app.engine.proof.seal_letter import written

#: Name of the job, kind of its incidents, subject and kind of its records.
NAME, SUBJECT, SENT = "seal.mail", "seals:mail", "seal.sent"
#: Why a mail goes out: once a day, a campaign ended, somebody asked.
DAILY, ENDED, ASKED = "daily", "ended", "asked"
#: Seconds between two looks whether a mail is due.
_LOOK_EVERY = 30.0


@dataclass(slots=True)
class _Installed:
    server: Smtp
    sender: str
    to: tuple[str, ...]
    every: timedelta
    looked: float = 0.0
    #: this process has not looked yet
    fresh: bool = True


_installed: _Installed | None = None
_missing: tuple[str, ...] = ()


def install_from(config: Config) -> None:
    """As the settings say; where one is missing nothing is sent."""
    global _installed, _missing
    given = {"DAOPAI_SMTP": config.smtp, "DAOPAI_MAIL_FROM": config.mail_from, "DAOPAI_ANCHOR_TO": config.anchor_to}
    _missing = tuple(name for name, value in given.items() if not value)
    _installed = (
        _Installed(config.smtp, config.mail_from, config.anchor_to, timedelta(hours=config.anchor_hours))
        if config.smtp is not None and not _missing
        else None
    )


def missing() -> tuple[str, ...]:
    """Names of the settings without which no mail can be sent; empty: mail is set up."""
    return _missing


def ask(session: Session, cause: str, *, campaign: int = 0) -> None:
    """Let the newest seal be sent after this transaction. What waits already, perhaps after a failure, goes now and takes the cause."""
    payload = {"cause": cause, "campaign": campaign}
    for job in outbox.waiting(session, NAME):
        if job.lease_until is None or job.lease_until < clock.real_now():
            job.payload, job.retry_at = {**job.payload, **payload}, None
            session.flush()
            return
    last = write_seals.newest(session)
    if last is not None:
        outbox.ask(session, NAME, last.number, payload=payload)


def keep_up(db: Database) -> None:
    """Ask for the day's mail when it is due; called by workers again and again."""
    use, now = _installed, clock.real_now()
    if use is None or time.monotonic() - use.looked < _LOOK_EVERY:
        return
    use.looked = time.monotonic()
    if use.fresh:
        # A start: perhaps a setting was mended, so what failed before is tried now.
        db.in_transaction(_hurry)
        use.fresh = False
    with db.reading() as session:
        due = _due(session, use.every, now)
    if due:
        # Two workers at one moment ask for the same seal: the second runs again and finds it asked for.
        db.in_transaction(lambda write: ask(write, DAILY) if _due(write, use.every, now) else None)


def _hurry(session: Session) -> None:
    for job in outbox.waiting(session, NAME):
        job.retry_at = None
    session.flush()


def _due(session: Session, every: timedelta, now: datetime) -> bool:
    last, before = write_seals.newest(session), sent(session)
    if last is None or outbox.waiting(session, NAME):
        return False
    return before is None or (before.detail["number"] < last.number and before.recorded_at + every <= now)


def sent(session: Session) -> Event | None:
    """The record of the last mail."""
    query = select(Event).where(Event.campaign_id == 0, Event.subject == SUBJECT, Event.kind == SENT)
    return session.scalar(query.order_by(Event.key.desc()).limit(1))


def unsent(session: Session) -> JobRow | None:
    """The mail that waits or is tried again."""
    return next(iter(outbox.waiting(session, NAME)), None)


@outbox.does(NAME, incident="mail")
def deliver(db: Database, job: Leased) -> Callable[[Session], Any] | None:
    """Send the newest seal there is now. Whom the server refuses alone gets another try."""
    use = _installed
    if use is None:
        raise mail.MailError(f"mail is not set up here: {', '.join(_missing)}")
    with db.reading() as session:
        last = write_seals.newest(session)
    if last is None:
        return None
    to = tuple(job.payload.get("left") or use.to)
    message = _message(use.sender, to, last, job)
    refused = mail.send(use.server, message)
    taken = [address for address in to if address not in refused]
    return lambda session: _note(session, last, taken, refused, job, message["Message-ID"])


def _note(session: Session, seal: Seal, taken: list[str], refused: dict[str, str], job: Leased, name: str) -> None:
    told = {"number": seal.number, "hash": seal.hash, "recipients": len(taken), "note": ", ".join(taken), "message": name}
    events.record(session, SENT, SYSTEM, subject=SUBJECT, detail={**told, "cause": job.payload["cause"]})
    if refused:
        outbox.ask(session, NAME, seal.number, payload={**job.payload, "left": sorted(refused)})


def _message(sender: str, to: tuple[str, ...], seal: Seal, job: Leased) -> EmailMessage:
    """A letter in words, with the seal's line of the anchor file. It has the same id whenever it has to be sent again."""
    subject, body = written(seal, job.payload["cause"], job.payload["campaign"])
    message = EmailMessage(policy=LINES)
    message["Subject"], message["From"], message["To"] = subject, sender, ", ".join(to)
    message["Date"] = format_datetime(clock.real_now())
    message["Message-ID"] = f"<daopai-{job.key}-{seal.number}@{sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    line = orjson.dumps(anchors.as_json(seal)) + b"\n"
    message.add_attachment(line, maintype="application", subtype="x-ndjson", filename=anchors.NAME)
    return message
