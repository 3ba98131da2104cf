"""What can be seen after a step, and how it differs from what was expected.

An element is written ``verify`` in the trial's own process and ``consultation/office_evidence`` in another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app import clock
from app.engine import assignment, bpmn, definitions, feel, stuck_joins
from app.engine.errors import ExpressionError
from app.engine.models import Activity, Incident, JobRow, ProcessInstance, SubscriptionRow, Task
from app.modeler.trial.steps import root

#: What a step may say that it expects.
EXPECTATIONS = ("open", "path", "ended", "due", "variables", "incidents")


@dataclass(slots=True)
class Seen:
    """After a step: where tokens are, which elements were entered in it, whether the instance has ended, until when its tasks are due."""

    open: list[str] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    ended: bool = False
    due: dict[str, datetime] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    incidents: list[str] = field(default_factory=list)
    #: open tasks that nobody could take today: element → why
    nobody: dict[str, str] = field(default_factory=dict)
    #: where tokens stand that nobody and nothing can move any more
    stuck: list[str] = field(default_factory=list)
    #: the newest activity, from which the next step's path begins
    last: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as expected. ``elements`` of the trial's process are marked on its diagram: ``missing`` or ``extra``."""

    kind: str
    expected: Any
    found: Any
    name: str = ""

    @property
    def missing(self) -> list[str]:
        return _without(self.expected, self.found)

    @property
    def extra(self) -> list[str]:
        return _without(self.found, self.expected)


def _without(one: Any, other: Any) -> list[str]:
    """Entries of *one* that *other* has not, as often as they are too many."""
    if not isinstance(one, list):
        return []
    left = list(other) if isinstance(other, list) else []
    found = []
    for each in one:
        if each in left:
            left.remove(each)
        else:
            found.append(each)
    return found


def see(session: Session, after: int = 0) -> Seen:
    """Look at everything; the path is what was entered after the activity *after*. Six statements at most."""
    about = root(session)
    seen = Seen(last=after)
    if about is None:
        return seen
    processes = dict(session.execute(select(ProcessInstance.key, ProcessInstance.process_id)).all())

    def written(instance_key: int | None, element: str) -> str:
        process = processes.get(instance_key or 0, "")
        return element if process in ("", about.process_id) else f"{process}/{element}"

    visits = session.execute(select(Activity.key, Activity.instance_key, Activity.element_id, Activity.how).order_by(Activity.key))
    for key, instance_key, element, how in visits:
        if not how:
            seen.open.append(written(instance_key, element))
        if key > after:
            seen.path.append(written(instance_key, element))
            seen.last = key
    seen.open.sort()
    tasks = select(Task.instance_key, Task.element_id, Task.due_at).where(Task.state == "OPEN", Task.due_at.is_not(None))
    for instance_key, element, due in session.execute(tasks.order_by(Task.key)):
        if due is not None:
            seen.due[written(instance_key, element)] = due
    _incidents(session, seen, written)
    seen.ended = about.state in ("COMPLETED", "TERMINATED")
    seen.variables = about.variables
    if not seen.stuck and not seen.ended and not seen.incidents and not session.scalar(_AWAITED):
        seen.stuck = seen.open or [about.process_id]
    return seen


def _incidents(session: Session, seen: Seen, written: Callable[[int | None, str], str]) -> None:
    """What failed. A branch that hangs beside others is stuck; who holds the roles is no matter of the diagram, so it is told apart."""
    columns = (Incident.instance_key, Incident.element_id, Incident.kind, Incident.message)
    for instance_key, element, kind, message in session.execute(select(*columns).where(Incident.state == "OPEN").order_by(Incident.key)):
        at = written(instance_key, element)
        if kind == assignment.KIND:
            seen.nobody[at] = message
        elif kind == stuck_joins.KIND:
            seen.stuck.append(at)
        else:
            seen.incidents.append(at)


#: Is there anything that moves a token: a task, due work, a wait for a message or signal of an instance?
_AWAITED = select(
    or_(
        exists().where(Task.state == "OPEN"),
        exists().where(JobRow.instance_key != 0, JobRow.kind != "timer_start"),
        exists().where(SubscriptionRow.instance_key != 0),
    )
)


