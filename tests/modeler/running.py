"""Instances to operate on: small processes in campaign 7, with a household's name where diagrams have them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from app.db import Database
from app.engine import definition_lookup, jobs, runtime
from app.engine.models import ProcessInstance
from tests.engine import drawing as d
from tests.engine.drawing import ANN
from tests.web import CAMPAIGN

#: Nothing of these may ever be on an administrator's page.
NAME, PHONE, ID = "李春花", "13800001234", "500235198001011234"
HOUSEHOLD = {"code": "V05-001", "label": f"柏树村 3组 {NAME}", "phone": PHONE, "id_number": ID, "stage": "visiting", "village": "V05"}
NAMES = {"label": "=household.label", "subject": '="household:" + household.code', "businessKey": "=household.code"}


def layout(xml: bytes) -> bytes:
    """With a plane on which every element has a place: browsers draw it."""
    text = xml.decode()
    shapes, right, left = "", {}, {}
    for kind, key in re.findall(r'<bpmn:(\w+) id="(\w+)"', text):
        size = next((size for end, size in _SIZES.items() if kind.endswith(end)), None)
        if size is None:
            continue
        left[key] = 100 + 160 * len(left)
        right[key] = left[key] + size[0]
        bounds = f'<dc:Bounds x="{left[key]}" y="{140 - size[1] // 2}" width="{size[0]}" height="{size[1]}"/>'
        shapes += f'<bpmndi:BPMNShape id="{key}_di" bpmnElement="{key}">{bounds}</bpmndi:BPMNShape>'
    for key, source, target in re.findall(r'<bpmn:sequenceFlow id="(\w+)" sourceRef="(\w+)" targetRef="(\w+)"', text):
        points = "".join(f'<di:waypoint x="{x}" y="140"/>' for x in (right[source], left[target]))
        shapes += f'<bpmndi:BPMNEdge id="{key}_di" bpmnElement="{key}">{points}</bpmndi:BPMNEdge>'
    found = re.search(r'<bpmn:process id="(\w+)"', text)
    plane = f'<bpmndi:BPMNPlane id="plane" bpmnElement="{found.group(1) if found else ""}">{shapes}</bpmndi:BPMNPlane>'
    text = text.replace("<bpmn:definitions ", f"<bpmn:definitions {_SPACES} ", 1)
    return text.replace("</bpmn:definitions>", f'<bpmndi:BPMNDiagram id="di">{plane}</bpmndi:BPMNDiagram></bpmn:definitions>').encode()


_SIZES = {"Task": (100, 80), "Activity": (100, 80), "subProcess": (100, 80), "Event": (36, 36), "Gateway": (50, 50)}
_SPACES = (
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:di="http://www.omg.org/spec/DD/20100524/DI"'
)


def visit(*middle: str, flows: str, process: str = "p") -> bytes:
    """A household's process."""
    return layout(d.diagram(process, d.start(), *middle, d.end(), flows=flows, properties=NAMES))


ONE = visit(d.user("a", "office"), d.user("b", "office"), flows="s>a>b>e")
TWO = visit(d.user("call", "office"), d.user("b", "office"), flows="s>call>b>e")


def act(db: Database, verb: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return db.in_transaction(lambda session: verb(session, *args, **named))


def start(db: Database, *, household: dict[str, Any] | None = None, process: str = "p") -> ProcessInstance:
    """One household's instance."""
    return act(db, runtime.start, process, {"household": household or HOUSEHOLD}, ANN, campaign_id=CAMPAIGN)  # type: ignore[no-any-return]


def many(db: Database, count: int) -> list[ProcessInstance]:
    return [start(db, household={**HOUSEHOLD, "code": f"V05-{number:03d}"}) for number in range(1, count + 1)]


def newest(db: Database) -> int:
    return d.read(db, lambda s: definition_lookup.newest(s, "process", "p").key)  # type: ignore[union-attr, no-any-return]


def broken(db: Database) -> ProcessInstance:
    """An instance whose task type nobody knows: an open incident."""
    d.deploy(
        db,
        layout(d.diagram("bad", d.start(), d.service("w", "no.such"), d.end(), flows="s>w>e", properties=NAMES)),
        task_types=("no.such",),
    )
    instance = start(db, process="bad")
    jobs.drain(db)
    return instance
