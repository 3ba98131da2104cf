"""Every place with personal contents, room by room: what ``erasing`` takes away after a campaign. Encrypted values of forms and records
give way to their digests, files and texts go, names become a blank; codes, dates, states and amounts stay.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.acts import uploads
from app.acts.models import Attachment, Draft, FieldComment
from app.audit.search import filling
from app.campaign import models as campaign
from app.engine import chains, contents, erasing, events, kept_files
from app.engine.actor import SYSTEM
from app.engine.erased_contents import BLANK, plain
from app.engine.migration_models import InstanceMigration
from app.engine.models import Event
from app.forms.models import Submission
from app.modeler.operations.models import OperationBatch, OperationItem

_MANY = 500

erasing.blank("persons", campaign.Household, head=BLANK, address="", phone_cipher="", bank_cipher="", facts={})
erasing.blank("persons", campaign.Member, name=BLANK, id_number_cipher="", id_number_index="", birth_date=None, health_cipher="", facts={})
erasing.blank("persons", campaign.Extract, values={})
erasing.blank("persons", campaign.Problem, head=BLANK)
for _kind in ("persons", "texts", "staff"):
    erasing.blank(_kind, campaign.Paper, content={})
erasing.blank("persons", campaign.Guide, name=BLANK, phone_cipher="")
erasing.blank("persons", campaign.Visit, guide="")
erasing.blank("persons", campaign.Meeting, agenda=[])
erasing.blank("persons", campaign.Hold, settled_value=None)
erasing.blank("persons", campaign.Notification, title=BLANK, text="")
erasing.blank("persons", OperationBatch, mapping={})
erasing.blank("texts", campaign.Problem, text=BLANK, text_en="", measure="", rectification="", closure_note="", decision="", evidence=[])
erasing.blank("texts", campaign.Question, text=BLANK, answer="")
erasing.blank("texts", campaign.Hold, reason="")
erasing.blank("texts", campaign.Judgement, measure="")
erasing.blank("texts", campaign.Notice, text="", reply="")
erasing.blank("texts", campaign.Notification, title=BLANK, text="")
erasing.blank("texts", campaign.Meeting, minutes="", agenda=[])
erasing.blank("texts", campaign.Signature, void_reason="")
erasing.blank("texts", campaign.TrainingAttendance, remark="")
erasing.blank("texts", FieldComment, text=BLANK, reply="")
erasing.blank("texts", OperationBatch, reason="")
erasing.blank("texts", OperationItem, cause="", cause_en="")
erasing.blank("texts", InstanceMigration, reason="")
erasing.blank("staff", campaign.Staff, name=BLANK, phone_cipher="", avoidance_reason="")
erasing.blank("staff", campaign.Meeting, attendance=[])
erasing.blank("staff", campaign.Guide, name=BLANK, phone_cipher="")


def _plain(kinds: tuple[str, ...], model: Any, *columns: str) -> None:
    """Leave codes, times and amounts of these JSON columns, and no text (``plain``)."""

    def erase(session: Session, campaign_id: int, after: int) -> tuple[int, int] | None:
        found = _next(session, model, campaign_id, after)
        for row in found:
            for column in columns:
                setattr(row, column, plain(getattr(row, column)))
        return (found[-1].key, len(found)) if found else None

    for kind in kinds:
        erasing.step(kind)(erase)


def _next(session: Session, model: Any, campaign_id: int, after: int) -> list[Any]:
    query = select(model).where(model.campaign_id == campaign_id, model.key > after)
    return list(session.scalars(query.order_by(model.key).limit(_MANY)))


_plain(("persons", "texts"), campaign.LedgerEntry, "snapshot")
_plain(("persons", "texts"), campaign.Report, "content")
_plain(("persons", "texts"), campaign.Village, "facts")
_plain(("persons",), campaign.SpotSample, "differences")


@erasing.step("persons")
def _submissions(session: Session, campaign_id: int, after: int) -> tuple[int, int] | None:
    """What people typed into forms; the digest of its ciphertext stands for each encrypted field. A record says of each form what it was
    before and is now, so that it is still proved."""
    found, steps = _next(session, Submission, campaign_id, after), {}
    for row in found:
        before = contents.digests(row)
        row.data = plain(chains.without_ciphers(row.data))
        row.warnings, row.problems = plain(row.warnings), plain(row.problems)
        steps.update({name: [before[name], digest] for name, digest in contents.digests(row).items() if before[name] != digest})
    if steps:
        events.record(session, contents.REWRITTEN, SYSTEM, campaign_id=campaign_id, detail={"rewritten": steps})
    return (found[-1].key, len(found)) if found else None


@erasing.step("persons")
def _imports(session: Session, campaign_id: int, after: int) -> tuple[int, int] | None:
    """Workbooks that came back marked: a day's files, in which the whole register stands."""
    folder = erasing.uploads()
    if after or folder is None:
        return None
    names = session.scalars(select(campaign.ImportRun.result_file).where(campaign.ImportRun.campaign_id == campaign_id)).all()
    for name in filter(None, names):
        (folder / "imports" / Path(name).name).unlink(missing_ok=True)
    return 1, len(names)


erasing.blank("persons", campaign.ImportRun, file_name=BLANK, message="", result_file="")


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


@erasing.last(*erasing.KINDS)
def _search(session: Session, campaign_id: int, after: int) -> tuple[int, int] | None:
    """The index of records' words, from which they could be guessed: workers make it again from what is left."""
    if after:
        return None
    filling.begin_again(session)
    return 1, 0
