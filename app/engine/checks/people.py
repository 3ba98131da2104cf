"""Candidates of user tasks: roles that exist, with the scope that they need; no administrators."""

from __future__ import annotations

from app.engine import people
from app.engine.bpmn_model import Process
from app.engine.checks.findings import Findings
from app.engine.registry import Registry


def check(process: Process, registry: Registry, found: Findings) -> None:
    roles, accounts = registry.roles, registry.accounts
    for element in process.elements.values():
        if element.kind != "userTask":
            continue
        for group, whole in people.names(element.candidate_groups or "") if roles is not None else ():
            # of "village_cadre:" + village only the role is known
            wrong = roles.wrong(group if whole else f"{group.partition(':')[0]}:…") if roles is not None else None
            if wrong is not None:
                found.error(wrong[0], element, **wrong[1])
        for written in (element.assignee, element.candidate_users):
            for name, whole in people.names(written or "") if accounts is not None else ():
                if whole and accounts is not None and name not in accounts:
                    near = people.nearest(name, accounts)
                    found.warning("user_unknown_near" if near else "user_unknown", element, user=name, near=near)
