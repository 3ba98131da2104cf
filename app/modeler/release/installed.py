"""What a start installs: shipped files that are new here. What the administrators have released is not undone by a restart."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import resources
from app.engine.models import Definition
from app.modeler.release import queries
from app.modeler.release.models import ReleaseRequest


def to_install(session: Session, files: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[str]]:
    """Of the shipped *files* those to deploy, and the names of those that are held back.

    Left out is what was deployed here before: a newer version has replaced it. Held back is a shipped file with new content whose
    definition the administrators have meanwhile released themselves: it is deployed by ``run.py deploy``, or taken over in a draft.
    """
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    known = set(session.scalars(select(Definition.checksum).where(Definition.checksum.in_(set(sums.values())))))
    fresh = {name: content for name, content in files.items() if sums[name] not in known}
    defined = {name: [(item.kind, item.id) for item in resources.defined(name, content)] for name, content in fresh.items()}
    newest = queries.newest_versions(session, [pair for pairs in defined.values() for pair in pairs])
    released = select(ReleaseRequest.deployment_key).where(
        ReleaseRequest.deployment_key.in_({row.deployment_key for row in newest.values()})
    )
    ours = set(session.scalars(released)) if newest else set()
    held = [name for name, pairs in defined.items() if any(pair in newest and newest[pair].deployment_key in ours for pair in pairs)]
    return {name: content for name, content in fresh.items() if name not in held}, held