def differences(seen: Seen, expect: Mapping[str, Any]) -> list[Difference]:
    """What is not as expected. Without an expectation there may be anything, only no incident; and never what hangs for ever."""
    found = [Difference("stuck", [], seen.stuck)] if seen.stuck else []
    if "open" in expect and sorted(expect["open"]) != seen.open:
        found.append(Difference("open", sorted(expect["open"]), seen.open))
    if "path" in expect and expect["path"] != seen.path:
        found.append(Difference("path", expect["path"], seen.path))
    if "ended" in expect and bool(expect["ended"]) != seen.ended:
        found.append(Difference("ended", bool(expect["ended"]), seen.ended))
    for element, text in dict(expect.get("due", {})).items():
        wanted, real = _moment(text, seen.variables), seen.due.get(element)
        if wanted is None or wanted != real:
            found.append(Difference("due", _shown(wanted, text), _shown(real, ""), element))
    for name, value in dict(expect.get("variables", {})).items():
        if seen.variables.get(name) != value:
            found.append(Difference("variable", value, seen.variables.get(name), name))
    if sorted(expect.get("incidents", [])) != sorted(seen.incidents):
        found.append(Difference("incidents", sorted(expect.get("incidents", [])), sorted(seen.incidents)))
    return found


def _shown(moment: datetime | None, otherwise: str) -> str:
    return f"{clock.local(moment):%Y-%m-%d %H:%M}" if moment else otherwise


def _moment(written: Any, variables: Mapping[str, Any]) -> datetime | None:
    """ISO text, or FEEL over the instance's variables."""
    try:
        value = feel.resolve(str(written), variables)
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except (ExpressionError, ValueError):
        return None
    return found if found.tzinfo else None


def expectation(session: Session, seen: Seen) -> dict[str, Any]:
    """What was seen, as something to expect next time: due moments relative to the campaign's dates where the diagram says so."""
    expect: dict[str, Any] = {"open": seen.open, "path": seen.path, "ended": seen.ended}
    if seen.due:
        texts = _due_texts(session)
        expect["due"] = {element: relative(due, seen.variables, texts.get(element, "")) for element, due in seen.due.items()}
    if seen.incidents:
        expect["incidents"] = seen.incidents
    return expect


def _due_texts(session: Session) -> dict[str, str]:
    """Element → its due date as written in its diagram."""
    return {written: element.due or "" for written, element in _elements(session)}


def spoken(session: Session) -> dict[str, str]:
    """Element → what people call it."""
    return {written: " ".join(element.name.split()) or element.id for written, element in _elements(session)}


def _elements(session: Session) -> Iterator[tuple[str, bpmn.Element]]:
    """The elements of every process that has an instance."""
    about = root(session)
    here = about.process_id if about else ""
    for process_id, key in session.execute(select(ProcessInstance.process_id, ProcessInstance.definition_key).distinct()):
        for element in definitions.process_of(session, key).elements.values():
            yield element.id if process_id == here else f"{process_id}/{element.id}", element


_CAMPAIGN_DATE = re.compile(r"\bcampaign\.(\w+)")


def relative(due: datetime, variables: Mapping[str, Any], written: str) -> str:
    """*due* as FEEL from the campaign's date that the diagram names, so that it still holds when the deadline is another; otherwise the
    moment itself."""
    campaign = variables.get("campaign")
    for name in _CAMPAIGN_DATE.findall(written):
        date = _moment(campaign.get(name), {}) if isinstance(campaign, dict) else None
        if date is not None:
            offset, base = due - date, f"date and time(campaign.{name})"
            return f"={base}" if not offset else f'={base} {"-" if offset < timedelta(0) else "+"} duration("{_duration(abs(offset))}")'
    return clock.local(due).isoformat()


def _duration(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    clock_part = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (left, "S")) if count)
    return f"P{f'{days}D' if days else ''}{f'T{clock_part}' if clock_part else ''}" if seconds else "PT0S"
