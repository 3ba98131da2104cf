"""Drafts and their versions: begin, save, refuse a save over somebody else's version, discard. Saving never deploys."""

from __future__ import annotations

import hashlib

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.engine import events
from app.engine.actor import Actor
from app.modeler.drafts import files
from app.modeler.drafts.errors import Conflict, NotFound
from app.modeler.drafts.models import ModelDraft, ModelDraftVersion


def create(session: Session, actor: Actor, *, kind: str, resource: str, content: bytes, base_key: int | None = None) -> ModelDraft:
    """Begin a draft with its first version. Raises ``Refused`` for content that is no such file."""
    defined = files.read(kind, resource, content)
    now = clock.real_now()
    draft = ModelDraft(
        kind=kind,
        resource=resource,
        definition_id=defined.id,
        name=defined.name,
        base_key=base_key,
        owner=actor.name,
        number=1,
        created_at=now,
        updated_at=now,
        updated_by=actor.name,
    )
    session.add(draft)
    session.flush()
    _add(session, draft, 1, content, actor)
    events.record(session, "draft.created", actor, subject=f"draft:{draft.key}", detail=_detail(draft))
    return draft


def find(session: Session, draft_key: int) -> ModelDraft:
    """The draft *draft_key*, open or not. Raises ``NotFound``."""
    draft = session.get(ModelDraft, draft_key)
    if draft is None:
        raise NotFound("draft", draft_key)
    return draft


def open_drafts(session: Session) -> list[ModelDraft]:
    """What is being drawn, the last touched first."""
    return list(session.scalars(select(ModelDraft).where(ModelDraft.state == "OPEN").order_by(ModelDraft.updated_at.desc()).limit(500)))


def contents_beside(session: Session, draft: ModelDraft) -> dict[str, bytes]:
    """The newest versions of the other open drafts, by file name; of several of one file the last touched."""
    newest = (ModelDraftVersion.draft_key == ModelDraft.key) & (ModelDraftVersion.number == ModelDraft.number)
    query = select(ModelDraft.resource, ModelDraftVersion.content).join(ModelDraftVersion, newest)
    rows = session.execute(query.where(ModelDraft.state == "OPEN", ModelDraft.key != draft.key).order_by(ModelDraft.updated_at))
    return {row.resource: row.content for row in rows}


def content_of(session: Session, draft: ModelDraft, number: int | None = None) -> bytes:
    """The file as it was in version *number* (default: the one that counts). Raises ``NotFound``."""
    wanted = draft.number if number is None else number
    query = select(ModelDraftVersion.content).where(ModelDraftVersion.draft_key == draft.key, ModelDraftVersion.number == wanted)
    content = session.scalar(query)
    if content is None:
        raise NotFound("draft version", wanted)
    return content


def version(session: Session, draft: ModelDraft, number: int) -> ModelDraftVersion:
    """One version without its content. Raises ``NotFound``."""
    query = select(ModelDraftVersion).where(ModelDraftVersion.draft_key == draft.key, ModelDraftVersion.number == number)
    found = session.scalar(query)
    if found is None:
        raise NotFound("draft version", number)
    return found


def versions(session: Session, draft: ModelDraft, *, before: int | None = None, limit: int = 50) -> list[ModelDraftVersion]:
    """Its versions, the newest first, from below number *before*."""
    query = select(ModelDraftVersion).where(ModelDraftVersion.draft_key == draft.key)
    if before is not None:
        query = query.where(ModelDraftVersion.number < before)
    return list(session.scalars(query.order_by(ModelDraftVersion.number.desc()).limit(limit)))


def authors(session: Session, draft: ModelDraft) -> set[str]:
    """User names of everybody who drew at it: none of them releases it."""
    query = select(ModelDraftVersion.saved_by).where(ModelDraftVersion.draft_key == draft.key, ModelDraftVersion.adopted).distinct()
    return {draft.owner, *session.scalars(query)}


