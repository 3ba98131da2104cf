"""Which rows of the engine are followed. What changes while work is in hand (leases, attempts, progress) is left out (``coverage``)."""

from __future__ import annotations

from app.engine.chain_models import Erasure, Retention, Verification
from app.engine.change_journal.followed_rows import follow
from app.engine.migration_models import InstanceMigration
from app.engine.models import Call, Incident, JobRow, MessageRow, ProcessInstance, SubscriptionRow, Task, VirtualClock

#: Jobs that wait for a moment or do a diagram's work; the others are done at once, and what they do is told.
WAITING = frozenset({"timer", "timer_start", "service"})

# The head of an instance's chain is held against the chain itself.
follow(ProcessInstance, without=("result", "chain_length", "chain_head"), room=__name__)
follow(Task, room=__name__)
follow(
    JobRow,
    without=("retry_at", "state", "retries", "failures", "lease_until", "fence", "error", "created_at"),
    only=("kind", WAITING),
    room=__name__,
)
follow(MessageRow, room=__name__)
follow(Call, without=("started",), room=__name__)
follow(Incident, room=__name__)
follow(SubscriptionRow, room=__name__)
follow(InstanceMigration, without=("tokens", "variables", "changes"), room=__name__)
follow(VirtualClock, campaign="", room=__name__)
follow(Retention, campaign="", room=__name__)
follow(Erasure, without=("step", "position", "changed"), campaign="", room=__name__)
follow(Verification, without=("records", "total", "position", "files_from", "findings"), campaign="", room=__name__)
