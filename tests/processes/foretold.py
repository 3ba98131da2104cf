"""Every completion in every diary is held against what its page says comes after it (提交后进入)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app.acts import completion
from app.engine import definitions, next_activities
from app.engine.checks.graph import is_step
from app.engine.models import Activity, ProcessInstance, Task
from app.inbox import next_steps


@dataclass(frozen=True)
class Foretold:
    task: Task
    entered: Mapping[str, Any]
    said: list[next_activities.Next]
    #: instances of the task and above it, and the newest activity before it was completed
    instances: list[int]
    newest: int

    def held(self, play: Any) -> None:
        """What came after it is what was said, and what was said for sure has come."""
        after = select(Activity.element_id, ProcessInstance.definition_key).join(
            ProcessInstance, ProcessInstance.key == Activity.instance_key
        )
        after = after.where(Activity.instance_key.in_(self.instances), Activity.key > self.newest).order_by(Activity.key)
        with play.db.reading() as session:
            processes = [(definitions.process_of(session, key), element) for element, key in session.execute(after)]
        found = [(process, process.elements[element]) for process, element in processes]
        came = [element for _process, element in found]
        where = f"{self.task.process_id}.{self.task.element_id} {dict(self.entered)}"
        ids = [element.id for element in came]
        said = {each.element.id: (each.how, each.maybe) for each in self.said}
        sure = {element for element, (how, maybe) in said.items() if how != "waits" and not maybe}
        assert sure <= set(ids), f"{where}: said was {said}, what came is {ids}"
        expected = {element for element, (how, _maybe) in said.items() if how != "waits"}
        chosen = [
            process.flows[flow].target for process, element in found if element.kind == "eventBasedGateway" for flow in element.outgoing
        ]
        if chosen:
            assert set(chosen) <= expected, f"{where}: waits for {chosen}, said was {said}"
            return
        steps = [element.id for element in came if is_step(element) and (element.kind != "endEvent" or element.id in expected)]
        if steps:
            assert steps[0] in expected, f"{where}: {steps[0]} came, said was {said}"
        else:
            assert any(how == "waits" for how, _maybe in said.values()), f"{where}: said was {said}, what came is {ids}"


def before(play: Any, task: Task, data: Mapping[str, Any]) -> Foretold:
    """What the page says now about completing *task* with *data*."""
    with play.db.reading() as session:
        here = session.get_one(Task, task.key)
        levels = next_steps.levels_of(session, here)
        form = completion.form_of(session, here)[1] if here.form_id else None
        element = levels[0].process.elements[here.element_id]
        fields = next_steps.deciding(levels[0].process, element, form) if form is not None else {}
        entered = {name: data.get(name) for name in fields}
        said = next_activities.after(levels, here.element_id, entered)
        instances, key = [], here.instance_key
        while key is not None:
            instances.append(key)
            key = session.get_one(ProcessInstance, key).parent_key
        newest = session.scalar(select(func.max(Activity.key))) or 0
    assert said, f"nothing is said to come after {task.process_id}.{task.element_id}"
    return Foretold(task, entered, said, instances, newest)