def save(session: Session, draft_key: int, from_number: int, content: bytes, actor: Actor, note: str = "") -> ModelDraft:
    """Keep *content* as the next version. *from_number* is the version that it was made from.

    Raises ``Conflict`` when another version counts by now (also when it was saved by the same person in another window) and when the
    draft is closed, ``Refused`` for content that is no such file. Content that is the newest version's own makes no new one.
    """
    draft = _open(session, draft_key)
    if _checksum(content) == version(session, draft, draft.number).checksum:
        return draft
    if from_number != draft.number:
        newest = version(session, draft, draft.number)
        raise Conflict("draft_newer", by=newest.saved_by, at=newest.saved_at, number=newest.number, seen=from_number)
    defined = files.read(draft.kind, draft.resource, content)
    draft.number = _add(session, draft, _next_number(session, draft), content, actor, note).number
    draft.definition_id, draft.name = defined.id, defined.name
    draft.updated_at, draft.updated_by = clock.real_now(), actor.name
    session.flush()
    return draft


def put_aside(session: Session, draft_key: int, content: bytes, actor: Actor) -> ModelDraftVersion:
    """Keep what was refused as a version that does not count: it can be compared, and restored. The same content twice is one version."""
    draft = _open(session, draft_key)
    files.read(draft.kind, draft.resource, content)
    query = select(ModelDraftVersion).where(
        ModelDraftVersion.draft_key == draft.key, ModelDraftVersion.checksum == _checksum(content), ModelDraftVersion.saved_by == actor.name
    )
    kept = session.scalar(query.order_by(ModelDraftVersion.number.desc()).limit(1))
    # the draft's row takes part, so that two who save at the same moment do not meet in one number
    draft.updated_at = clock.real_now()
    return kept or _add(session, draft, _next_number(session, draft), content, actor, adopted=False)


def restore(session: Session, draft_key: int, number: int, from_number: int, actor: Actor, note: str = "") -> ModelDraft:
    """Make version *number* count again, as a new version. Raises what ``save`` raises."""
    return save(session, draft_key, from_number, content_of(session, _open(session, draft_key), number), actor, note)


def discard(session: Session, draft_key: int, actor: Actor) -> ModelDraft:
    """Nobody goes on with it. Its versions stay."""
    return _close(session, draft_key, "DISCARDED", "draft.discarded", actor)


def mark_released(session: Session, draft_key: int, actor: Actor) -> ModelDraft:
    """It has become a deployed definition."""
    return _close(session, draft_key, "RELEASED", "draft.released", actor)


def _open(session: Session, draft_key: int) -> ModelDraft:
    draft = find(session, draft_key)
    if draft.state != "OPEN":
        raise Conflict("draft_released" if draft.state == "RELEASED" else "draft_discarded")
    return draft


def _close(session: Session, draft_key: int, state: str, kind: str, actor: Actor) -> ModelDraft:
    draft = _open(session, draft_key)
    draft.state, draft.updated_at, draft.updated_by = state, clock.real_now(), actor.name
    events.record(session, kind, actor, subject=f"draft:{draft.key}", detail=_detail(draft))
    session.flush()
    return draft


def _add(
    session: Session, draft: ModelDraft, number: int, content: bytes, actor: Actor, note: str = "", *, adopted: bool = True
) -> ModelDraftVersion:
    made = ModelDraftVersion(
        draft_key=draft.key,
        number=number,
        content=content,
        checksum=_checksum(content),
        note=note.strip()[:500],
        adopted=adopted,
        saved_at=clock.real_now(),
        saved_by=actor.name,
    )
    session.add(made)
    session.flush()
    return made


def _next_number(session: Session, draft: ModelDraft) -> int:
    return (session.scalar(select(func.max(ModelDraftVersion.number)).where(ModelDraftVersion.draft_key == draft.key)) or 0) + 1


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _detail(draft: ModelDraft) -> dict[str, str | int]:
    return {"kind": draft.kind, "resource": draft.resource, "id": draft.definition_id, "number": draft.number}
