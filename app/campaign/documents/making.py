"""A document from its content: which template, which format, which bytes, and what the record keeps."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Identity
from app.campaign.documents import (
    daily_documents,
    household_documents,
    problem_documents,
    report_documents,
    staff_documents,
    village_documents,
    word,
    workbook,
)
from app.campaign.documents.content import Document, Printed
from app.campaign.documents.kinds import KINDS, Format, Kind
from app.campaign.documents.sealed import with_seal
from app.campaign.models import Campaign, DocumentTemplate
from app.engine import events, kept_files
from app.engine.actor import Actor
from app.lazy_import import Later

paper, word_to_pdf = Later("app.campaign.documents.paper"), Later("app.campaign.documents.word_to_pdf")

#: kind → (session, who, about) → the content, or None when it does not exist for this user
_GATHER = {
    "ledger": problem_documents.ledger,
    "rectification_list": problem_documents.rectification_list,
    "notice": problem_documents.notice,
    "notice_receipt": problem_documents.notice_receipt,
    "problem_list": problem_documents.problem_list,
    "village_form": village_documents.village_form,
    "village_report": report_documents.village_report,
    "spot_check_report": report_documents.spot_check_report,
    "household_form": household_documents.household_form,
    "app_entry": household_documents.app_entry,
    "nine_documents": village_documents.nine_documents,
    "route_list": staff_documents.route_list,
    "daily_progress": daily_documents.daily_progress,
    "staff": staff_documents.staff,
}


@dataclass(frozen=True, slots=True)
class Made:
    """A document as a file."""

    content: bytes
    file_name: str
    document: Document
    kind: Kind
    format: Format

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def make(session: Session, who: Identity, code: str, form: str, about: str) -> Made | None:
    """The file, or None when there is no such document for this user. Reads only."""
    kind = KINDS.get(code)
    if kind is None or form not in kind.formats or not who.has(*kind.roles):
        return None
    document = _GATHER[code](session, who, about) if session.get(Campaign, who.campaign_id) is not None else None
    if document is None:
        return None
    document = with_seal(session, document)
    look = document.printed or Printed(template(session, who.campaign_id, code) if kind.template else b"", author(session, who), None)
    content = render(kind, form, document, look.template, look.by, at=look.stored_at)
    return Made(content, f"{document.name}.{form}", document, kind, form)


def render(kind: Kind, form: str, document: Document, template_file: bytes, by: str, *, at: datetime | None = None) -> bytes:
    """The bytes in one of the kind's formats. ``at``: when it was signed or issued; the same document then gives the same bytes."""
    if form == "xlsx":
        return workbook.write(document.sheets, author=by, title=document.name, made_at=at)
    if document.form is not None:
        return bytes(paper.form(document.form, author=by))
    if kind.template:
        made = word.render(template_file, {**document.words, "标题": document.name, "单位": by})
        return made if form == "docx" else bytes(word_to_pdf.convert(made, title=document.name, author=by))
    return bytes(paper.sheets(document.sheets, title=document.name, author=by))


def author(session: Session, who: Identity) -> str:
    """Who runs the campaign, as documents name it."""
    return session.scalar(select(Campaign.organisation).where(Campaign.id == who.campaign_id)) or ""


def template(session: Session, campaign_id: int, code: str) -> bytes:
    """The campaign's own template of this kind, otherwise the one that came with the system."""
    own = session.scalar(
        select(DocumentTemplate.content).where(*_own(campaign_id, code)).order_by(DocumentTemplate.revision.desc()).limit(1)
    )
    return own if own is not None else word.original(code)


def _own(campaign_id: int, code: str) -> tuple[Any, ...]:
    return DocumentTemplate.campaign_id == campaign_id, DocumentTemplate.kind == code, DocumentTemplate.withdrawn_at.is_(None)


def own_templates(session: Session, campaign_id: int) -> dict[str, DocumentTemplate]:
    """Kind → the campaign's own template that counts."""
    rows = session.scalars(
        select(DocumentTemplate)
        .where(DocumentTemplate.campaign_id == campaign_id, DocumentTemplate.withdrawn_at.is_(None))
        .order_by(DocumentTemplate.revision)
    )
    return {row.kind: row for row in rows}


def record(session: Session, made: Made, who: Identity, actor: Actor, *, stored: str = "") -> None:
    """Keep who took which document out of the system, and its SHA-256. *stored*: the name of the copy that was kept (``keep``)."""
    detail = {"kind": made.kind.code, "format": made.format, "name": made.file_name, "sha256": made.checksum, **made.document.detail}
    detail |= {"stored": stored} if stored else {}
    events.record(session, "document.made", actor, campaign_id=who.campaign_id, subject=made.document.subject, detail=detail)


def keep(folder: Path, made: Made) -> str:
    """A copy of a document that carries signatures or a number; "" of others. Its record must name it."""
    return kept_files.write(folder, made.content) if made.kind.kept else ""
