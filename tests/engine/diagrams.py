"""Writes small diagrams for tests: the body of a process, wrapped into definitions."""

from __future__ import annotations

from app.engine import definitions

NAMESPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:modeler="http://camunda.org/schema/modeler/1.0"'
)
ROLE = '<zeebe:assignmentDefinition candidateGroups="office"/>'
EVERYTHING = definitions.Known(
    forms=frozenset({"form"}),
    decisions=frozenset({"grade"}),
    processes=frozenset({"child"}),
    task_types=frozenset({"echo"}),
)


def wrap(body: str, *, before: str = "", attributes: str = 'isExecutable="true"', process: str = "p", extensions: str = "") -> bytes:
    """A file with one process. *before* stands in front of it (messages, errors …)."""
    inside = f"<bpmn:extensionElements>{extensions}</bpmn:extensionElements>" if extensions else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions {NAMESPACES} id="d" targetNamespace="t">{before}\n'
        f'<bpmn:process id="{process}" name="P" {attributes}>{inside}\n{body}\n</bpmn:process></bpmn:definitions>'
    ).encode()


def node(tag: str, key: str, inside: str = "", extensions: str = "", **attributes: str) -> str:
    """A flow node. *extensions* goes into its extensionElements."""
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    held = f"<bpmn:extensionElements>{extensions}</bpmn:extensionElements>" if extensions else ""
    return f'<bpmn:{tag} id="{key}" name="{key.upper()}"{written}>{held}{inside}</bpmn:{tag}>'


def flow(source: str, target: str, condition: str | None = None, key: str | None = None) -> str:
    inside = (
        "" if condition is None else f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}</bpmn:conditionExpression>'
    )
    return f'<bpmn:sequenceFlow id="{key or f"f_{source}_{target}"}" sourceRef="{source}" targetRef="{target}">{inside}</bpmn:sequenceFlow>'


def chain(*keys: str) -> str:
    """Flows from each key to the next."""
    return "".join(flow(one, other) for one, other in zip(keys, keys[1:], strict=False))


def line(middle: str, key: str = "x", *, before: str = "", extensions: str = "") -> bytes:
    """Start, *middle* (whose id is *key*), end."""
    body = node("startEvent", "s") + middle + node("endEvent", "e") + chain("s", key, "e")
    return wrap(body, before=before, extensions=extensions)


def user_task(key: str = "x", extensions: str = ROLE, **attributes: str) -> str:
    return node("userTask", key, "", extensions + "<zeebe:userTask/>", **attributes)


def event(tag: str, key: str, kind: str, inside: str = "", extensions: str = "", reference: str = "", **attributes: str) -> str:
    """An event with one definition; *reference* is its messageRef, signalRef, errorRef or escalationRef."""
    referred = f' {kind}Ref="{reference}"' if reference else ""
    return node(tag, key, f"<bpmn:{kind}EventDefinition{referred}>{inside}</bpmn:{kind}EventDefinition>", extensions, **attributes)


def timer(tag: str, key: str, what: str, text: str, **attributes: str) -> str:
    return event(tag, key, "timer", f"<bpmn:{what}>{text}</bpmn:{what}>", **attributes)


def message(key: str = "m", name: str = "news", correlation: str | None = "=key") -> str:
    inside = "" if correlation is None else f'<zeebe:subscription correlationKey="{correlation}"/>'
    return f'<bpmn:message id="{key}" name="{name}"><bpmn:extensionElements>{inside}</bpmn:extensionElements></bpmn:message>'


def subprocess(key: str, inside: str, **attributes: str) -> str:
    return node("subProcess", key, inside, **attributes)


def inner(prefix: str = "i") -> str:
    """Start and end of a subprocess."""
    return node("startEvent", f"{prefix}s") + node("endEvent", f"{prefix}e") + chain(f"{prefix}s", f"{prefix}e")
