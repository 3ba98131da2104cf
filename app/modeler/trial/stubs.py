"""Stand-ins for called processes: a process of the same id that waits for one answer, which becomes what the child returns."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import quoteattr

#: the task type of the one service task in a stand-in
TASK_TYPE = "trial.stub"
#: its element id
ELEMENT = "stub"

_FILE = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
  xmlns:di="http://www.omg.org/spec/DD/20100524/DI" id="stand_in" targetNamespace="daopai">
  <bpmn:process id={id} name={name} isExecutable="true">
    <bpmn:startEvent id="begin"><bpmn:outgoing>to_stub</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="to_stub" sourceRef="begin" targetRef="stub" />
    <bpmn:serviceTask id="stub" name={name}>
      <bpmn:extensionElements><zeebe:taskDefinition type="trial.stub" /></bpmn:extensionElements>
      <bpmn:incoming>to_stub</bpmn:incoming><bpmn:outgoing>to_end</bpmn:outgoing>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="to_end" sourceRef="stub" targetRef="end" />
    <bpmn:endEvent id="end"><bpmn:incoming>to_end</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram"><bpmndi:BPMNPlane id="plane" bpmnElement={id}>
    <bpmndi:BPMNShape id="s1" bpmnElement="begin"><dc:Bounds x="160" y="102" width="36" height="36" /></bpmndi:BPMNShape>
    <bpmndi:BPMNShape id="s2" bpmnElement="stub"><dc:Bounds x="250" y="80" width="120" height="80" /></bpmndi:BPMNShape>
    <bpmndi:BPMNShape id="s3" bpmnElement="end"><dc:Bounds x="424" y="102" width="36" height="36" /></bpmndi:BPMNShape>
    <bpmndi:BPMNEdge id="e1" bpmnElement="to_stub"><di:waypoint x="196" y="120" /><di:waypoint x="250" y="120" /></bpmndi:BPMNEdge>
    <bpmndi:BPMNEdge id="e2" bpmnElement="to_end"><di:waypoint x="370" y="120" /><di:waypoint x="424" y="120" /></bpmndi:BPMNEdge>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</bpmn:definitions>
"""


def files(process_ids: Iterable[str]) -> dict[str, bytes]:
    """File name → stand-in for each process."""
    return {f"{each}.bpmn": _FILE.format(id=quoteattr(each), name=quoteattr(f"替身：{each}")).encode() for each in sorted(process_ids)}
