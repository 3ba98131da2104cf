"""Four eyes: somebody asks that files be released, another person releases or rejects them. Who drew does not release."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app import clock
from app.engine import definitions, events
from app.engine.actor import Actor
from app.engine.definitions import Problem
from app.engine.errors import CONFLICTS, Conflict, Refused
from app.modeler.drafts import store
from app.modeler.drafts.models import ModelDraft
from app.modeler.release import errors, queries
from app.modeler.release.models import ReleaseFile, ReleaseRequest

CONFLICTS.update(errors.CONFLICTS)

#: characters of a comment or reason
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Content:
    """A file to ask for."""

    kind: str
    resource: str
    content: bytes
    definition_id: str
    name: str
    drawn_by: tuple[str, ...]
    draft_key: int | None = None
    draft_number: int | None = None


# --- ask --------------------------------------------------------------------------------------------------------------


def ask_for_drafts(session: Session, draft_keys: Sequence[int], comment: str, actor: Actor, *, replaced: str = "") -> ReleaseRequest:
    """Ask that the newest versions of these drafts be released together.

    Waiting requests that hold one of them are withdrawn, for the reason *replaced*. Raises ``Refused`` with all problems when the check
    finds errors, ``Conflict`` for a draft that is closed and where nothing would change.
    """
    drafts = [store.find(session, key) for key in dict.fromkeys(draft_keys)]
    for draft in drafts:
        if draft.state != "OPEN":
            raise Conflict("draft_released" if draft.state == "RELEASED" else "draft_discarded")
    files = [_of_draft(session, draft) for draft in drafts]
    request = ask(session, files, comment, actor)
    for other in queries.waiting_with(session, [draft.key for draft in drafts], but=request.key):
        _decide(session, other, "WITHDRAWN", "release.withdrawn", actor, replaced)
    return request


def _of_draft(session: Session, draft: ModelDraft) -> Content:
    return Content(
        draft.kind,
        draft.resource,
        store.content_of(session, draft),
        draft.definition_id,
        draft.name,
        tuple(sorted(queries.drew(session, draft.key, draft.owner))),
        draft.key,
        draft.number,
    )


def ask(session: Session, files: Sequence[Content], comment: str, actor: Actor, *, again_key: int | None = None) -> ReleaseRequest:
    """Ask that *files* be released together. Raises what ``ask_for_drafts`` raises."""
    if not comment.strip():
        raise Conflict("comment_needed")
    if not files:
        raise Conflict("request_empty")
    _refuse_twice(files)
    contents = {file.resource: file.content for file in files}
    if not changed(session, files):
        raise Conflict("request_nothing_new")
    problems = check(session, contents)
    if any(problem.severity == "error" for problem in problems):
        raise Refused(problems)
    request = ReleaseRequest(
        comment=_plain(comment), requested_at=clock.real_now(), requested_by=actor.name, again_key=again_key, state="WAITING"
    )
    session.add(request)
    session.flush()
    session.add_all(_row(request, position, file) for position, file in enumerate(files))
    session.flush()
    _record(session, "release.requested", request, actor, files)
    return request


def _refuse_twice(files: Sequence[Content]) -> None:
    seen: set[str] = set()
    for file in files:
        if file.resource in seen:
            raise Conflict("request_twice", resource=file.resource)
        seen.add(file.resource)


def _row(request: ReleaseRequest, position: int, file: Content) -> ReleaseFile:
    return ReleaseFile(
        request_key=request.key,
        position=position,
        draft_key=file.draft_key,
        draft_number=file.draft_number,
        kind=file.kind,
        resource=file.resource,
        definition_id=file.definition_id,
        name=file.name,
        checksum=hashlib.sha256(file.content).hexdigest(),
        content=file.content,
        drawn_by=list(file.drawn_by),
    )


def changed(session: Session, files: Iterable[Content | ReleaseFile]) -> set[str]:
    """Names of the files whose content is not that of the newest version of what they define first."""
    wanted = {file.resource: (file.kind, file.definition_id) for file in files}
    found = queries.newest_versions(session, wanted.values())
    sums = {file.resource: hashlib.sha256(file.content).hexdigest() for file in files}
    return {name for name, pair in wanted.items() if pair not in found or found[pair].checksum != sums[name]}


def check(session: Session, contents: dict[str, bytes]) -> list[Problem]:
    """The deployment's own check over all files together, as ``run.py check`` does it."""
    return definitions.check(contents, definitions.known(session, contents))


