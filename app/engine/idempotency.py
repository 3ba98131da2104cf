"""Requests that may arrive twice: the first answer is kept in the transaction of the act, and given again."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import clock, exact_json
from app.engine.actor import Actor
from app.engine.errors import Conflict
from app.engine.models import Idempotency

#: What a client may call its request.
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,40}", re.ASCII)

#: How long an answer is kept (real time). A phone that was off for a month asks again.
KEPT = timedelta(days=60)


def digest(*asked: Any) -> str:
    """SHA-256 of what is asked, whatever the order of its names."""
    return hashlib.sha256(exact_json.dumps(asked, default=str, sort_keys=True)).hexdigest()


def find(session: Session, actor: Actor, request_id: str, request_hash: str | None = None) -> dict[str, Any] | None:
    """The first answer to this request of this person; None if it is new. Conflict if it was something else (by *request_hash*)."""
    query = select(Idempotency).where(Idempotency.actor == actor.name, Idempotency.request_id == request_id)
    first = session.scalar(query.execution_options(populate_existing=True))
    return answer(first, request_hash)


def answer(first: Idempotency | None, request_hash: str | None) -> dict[str, Any] | None:
    """The first answer, if there was one. Conflict if something else was asked then."""
    if first is None:
        return None
    if request_hash is not None and first.request_hash != request_hash:
        raise Conflict("request_reused", request_id=first.request_id)
    return first.response


def keep(session: Session, actor: Actor, request_id: str, request_hash: str, response: dict[str, Any]) -> None:
    """Keep the answer. Of two equal requests at one moment the second meets the primary key, runs again and finds this."""
    session.add(
        Idempotency(actor=actor.name, request_id=request_id, request_hash=request_hash, response=response, created_at=clock.real_now())
    )


def forget_old(session: Session) -> None:
    """Delete answers that nobody will ask for any more."""
    session.execute(delete(Idempotency).where(Idempotency.created_at < clock.real_now() - KEPT))
