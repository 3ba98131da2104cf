"""What was written for other engines: it looks right and does nothing here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.engine.bpmn_element import BPMN
from app.engine.problems import Problem
from app.engine.safe_xml import Node, elements


def found(root: Node) -> Iterator[Problem]:
    """Warnings about extensions of other engines in a BPMN file."""
    for (node, product), names in _foreign(root).items():
        said = ", ".join(list(names)[:5])
        if product == _BEFORE:
            yield _problem("camunda_7", node, names=said)
        else:
            yield _problem("foreign_extensions", node, product=product, names=said)


#: the engine before Camunda 8: with its own sentence, because the same properties are there under other names
_BEFORE = "Camunda 7"
#: Other engines' namespaces, by how they begin, and their names.
_FOREIGN = {
    "http://camunda.org/schema/1.0/": _BEFORE,
    "http://flowable.org/": "Flowable",
    "http://activiti.org/": "Activiti",
    "http://activiti.com/": "Activiti",
    "http://spiffworkflow.org/": "SpiffWorkflow",
    "https://www.spiffworkflow.org/": "SpiffWorkflow",
    "http://operaton.org/": "Operaton",
    "http://cibseven.org/": "CIB seven",
    "http://www.jboss.org/drools": "jBPM",
    "http://www.omg.org/bpsim/": "BPSim",
    "http://www.trisotech.com/": "Trisotech",
    "http://www.bonitasoft.org/": "Bonita",
    "http://bonitasoft.org/": "Bonita",
    "http://xmlns.oracle.com/": "Oracle BPM",
    "http://www.ibm.com/": "IBM BPM",
}


def _foreign(root: Node) -> dict[tuple[Node, str], dict[str, None]]:
    """(element, product) → attributes and elements that would have meant something to another engine, wherever they stand in it."""
    found: dict[tuple[Node, str], dict[str, None]] = {}
    for node in root.iter(f"{{{BPMN}}}*"):
        own = [name for name in node.attrib if name.startswith("{")]
        own += [each.tag for each in elements(node) if not each.tag.startswith(f"{{{BPMN}}}")]
        for name in own:
            space, _, word = name[1:].partition("}")
            product = next((product for start, product in _FOREIGN.items() if space.startswith(start)), None)
            if product is not None:
                found.setdefault((_with_id(node), product), {})[word] = None
    return found


def _with_id(node: Node) -> Node:
    """The element itself, or what is around it and has an id."""
    while not node.get("id") and node.getparent() is not None:
        node = node.getparent()
    return node


def _problem(code: str, node: Node, **params: Any) -> Problem:
    return Problem("", node.get("id", ""), node.get("name", ""), code, params, "warning", node.sourceline or 0)
