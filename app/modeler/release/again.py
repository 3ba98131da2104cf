"""Release an earlier version again: a request whose content is that version, decided by another person like any other."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.engine.actor import Actor
from app.engine.errors import NotFound
from app.engine.models import Definition, Deployment
from app.modeler.release import requests
from app.modeler.release.models import ReleaseFile, ReleaseRequest


def ask_again(session: Session, deployment_key: int, resources: Collection[str], comment: str, actor: Actor) -> ReleaseRequest:
    """Ask that files of an earlier deployment be released once more (all of them when *resources* is empty); they become new versions.

    Files whose content is the newest anyway are left out.
    """
    deployment = session.get(Deployment, deployment_key)
    if deployment is None:
        raise NotFound("deployment", deployment_key)
    query = select(Definition).where(Definition.deployment_key == deployment_key).options(undefer(Definition.content))
    rows = session.scalars(query.order_by(Definition.key)).all()
    drawn = drawn_by(session, deployment)
    files: dict[str, requests.Content] = {}
    for row in rows:
        if row.resource not in files and (not resources or row.resource in resources):
            by = tuple(drawn.get(row.resource, ()))
            files[row.resource] = requests.Content(row.kind, row.resource, row.content, row.id, row.name, by)
    wanted = requests.changed(session, files.values())
    chosen = [file for file in files.values() if file.resource in wanted] or list(files.values())
    return requests.ask(session, chosen, comment, actor, again_key=deployment_key)


def drawn_by(session: Session, deployment: Deployment) -> dict[str, list[str]]:
    """File name → who drew it. Of files that came without a request (installation, API) that is who deployed them."""
    query = (
        select(ReleaseFile.resource, ReleaseFile.drawn_by)
        .join(ReleaseRequest, ReleaseRequest.key == ReleaseFile.request_key)
        .where(ReleaseRequest.deployment_key == deployment.key)
    )
    found = {resource: list(names) for resource, names in session.execute(query)}
    if found:
        return found
    names = select(Definition.resource).where(Definition.deployment_key == deployment.key).distinct()
    return {resource: [deployment.actor] for resource in session.scalars(names)}
