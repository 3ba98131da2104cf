"""A signature or seal under what stood there (R12, R45, R52)."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy.orm import Session

from app import clock, exact_json
from app.campaign.models import Signature
from app.db import new_key
from app.engine import contents, events
from app.engine.actor import Actor
from app.engine.models import Task


def sign(
    session: Session,
    task: Task,
    actor: Actor,
    *,
    document: str,
    manner: Any,
    content: Any = None,
    sha256: str = "",
    submission_key: int | None = None,
) -> Signature:
    """A signature or seal, in the role that the task asked for, over *content* or over a paper with this SHA-256 (``frozen.stamp``)."""
    role = task.candidate_groups[0].split(":")[0] if task.candidate_groups else ""
    signature = Signature(
        key=new_key(),
        campaign_id=task.campaign_id,
        subject=task.subject,
        document=document,
        role=role,
        signer=actor.name,
        on_behalf_of=actor.on_behalf_of,
        manner=str(manner or "signature"),
        signed_at=clock.now(),
        submission_key=submission_key,
        content_hash=sha256 or hashlib.sha256(exact_json.dumps(content, sort_keys=True)).hexdigest(),
    )
    session.add(signature)
    _record(session, task, actor, signature)
    return signature


def _record(session: Session, task: Task, actor: Actor, signature: Signature) -> None:
    told = {"document": signature.document, "role": signature.role, "manner": signature.manner, "sha256": signature.content_hash}
    events.record_at(session, "document.signed", actor, task, {**told, "digests": contents.digests(signature)})
