"""A large diagram, and what one does with it."""

from __future__ import annotations

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
 xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI"
 xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="definitions_large" targetNamespace="http://bpmn.io/schema/bpmn">
"""

#: Moves a task twenty times, takes it back, scrolls thirty times: the median of each in milliseconds; and one export.
MOVES = """async () => {
  const modeler = daopaiModeler, modeling = modeler.get('modeling'), canvas = modeler.get('canvas');
  const median = list => [ ...list ].sort((one, other) => one - other)[Math.floor(list.length / 2)];
  const timed = work => { const start = performance.now(); work(); return performance.now() - start; };
  const task = modeler.get('elementRegistry').get('task_150');
  const move = [], undo = [], scroll = [], frame = [];
  for (let turn = 0; turn < 20; turn++) move.push(timed(() => modeling.moveElements([ task ], { x: 10, y: 10 })));
  for (let turn = 0; turn < 20; turn++) undo.push(timed(() => modeler.get('commandStack').undo()));
  for (let turn = 0; turn < 30; turn++) {
    const start = performance.now();
    scroll.push(timed(() => canvas.scroll({ dx: turn % 2 ? 40 : -40, dy: 10 })));
    await new Promise(requestAnimationFrame);
    frame.push(performance.now() - start);
  }
  const start = performance.now();
  await modeler.saveXML({ format: true });
  const save = performance.now() - start;
  return { save, move: median(move), undo: median(undo), scroll: median(scroll), frame: median(frame) };
}"""


def diagram(count: int) -> bytes:
    """A row of *count* user tasks between a start and an end, twenty to a line."""
    names = ["start", *(f"task_{number}" for number in range(count)), "end"]
    nodes, shapes, edges = [], [], []
    for index, name in enumerate(names):
        kind = {"start": "startEvent", "end": "endEvent"}.get(name, "userTask")
        size = (100, 80) if kind == "userTask" else (36, 36)
        x, y = 160 + index % 20 * 150, 100 + index // 20 * 140
        extension = (
            '<bpmn:extensionElements><zeebe:userTask /><zeebe:assignmentDefinition candidateGroups="office" />'
            '<zeebe:taskSchedule dueDate="=now() + duration(&#34;PT2H&#34;)" /></bpmn:extensionElements>'
        )
        nodes.append(f'<bpmn:{kind} id="{name}" name="{name}">{extension if kind == "userTask" else ""}</bpmn:{kind}>')
        bounds = f'<dc:Bounds x="{x}" y="{y}" width="{size[0]}" height="{size[1]}" />'
        shapes.append(f'<bpmndi:BPMNShape id="{name}_di" bpmnElement="{name}">{bounds}</bpmndi:BPMNShape>')
        if index:
            nodes.append(f'<bpmn:sequenceFlow id="flow_{index}" sourceRef="{names[index - 1]}" targetRef="{name}" />')
            before = (160 + (index - 1) % 20 * 150 + 100, 100 + (index - 1) // 20 * 140 + 40)
            points = f'<di:waypoint x="{before[0]}" y="{before[1]}" /><di:waypoint x="{x}" y="{y + 40}" />'
            edges.append(f'<bpmndi:BPMNEdge id="flow_{index}_di" bpmnElement="flow_{index}">{points}</bpmndi:BPMNEdge>')
    process = f'<bpmn:process id="large" name="large" isExecutable="true">{"".join(nodes)}</bpmn:process>'
    plane = f'<bpmndi:BPMNPlane id="plane" bpmnElement="large">{"".join(shapes)}{"".join(edges)}</bpmndi:BPMNPlane>'
    return f'{_HEAD}{process}<bpmndi:BPMNDiagram id="diagram">{plane}</bpmndi:BPMNDiagram></bpmn:definitions>'.encode()
