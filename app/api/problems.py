"""Errors as RFC 9457 problem details, as Camunda 8 sends them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.acts import privacy
from app.db import RevisionConflict
from app.engine.errors import EngineError, ExpressionError, Refused, StepFailed
from app.forms.outcome import Outcome

_TITLES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "INVALID_STATE", 422: "REFUSED"}


class BadRequest(Exception):
    """The request cannot be read; the message says which part and what to send instead."""


def respond(status: int, detail: str, **more: Any) -> Response:
    """A problem detail."""
    body = {"type": "about:blank", "title": _TITLES.get(status, "ERROR"), "status": status, "detail": detail, "instance": request.path}
    response = jsonify({**body, **more})
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def fields_in_error(outcome: Outcome) -> Response:
    """What a page shows beside the fields of a form, as a problem detail."""
    errors = [{"path": path, "message": str(text)} for path, texts in outcome.errors.items() for text in texts]
    missing = [{"path": each.path, "message": each.text(), "id": each.id} for each in outcome.unexplained]
    detail = _("表单没有提交：%(count)s 处要改正。", count=len(errors) + len(missing))
    return respond(400, detail, errors=errors, warnings=missing)


def install(blueprint: Blueprint) -> None:
    """Let every error below /v2 leave as a problem detail."""
    blueprint.register_error_handler(BadRequest, lambda error: respond(400, str(error)))
    blueprint.register_error_handler(RevisionConflict, lambda error: respond(409, str(error)))
    blueprint.register_error_handler(Refused, _refused)
    blueprint.register_error_handler(EngineError, lambda error: respond(error.status, _said(error)))
    blueprint.register_error_handler(HTTPException, lambda error: respond(error.code or 500, error.description or error.name))


def _said(error: EngineError) -> str:
    """What failed in the engine quotes values; what refuses says keys and names that its sender has sent."""
    return privacy.message(str(error)) if isinstance(error, StepFailed | ExpressionError) else str(error)


def _refused(error: Refused) -> Response:
    # Camunda answers 400 when a deployment is refused.
    reasons = [
        {
            "resource": problem.resource,
            "elementId": problem.element_id,
            "elementName": problem.element_name,
            "code": problem.code,
            "severity": problem.severity,
            "message": problem.text("en"),
            "messageZh": problem.text("zh"),
            "line": problem.line,
        }
        for problem in error.problems
    ]
    return respond(400, str(error), problems=reasons)
