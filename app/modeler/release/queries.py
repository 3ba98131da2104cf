"""Requests as they stand: who may not release one, which are stale, what they would replace."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session, selectinload, undefer

from app.engine.errors import NotFound
from app.engine.models import Definition
from app.modeler.drafts import store
from app.modeler.drafts.models import ModelDraft, ModelDraftVersion
from app.modeler.release.models import ReleaseFile, ReleaseRequest


def find(session: Session, key: int, *, contents: bool = False) -> ReleaseRequest:
    """The request with its files. Raises ``NotFound``."""
    files = selectinload(ReleaseRequest.files)
    options = [files.options(undefer(ReleaseFile.content)) if contents else files]
    query = select(ReleaseRequest).where(ReleaseRequest.key == key).options(*options)
    request = session.scalar(query.execution_options(populate_existing=True))
    if request is None:
        raise NotFound("release request", key)
    return request


def barred(session: Session, request: ReleaseRequest) -> set[str]:
    """User names of those who may not release it: who asked, and who ever saved a version of one of its drafts."""
    found = {request.requested_by}
    for file in request.files:
        found |= set(file.drawn_by)
        if file.draft_key is not None:
            found |= drew(session, file.draft_key)
    return found


def drew(session: Session, draft_key: int, *known: str) -> set[str]:
    """Everybody who saved at this draft, put-aside versions included: they may have been taken over."""
    saved = select(ModelDraftVersion.saved_by).where(ModelDraftVersion.draft_key == draft_key).distinct()
    return {store.find(session, draft_key).owner, *session.scalars(saved), *known}


def stale(session: Session, request: ReleaseRequest) -> list[ReleaseFile]:
    """Those files whose draft has gone on, or was closed, since it was asked for."""
    return stale_files(session, [request])


def stale_files(session: Session, found: Iterable[ReleaseRequest]) -> list[ReleaseFile]:
    """The stale files of all the waiting ones among these requests. One statement."""
    files = [file for request in found if request.state == "WAITING" for file in request.files if file.draft_key is not None]
    if not files:
        return []
    query = select(ModelDraft.key, ModelDraft.number).where(
        ModelDraft.key.in_({file.draft_key for file in files}), ModelDraft.state == "OPEN"
    )
    numbers = dict(session.execute(query).all())
    return [file for file in files if numbers.get(file.draft_key or 0) != file.draft_number]


def newest_versions(session: Session, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Definition]:
    """(kind, id) → the newest deployed definition, without its content. One statement."""
    wanted = set(pairs)
    if not wanted:
        return {}
    top = (
        select(Definition.kind, Definition.id, func.max(Definition.version))
        .where(tuple_(Definition.kind, Definition.id).in_(wanted))
        .group_by(Definition.kind, Definition.id)
    )
    query = select(Definition).where(tuple_(Definition.kind, Definition.id, Definition.version).in_(top))
    return {(row.kind, row.id): row for row in session.scalars(query)}


def standing_of(session: Session, request: ReleaseRequest) -> str:
    """A mark of the versions that the request would replace: it changes when somebody releases one of them."""
    found = newest_versions(session, {(file.kind, file.definition_id) for file in request.files})
    return hashlib.sha256(",".join(sorted(str(row.key) for row in found.values())).encode()).hexdigest()[:16]


def waiting_with(session: Session, draft_keys: Sequence[int], *, but: int = 0) -> list[ReleaseRequest]:
    """Waiting requests that hold one of these drafts."""
    held = select(ReleaseFile.request_key).where(ReleaseFile.draft_key.in_(draft_keys), ReleaseFile.request_key != but)
    query = select(ReleaseRequest).where(ReleaseRequest.state == "WAITING", ReleaseRequest.key.in_(held))
    return list(session.scalars(query.options(selectinload(ReleaseRequest.files))))


def moved_on(session: Session, request: ReleaseRequest) -> list[tuple[ReleaseFile, Definition, Definition]]:
    """Files whose draft began from a version that is no longer the newest: (file, the version it began from, the newest)."""
    keys = {file.draft_key: file for file in request.files if file.draft_key is not None}
    if not keys or request.state != "WAITING":
        return []
    begun = dict(
        session.execute(select(ModelDraft.key, ModelDraft.base_key).where(ModelDraft.key.in_(keys), ModelDraft.base_key.is_not(None))).all()
    )
    bases = {row.key: row for row in session.scalars(select(Definition).where(Definition.key.in_(begun.values())))}
    newest = newest_versions(session, {(file.kind, file.definition_id) for file in request.files})
    found = []
    for draft_key, base_key in begun.items():
        file, base = keys[draft_key], bases.get(base_key or 0)
        now = newest.get((file.kind, file.definition_id))
        if base is not None and now is not None and base.id == now.id and base.version < now.version:
            found.append((file, base, now))
    return found


def page(session: Session, state: str, before: int | None, limit: int) -> list[ReleaseRequest]:
    """Requests in *state* ("": all), the newest first, from below the key *before*; with their files."""
    query = select(ReleaseRequest).options(selectinload(ReleaseRequest.files))
    if state:
        query = query.where(ReleaseRequest.state == state)
    if before is not None:
        query = query.where(ReleaseRequest.key < before)
    return list(session.scalars(query.order_by(ReleaseRequest.key.desc()).limit(limit)))


def counts(session: Session) -> dict[str, int]:
    """State → how many requests."""
    return dict(session.execute(select(ReleaseRequest.state, func.count()).group_by(ReleaseRequest.state)).all())
