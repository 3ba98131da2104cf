"""Candidates of user tasks: roles that exist and are held, with the scope that they need; no administrators; people with an account."""

from __future__ import annotations

from app.engine import people
from app.engine.bpmn_model import Element, Process
from app.engine.checks.findings import Findings
from app.engine.people import Roles
from app.engine.registry import Registry


def check(process: Process, registry: Registry, found: Findings) -> None:
    for element in process.elements.values():
        if element.kind != "userTask":
            continue
        if registry.roles is not None:
            for group, whole in people.names(element.candidate_groups or ""):
                _group(element, group, whole, registry.roles, registry, found)
        for written in (element.assignee, element.candidate_users):
            for name, whole in people.names(written or ""):
                if whole:
                    _user(element, name, registry.accounts, found)


def _group(element: Element, group: str, whole: bool, roles: Roles, registry: Registry, found: Findings) -> None:
    role, _colon, scope = group.partition(":")
    # of "village_cadre:" + village only the role is known
    wrong = roles.wrong(group if whole else f"{role}:…")
    if wrong is not None:
        found.error(wrong[0], element, **wrong[1])
        return
    if registry.held is None or people.is_held(group, whole, registry.held):
        return
    places = registry.places.get(roles.kinds[role], frozenset())
    if whole and scope and places and scope not in places:
        near = people.nearest(scope, sorted(places))
        found.warning("scope_unknown_near" if near else "scope_unknown", element, role=role, scope=scope, near=near)
    else:
        found.warning("role_unheld", element, role=group if whole else role)


def _user(element: Element, name: str, accounts: frozenset[str] | None, found: Findings) -> None:
    if accounts is not None and name not in accounts:
        near = people.nearest(name, accounts)
        found.warning("user_unknown_near" if near else "user_unknown", element, user=name, near=near)
