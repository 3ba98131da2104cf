"""Papers that were signed or issued: what they state is kept then, and every later print is made from it, byte for byte.

A paper may be kept again when a further signature comes onto it; the newest counts. Nothing that is kept is ever changed: facts that change
later make a new paper, or void a signature, which is printed beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app import clock, exact_json
from app.campaign.documents import content, phrases, word
from app.campaign.documents.content import Document, Printed
from app.campaign.documents.kinds import KINDS
from app.campaign.models import Campaign, DocumentTemplate, Paper, Signature
from app.db import new_key
from app.engine import events
from app.engine.actor import Actor

#: of a document's words: who signs and when, not what is stated
_BESIDE = ("签字栏", "签字号", "状态", "成文日期", "数据截至")


@dataclass(frozen=True, slots=True)
class Frozen:
    """A paper as it was kept."""

    row: Paper
    document: Document
    #: figures and answers behind the document, by the form's keys
    data: Mapping[str, Any]


def stamp(document: Document) -> str:
    """SHA-256 of what a document states, without its signatures; hexadecimal."""
    made = document.as_json()
    stated = {"name": made["name"], "words": {name: value for name, value in made["words"].items() if name not in _BESIDE}}
    return hashlib.sha256(exact_json.dumps(stated, sort_keys=True)).hexdigest()


def keep(
    session: Session,
    campaign_id: int,
    kind: str,
    subject: str,
    document: Document,
    actor: Actor,
    *,
    stage: str,
    at: datetime,
    data: Mapping[str, Any] | None = None,
    submission_key: int | None = None,
) -> Paper:
    """Keep *document* as it stands. ``stage``: drafted, signed, issued. Recorded as ``paper.kept`` with its SHA-256."""
    by = session.scalar(select(Campaign.organisation).where(Campaign.id == campaign_id)) or ""
    paper = Paper(
        campaign_id=campaign_id,
        kind=kind,
        subject=subject,
        stage=stage,
        submission_key=submission_key,
        template_key=_template(session, campaign_id, kind) if kind in KINDS and KINDS[kind].template else None,
        content=exact_json.loads(exact_json.dumps({"document": document.as_json(), "data": dict(data or {}), "by": by}, default=str)),
        content_hash=stamp(document),
        kept_at=at,
        stored_at=clock.real_now(),
    )
    session.add(paper)
    session.flush()
    told = {"kind": kind, "name": document.name, "stage": stage, "sha256": paper.content_hash}
    events.record(session, "paper.kept", actor, at=at, campaign_id=campaign_id, subject=subject, detail=told)
    return paper


def newest(
    session: Session, campaign_id: int, kind: str, subject: str, *, stages: Sequence[str] = ("signed", "issued"), form: int | None = None
) -> Frozen | None:
    """The newest paper of this kind about a subject; ``form``: only when it was made from this submission. None after an erasure."""
    query = select(Paper).where(Paper.campaign_id == campaign_id, Paper.kind == kind, Paper.subject == subject, Paper.stage.in_(stages))
    row = session.scalar(query.order_by(Paper.key.desc()).limit(1))
    if row is None or not row.content or (form is not None and row.submission_key != form):
        return None
    kept = row.content
    template = session.scalar(select(DocumentTemplate.content).where(DocumentTemplate.key == row.template_key)) if row.template_key else b""
    document = replace(content.read(kept["document"]), printed=Printed(template or b"", kept["by"], row.stored_at))
    return Frozen(row, document, kept["data"])


def as_kept(session: Session, campaign_id: int, kind: str, subject: str, live: Document, *, form: int | None = None) -> Document:
    """What is printed: the paper as it was signed or issued, with signatures that were voided since marked; before that *live*."""
    kept = newest(session, campaign_id, kind, subject, form=form)
    if kept is None:
        return live
    words = kept.document.words
    if not words.get("签字号"):
        return kept.document
    return replace(kept.document, words={**words, "签字栏": _marked(session, words["签字栏"], words["签字号"])})


def _marked(session: Session, lines: Sequence[Mapping[str, str]], keys: Sequence[str]) -> list[dict[str, str]]:
    rows = {str(row.key): row for row in session.scalars(select(Signature).where(Signature.key.in_([int(key) for key in keys if key])))}
    return [{**line, "签字": line["签字"] + phrases.voided(rows.get(key))} for line, key in zip(lines, keys, strict=True)]


def _template(session: Session, campaign_id: int, kind: str) -> int:
    """The key of the template that counts now. The system's own is kept among the templates of no campaign: an upgrade may change it."""
    own = select(DocumentTemplate.key).where(
        DocumentTemplate.campaign_id == campaign_id, DocumentTemplate.kind == kind, DocumentTemplate.withdrawn_at.is_(None)
    )
    found = session.scalar(own.order_by(DocumentTemplate.revision.desc()).limit(1))
    if found is not None:
        return found
    original = word.original(kind)
    checksum = hashlib.sha256(original).hexdigest()
    ours = DocumentTemplate.campaign_id == 0, DocumentTemplate.kind == kind
    found = session.scalar(select(DocumentTemplate.key).where(*ours, DocumentTemplate.checksum == checksum))
    if found is not None:
        return found
    now = clock.real_now()
    row = DocumentTemplate(
        key=new_key(),
        campaign_id=0,
        kind=kind,
        revision=(session.scalar(select(func.max(DocumentTemplate.revision)).where(*ours)) or 0) + 1,
        content=original,
        checksum=checksum,
        file_name=f"{kind}.docx",
        uploaded_by="system",
        uploaded_at=now,
        withdrawn_at=now,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:  # another paper kept it at the same moment: this transaction is run again
        raise StaleDataError("the template was kept at the same moment") from error
    return row.key
