"""Which two versions a page compares: of a request, a draft, a deployed definition."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.border import number_or
from app.engine.errors import NotFound
from app.engine.models import Definition
from app.modeler.drafts import store
from app.modeler.drafts.models import ModelDraft
from app.modeler.release.comparing import Comparison, Side, compare
from app.modeler.release.models import ReleaseFile, ReleaseRequest


def of_request(session: Session, request: ReleaseRequest) -> list[Comparison]:
    """Each file against what it replaces: the newest version, or (once released) the one before it."""
    return [_of_file(session, request, file) for file in request.files]


def _of_file(session: Session, request: ReleaseRequest, file: ReleaseFile) -> Comparison:
    before = _replaced(session, request, file)
    left = deployed_side(before) if before is not None else Side(_("尚无版本"))
    title = _("申请发布的内容") if file.draft_number is None else _("草稿第 %(number)s 版", number=file.draft_number)
    right = Side(title, url_for("modeler.release_file", key=request.key, file=file.key), file.content)
    return compare(file.kind, file.resource, file.name or file.definition_id or file.resource, left, right)


def _replaced(session: Session, request: ReleaseRequest, file: ReleaseFile) -> Definition | None:
    of_it = select(Definition).where(Definition.kind == file.kind, Definition.id == file.definition_id).options(undefer(Definition.content))
    newest_first = of_it.order_by(Definition.version.desc()).limit(1)
    if request.deployment_key is None:
        # decided otherwise: what it would replace today
        return session.scalar(newest_first)
    made = session.scalar(of_it.where(Definition.deployment_key == request.deployment_key))
    return session.scalar(newest_first.where(Definition.version < made.version)) if made is not None else session.scalar(newest_first)


def deployed_side(definition: Definition) -> Side:
    """A deployed version as one side."""
    title = _("版本 %(number)s", number=definition.version)
    return Side(title, url_for("modeler.definition_file", key=definition.key), definition.content)


def of_draft(session: Session, draft_key: int, left: str, right: str) -> tuple[ModelDraft, Comparison]:
    """Versions *left* and *right* of a draft by number, or ``base``: the deployed version that it began from."""
    draft = store.find(session, draft_key)
    name = draft.name or draft.definition_id or draft.resource
    return draft, compare(draft.kind, draft.resource, name, _draft_side(session, draft, left), _draft_side(session, draft, right))


def _draft_side(session: Session, draft: ModelDraft, which: str) -> Side:
    if which == "base":
        base = session.get(Definition, draft.base_key, options=[undefer(Definition.content)]) if draft.base_key else None
        return deployed_side(base) if base is not None else Side(_("尚无版本"))
    number = number_or(which)
    if not number:
        raise NotFound("draft version", which)
    version = store.version(session, draft, number)
    title = _("草稿第 %(number)s 版", number=version.number)
    url = url_for("modeler.draft_file", key=draft.key, number=version.number)
    return Side(title, url, store.content_of(session, draft, version.number))


def of_definition(session: Session, key: int, other: int | None) -> tuple[Definition, Comparison]:
    """A deployed definition against the version *other* of the same, by default the one before it."""
    definition = session.get(Definition, key, options=[undefer(Definition.content)])
    if definition is None:
        raise NotFound("definition", key)
    query = (
        select(Definition).where(Definition.kind == definition.kind, Definition.id == definition.id).options(undefer(Definition.content))
    )
    if other is not None:
        left = session.scalar(query.where(Definition.version == other))
        if left is None:
            raise NotFound("version", other)
    else:
        left = session.scalar(query.where(Definition.version < definition.version).order_by(Definition.version.desc()).limit(1))
    side = deployed_side(left) if left is not None else Side(_("尚无版本"))
    return definition, compare(definition.kind, definition.resource, definition.name or definition.id, side, deployed_side(definition))
