"""What a draft may begin from: a deployed definition, or a template."""

from __future__ import annotations

import json
from xml.sax.saxutils import quoteattr

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine.models import Definition

_BPMN = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"\
 xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"\
 xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="Definitions_1" targetNamespace="http://bpmn.io/schema/bpmn"\
 modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.9.0">
  <bpmn:process id={id} name={name} isExecutable="true">
    <bpmn:startEvent id="start" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram_1">
    <bpmndi:BPMNPlane id="plane_1" bpmnElement={id}>
      <bpmndi:BPMNShape id="start_di" bpmnElement="start">
        <dc:Bounds x="180" y="160" width="36" height="36" />
      </bpmndi:BPMNShape>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""

_DMN = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/"\
 xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" id="definitions_1" name={name} namespace="http://camunda.org/schema/1.0/dmn">
  <decision id={id} name={name}>
    <decisionTable id="table_1" hitPolicy="FIRST">
      <input id="input_1" label="">
        <inputExpression id="input_expression_1" typeRef="string">
          <text></text>
        </inputExpression>
      </input>
      <output id="output_1" label="" name="result" typeRef="string" />
    </decisionTable>
  </decision>
  <dmndi:DMNDI>
    <dmndi:DMNDiagram id="diagram_1">
      <dmndi:DMNShape id="shape_1" dmnElementRef={id}>
        <dc:Bounds height="80" width="180" x="160" y="100" />
      </dmndi:DMNShape>
    </dmndi:DMNDiagram>
  </dmndi:DMNDI>
</definitions>
"""


def template(kind: str, definition_id: str, name: str) -> bytes:
    """The smallest file of its kind to draw on."""
    if kind == "form":
        form = {"type": "default", "id": definition_id, "schemaVersion": 19, "properties": {"title": name}, "components": []}
        return (json.dumps(form, ensure_ascii=False, indent=2) + "\n").encode()
    text = _BPMN if kind == "process" else _DMN
    return text.format(id=quoteattr(definition_id), name=quoteattr(name)).encode()


def newest_first(session: Session) -> dict[str, list[list[Definition]]]:
    """Kind → per definition all its versions, the newest first. Contents are not read."""
    rows = session.scalars(select(Definition).order_by(Definition.kind, Definition.id, Definition.version.desc()))
    found: dict[str, list[list[Definition]]] = {"process": [], "decision": [], "form": []}
    for row in rows:
        of_kind = found.setdefault(row.kind, [])
        if of_kind and of_kind[-1][0].id == row.id:
            of_kind[-1].append(row)
        else:
            of_kind.append([row])
    return found
