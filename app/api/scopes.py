"""Which scope a token needs for which operation of /v2: one line each, one check before all of them. What is not listed is refused."""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import Forbidden

from app.api.blueprint import api
from app.auth.current import signed_in_person, uses_token
from app.auth.scopes import DEPLOY, JOBS, MESSAGES, READ, WORK

#: operation → scope
SCOPE_OF: dict[str, str] = {
    "authentication": READ,
    "evaluate_decision": READ,
    "evaluate_expression": READ,
    "get_decision_definition": READ,
    "get_decision_definition_xml": READ,
    "get_element_instance": READ,
    "get_incident": READ,
    "get_process_definition": READ,
    "get_process_definition_xml": READ,
    "get_process_instance": READ,
    "get_resource_content": READ,
    "get_start_form": READ,
    "get_user_task": READ,
    "get_user_task_form": READ,
    "search_decision_definitions": READ,
    "search_element_instances": READ,
    "search_incidents": READ,
    "search_jobs": READ,
    "search_process_definitions": READ,
    "search_process_instances": READ,
    "search_user_task_effective_variables": READ,
    "search_user_task_variables": READ,
    "search_user_tasks": READ,
    "search_variables": READ,
    "topology": READ,
    "assign_user_task": WORK,
    "cancel_process_instance": WORK,
    "complete_user_task": WORK,
    "create_process_instance": WORK,
    "resume_process_instance": WORK,
    "set_variables": WORK,
    "suspend_process_instance": WORK,
    "unassign_user_task": WORK,
    "broadcast_signal": MESSAGES,
    "publish_message": MESSAGES,
    "pin_clock": JOBS,
    "resolve_incident": JOBS,
    "create_deployment": DEPLOY,
}

#: What anybody may ask without a token.
PUBLIC = frozenset({"status", "document"})


@api.before_request
def check() -> None:
    """A token without the operation's scope: 403. A signed-in browser has no scopes: its user's roles decide alone."""
    name = (request.endpoint or "").partition(".")[2]
    person = signed_in_person() if uses_token() and name not in PUBLIC else None
    if person is None:
        return
    wanted = SCOPE_OF.get(name)
    if wanted not in person.scopes:
        raise Forbidden(f"this token lacks the scope “{wanted}”; make one that has it")