# --- decide -----------------------------------------------------------------------------------------------------------


def release(session: Session, key: int, actor: Actor, standing: str) -> ReleaseRequest:
    """Deploy the files of a waiting request, in this transaction.

    *standing* is what ``standing_of`` said when the releaser looked. Raises ``Conflict`` when it has been decided, is stale, was asked for
    or drawn by *actor* (or whom he acts for), or something else was released meanwhile; ``Refused`` when the check finds errors by now.
    """
    request = _waiting(session, key)
    if queries.barred(session, request) & {actor.name, actor.on_behalf_of}:
        raise Conflict("request_own")
    if queries.stale(session, request):
        raise Conflict("request_stale")
    if standing != queries.standing_of(session, request):
        raise Conflict("request_moved_on")
    # The request's row first: of two who press at the same moment one waits here and then finds it decided.
    _decide(session, request, "RELEASED", "release.released", actor, "")
    contents = {file.resource: file.content for file in request.files}
    result = definitions.deploy(session, contents, actor, request.comment, now=clock.now())
    if result.deployment_key is None:
        raise Conflict("request_nothing_new")
    request.deployment_key = result.deployment_key
    for file in request.files:
        if file.draft_key is not None:
            store.mark_released(session, file.draft_key, actor)
            file.drawn_by = sorted(queries.drew(session, file.draft_key, *file.drawn_by))
    session.flush()
    return request


def reject(session: Session, key: int, actor: Actor, reason: str) -> ReleaseRequest:
    """Send it back with a reason; the drafts stay open. Nobody rejects what he asked for: he withdraws it."""
    request = _waiting(session, key)
    if actor.name == request.requested_by:
        raise Conflict("request_own")
    return _decide(session, request, "REJECTED", "release.rejected", actor, _given(reason))


def withdraw(session: Session, key: int, actor: Actor, reason: str) -> ReleaseRequest:
    """Who asked for it takes it back."""
    request = _waiting(session, key)
    if actor.name != request.requested_by:
        raise Conflict("request_not_yours")
    return _decide(session, request, "WITHDRAWN", "release.withdrawn", actor, _given(reason))


def _given(reason: str) -> str:
    if not reason.strip():
        raise Conflict("reason_needed")
    return _plain(reason)


def _plain(text: str) -> str:
    """Without a browser's carriage returns."""
    return text.replace("\r\n", "\n").strip()[:LONGEST]


def _waiting(session: Session, key: int) -> ReleaseRequest:
    request = queries.find(session, key, contents=True)
    if request.state != "WAITING":
        raise Conflict("request_decided", by=request.decided_by, at=request.decided_at)
    return request


def _decide(session: Session, request: ReleaseRequest, state: str, kind: str, actor: Actor, reason: str) -> ReleaseRequest:
    request.state, request.reason = state, reason
    request.decided_at, request.decided_by = clock.real_now(), actor.name
    session.flush()
    _record(session, kind, request, actor, request.files)
    return request


def _record(session: Session, kind: str, request: ReleaseRequest, actor: Actor, files: Iterable[Content | ReleaseFile]) -> None:
    named = [
        {"resource": file.resource, "draft": str(file.draft_key or ""), "number": file.draft_number, "drawn_by": list(file.drawn_by)}
        for file in files
    ]
    detail = {"comment": request.comment, "reason": request.reason, "requested_by": request.requested_by, "files": named}
    events.record(session, kind, actor, subject=f"release:{request.key}", detail=detail)
