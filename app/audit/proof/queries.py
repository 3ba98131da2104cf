"""What the pages about seals and verifications show."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import key_at
from app.engine.chain_models import Chain, Seal, Verification
from app.engine.models import Event, JobRow, ProcessInstance
from app.engine.proof import mail_seals, write_seals
from app.engine.proof.findings import Finding


@dataclass(frozen=True, slots=True)
class State:
    """How much is sealed."""

    #: the newest seal; None: nothing was sealed yet
    last: Seal | None
    #: records written since
    unsealed: int
    #: the key of this installation is not that of the newest seal
    foreign_key: bool


def state(session: Session) -> State:
    """Counted by the chains' own lengths: no record is read."""
    last = write_seals.newest(session)
    lengths = sum(
        session.scalar(select(func.coalesce(func.sum(column), 0))) or 0 for column in (ProcessInstance.chain_length, Chain.length)
    )
    own = write_seals.public_key()
    return State(last, max(int(lengths) - (last.records if last else 0), 0), bool(last and own and own != last.public_key))


@dataclass(frozen=True, slots=True)
class Mail:
    """The newest seal by mail: whether that is set up, what was sent last, what waits."""

    #: names of settings that are missing; empty: it is set up
    missing: tuple[str, ...]
    #: the record of the last mail
    sent: Event | None
    #: the mail that waits or is tried again
    waiting: JobRow | None


def mail(session: Session) -> Mail:
    """Two statements, both by index."""
    return Mail(mail_seals.missing(), mail_seals.sent(session), mail_seals.unsent(session))


def seals(session: Session, before: int | None, limit: int) -> list[Seal]:
    """Seals, the newest first."""
    query = select(Seal).order_by(Seal.number.desc()).limit(limit)
    return list(session.scalars(query.where(Seal.number < before) if before else query))


def verifications(session: Session, limit: int) -> list[Verification]:
    """Verifications, the newest first."""
    return list(session.scalars(select(Verification).order_by(Verification.key.desc()).limit(limit)))


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in words, and the record that it is about or that tells of it, if there still is one."""

    text: str
    record: int | None


def told(session: Session, findings: list[Finding], language: str) -> list[Told]:
    """All of them with one look at the records."""
    about = [int(each.detail.get("record_key") or each.key) for each in findings]
    there = set(session.scalars(select(Event.key).where(Event.key.in_(about)))) if about else set()
    return [Told(each.text(language), key if key in there else None) for each, key in zip(findings, about, strict=True)]


def recent(session: Session, limit: int) -> list[Event]:
    """The newest records that a seal holds: examples to prove."""
    last = write_seals.newest(session)
    if last is None:
        return []
    return list(session.scalars(select(Event).where(Event.key < key_at(last.at)).order_by(Event.key.desc()).limit(limit)))
