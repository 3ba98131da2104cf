"""Acts on many, one after the other: a job that is asked for the next one until there is none, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from app import clock
from app.engine import rows, store
from app.engine.errors import StepFailed
from app.engine.leases import Leased

if TYPE_CHECKING:
    from app.engine.work import Work

#: Does the next one of the batch with this key in the given session; False: nothing was left.
Act = Callable[[Session, int], bool]

_ACTS: dict[str, Act] = {}


def act(name: str) -> Callable[[Act], Act]:
    """Register what batches of this name do."""

    def register(function: Act) -> Act:
        _ACTS[name] = function
        return function

    return register


def begin(session: Session, name: str, key: int, *, campaign_id: int = 0) -> None:
    """Let workers go through the batch *key* after this transaction."""
    job = rows.job("batch", type=name, instance_key=0, activity_key=key, campaign_id=campaign_id, now=clock.now())
    store.write(session, rows.Batch(jobs=[job]))


def run(work: Work, job: Leased) -> dict[str, Any] | None:
    """One more; None when all are done."""
    function = _ACTS.get(job.type)
    if function is None:
        raise StepFailed(f"nobody here knows batches of the kind “{job.type}”", element_id="", kind="handler")
    return {"done": job.payload.get("done", 0) + 1} if function(work.session, job.activity_key) else None
