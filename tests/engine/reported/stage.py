"""One database with campaign time under control: what people and workers do to running instances, in one line each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.db import Database
from app.engine import definition_lookup, jobs, runtime
from app.engine.models import Incident, ProcessInstance, SubscriptionRow
from tests.engine import drawing as d
from tests.engine.drawing import ANN, BOB

CHILD = d.diagram("child", d.start(), d.user("visit"), d.end(), flows="s>visit>e")
CAMPAIGN = 9


class Stage:
    """Deploy, start, complete, publish, wait; what is open then."""

    def __init__(self, db: Database, at: Callable[[str], datetime]) -> None:
        self.db = db
        self._at = at

    def run(self, verb: Callable[..., Any], *args: Any, **named: Any) -> Any:
        return self.db.in_transaction(lambda session: verb(session, *args, **named))

    def drain(self) -> None:
        jobs.drain(self.db)

    def at(self, text: str) -> None:
        """The worker looks at this moment and not before."""
        self._at(text)
        self.drain()

    # --- acts ---------------------------------------------------------------------------------------------------------

    def deploy(self, *files: bytes) -> None:
        d.deploy(self.db, *files)

    def start(self, process: str = "p", **variables: Any) -> ProcessInstance:
        found: ProcessInstance = self.run(runtime.start, process, variables, ANN, campaign_id=CAMPAIGN)
        self.drain()
        return found

    def complete(self, element_id: str, **variables: Any) -> None:
        """The oldest open task there."""
        self.run(runtime.complete, d.tasks(self.db, element_id=element_id)[0].key, variables, ANN)
        self.drain()

    def publish(self, name: str, key: str = "", *, ttl: float = 0, drain: bool = True, **variables: Any) -> None:
        self.run(runtime.publish_message, name, key, variables, ANN, time_to_live=ttl, campaign_id=CAMPAIGN)
        if drain:
            self.drain()

    def signal(self, name: str) -> None:
        self.run(runtime.broadcast_signal, name, {}, ANN, campaign_id=CAMPAIGN)
        self.drain()

    def set(self, instance: ProcessInstance, **variables: Any) -> None:
        self.run(runtime.set_variables, instance.key, variables, ANN)
        self.drain()

    def retry(self) -> None:
        """The only open incident."""
        (incident,) = self.incidents
        self.run(runtime.retry, incident.key, ANN)
        self.drain()

    def newest(self, process: str = "p") -> int:
        return int(d.read(self.db, lambda session: definition_lookup.newest(session, "process", process).key))

    def migrate(self, file: bytes, mapping: dict[str, str] | None = None, **how: Any) -> Any:
        """Deploy *file*, a new version of ``p``, and take the only running instance there."""
        self.deploy(file)
        (row,) = d.instances(self.db, process_id="p", state="ACTIVE")
        found = self.run(runtime.migrate, row.key, self.newest(), mapping or {}, BOB, reason="新图", **how)
        self.drain()
        return found

    # --- what is there ------------------------------------------------------------------------------------------------

    @property
    def tasks(self) -> list[str]:
        return sorted(task.element_id for task in d.tasks(self.db))

    @property
    def timers(self) -> dict[str, datetime]:
        return {row.element_id: row.due_at for row in d.jobs_of(self.db, kind="timer")}

    @property
    def waits(self) -> list[str]:
        rows = select(SubscriptionRow).where(SubscriptionRow.instance_key != 0)
        return d.read(self.db, lambda session: sorted(row.element_id for row in session.scalars(rows)))  # type: ignore[no-any-return]

    @property
    def incidents(self) -> list[Incident]:
        return d.incidents_of(self.db, state="OPEN")

    def states(self, process: str = "p") -> list[str]:
        return [row.state for row in d.instances(self.db, process_id=process)]

    def variables(self, process: str = "p") -> dict[str, Any]:
        return d.instances(self.db, process_id=process)[-1].variables
