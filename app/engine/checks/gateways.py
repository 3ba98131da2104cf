"""Gateways: is there always a way out, and do event-based gateways wait for events."""

from __future__ import annotations

from collections import Counter

from app.engine.bpmn_model import Element, Flow, Process
from app.engine.checks.completeness import all_false, enumerates
from app.engine.checks.findings import Findings

_CHOOSING = {"exclusiveGateway", "inclusiveGateway"}


def check(process: Process, found: Findings) -> None:
    for element in process.elements.values():
        flows = [process.flows[flow] for flow in element.outgoing]
        if element.kind in _CHOOSING:
            _way_out(element, flows, found)
        else:
            for flow in flows:
                if flow.condition is not None:
                    found.error("condition_unexpected", flow, element=element.name or element.id)
            if element.default:
                found.warning("default_unexpected", element)
        if element.kind == "eventBasedGateway":
            _event_gateway(element, flows, process, found)


def _way_out(gateway: Element, flows: list[Flow], found: Findings) -> None:
    conditional = [flow for flow in flows if flow.id != gateway.default]
    for flow in flows:
        if flow.id == gateway.default and flow.condition is not None:
            found.warning("default_with_condition", flow)
    if len(flows) > 1:
        for flow in conditional:
            if flow.condition is None:
                found.error("flow_without_condition", flow, gateway=gateway.name or gateway.id)
    if gateway.default is not None or not flows or (len(flows) == 1 and flows[0].condition is None):
        return
    if any(flow.condition is None for flow in conditional):
        return
    conditions = [flow.condition or "" for flow in conditional]
    example = all_false(conditions)
    if example is not None and enumerates(conditions):
        found.warning("gateway_other_value", gateway, example=f" ({example})" if example else "")
    elif example is not None:
        found.error("gateway_no_way_out", gateway, example=f" ({example})" if example else "")
    elif len(flows) > 1:
        found.warning("gateway_without_default", gateway)


def _event_gateway(gateway: Element, flows: list[Flow], process: Process, found: Findings) -> None:
    if len(flows) < 2:
        found.error("event_gateway_flows", gateway)
    names: Counter[tuple[str, str]] = Counter()
    for flow in flows:
        target = process.elements.get(flow.target)
        if target is None:
            continue
        event = target.event
        waits = target.kind == "receiveTask" or (
            target.kind == "intermediateCatchEvent" and event is not None and event.kind in {"message", "timer", "signal"}
        )
        if not waits:
            found.error("event_gateway_target", flow, target=target.name or target.id)
        elif len(target.incoming) != 1:
            found.error("event_gateway_target_incoming", target)
        if event is not None and event.kind in {"message", "signal"} and event.name:
            names[(event.kind, event.name)] += 1
    for (_, name), count in names.items():
        if count > 1:
            found.error("event_gateway_same_name", gateway, name=name)
