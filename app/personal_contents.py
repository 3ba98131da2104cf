"""Every place with personal contents, room by room: what ``erasing`` takes away after a campaign. Encrypted values of forms and records
give way to their digests, files and texts go, names become a blank; codes, dates, states and amounts stay.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.acts import uploads
from app.acts.models import Attachment, Draft, FieldComment
from app.campaign import models as campaign
from app.engine import chains, erasing, kept_files
from app.engine.erasing import BLANK
from app.engine.models import Event, MessageRow
from app.forms.models import Submission

_MANY = 500

erasing.blank("persons", campaign.Household, head=BLANK, address="", phone_cipher="", bank_cipher="")
erasing.blank("persons", campaign.Member, name=BLANK, id_number_cipher="", id_number_index="", birth_date=None, health_cipher="", facts={})
erasing.blank("persons", campaign.Extract, values={})
erasing.blank("persons", campaign.Problem, head=BLANK)
erasing.blank("persons", MessageRow, variables={})
erasing.blank("texts", campaign.Problem, text=BLANK, text_en="", measure="", rectification="", closure_note="", evidence=[])
erasing.blank("texts", campaign.Notification, title=BLANK, text="")
erasing.blank("texts", campaign.Meeting, minutes="")
erasing.blank("texts", FieldComment, text=BLANK, reply="")
erasing.blank("staff", campaign.Staff, name=BLANK, phone_cipher="")


@erasing.step("persons")
def _submissions(session: Session, campaign_id: int, after: int) -> tuple[int, int] | None:
    """Encrypted fields of forms: the digest of its ciphertext stands for each."""
    query = select(Submission).where(Submission.campaign_id == campaign_id, Submission.key > after).order_by(Submission.key).limit(_MANY)
    found = list(session.scalars(query))
    for row in found:
        row.data = chains.without_ciphers(row.data)
    return (found[-1].key, len(found)) if found else None


@erasing.step("persons")
def _drafts(session: Session, campaign_id: int, after: int) -> tuple[int, int] | None:
    """What was typed and never handed in."""
    if after:
        return None
    result: Any = session.execute(delete(Draft).where(Draft.campaign_id == campaign_id))
    return 1, result.rowcount


@erasing.step("files")
def _files(session: Session, campaign_id: int, after: int) -> tuple[int, int] | None:
    """Photos and papers. The row with the file's SHA-256 stays; done twice, it does no harm."""
    query = select(Attachment).where(Attachment.campaign_id == campaign_id, Attachment.key > after).order_by(Attachment.key).limit(_MANY)
    found, folder = list(session.scalars(query)), erasing.uploads()
    for row in found:
        row.name = BLANK
        if folder is not None:
            uploads.path(folder, row.stored).unlink(missing_ok=True)
    return (found[-1].key, len(found)) if found else None


@erasing.step("files")
def _documents(session: Session, campaign_id: int, after: int) -> tuple[int, int] | None:
    """Kept copies of documents. The record with their SHA-256 stays."""
    query = select(Event).where(Event.campaign_id == campaign_id, Event.kind.in_(kept_files.KINDS), Event.key > after)
    found, folder = list(session.scalars(query.order_by(Event.key).limit(_MANY))), erasing.uploads()
    for row in found:
        kept = kept_files.of_record(row.kind, row.detail)
        if kept is not None and folder is not None:
            kept_files.path(folder, kept.stored).unlink(missing_ok=True)
    return (found[-1].key, len(found)) if found else None
