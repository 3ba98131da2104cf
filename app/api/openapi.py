"""/v2/openapi.json: made from the routes themselves, so that it cannot lag behind them."""

from __future__ import annotations

import inspect
import re
from typing import Any

from flask import current_app

from app.api.blueprint import api
from app.api.scopes import SCOPE_OF
from app.auth import public
from app.auth.guard import declared

_METHODS = {"GET", "POST", "PUT", "DELETE", "PATCH"}


@api.get("/openapi.json")
@public
def document() -> dict[str, Any]:
    """The OpenAPI 3.0 description of /v2."""
    paths: dict[str, dict[str, Any]] = {}
    for rule in current_app.url_map.iter_rules():
        if not rule.endpoint.startswith("api."):
            continue
        view = current_app.view_functions[rule.endpoint]
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in sorted(_METHODS & (rule.methods or set())):
            paths.setdefault(path, {})[method.lower()] = _operation(rule.endpoint, view, rule.arguments, method)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Daopai",
            "version": "2",
            "description": "The supported part of Camunda 8's Orchestration Cluster REST API.",
        },
        "servers": [{"url": "/"}],
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": _PROBLEM},
        },
        "security": [{"bearer": []}],
        "paths": dict(sorted(paths.items())),
    }


_PROBLEM = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("type", "title", "detail", "instance")} | {"status": {"type": "integer"}},
}


def _operation(endpoint: str, view: Any, arguments: set[str], method: str) -> dict[str, Any]:
    rule = declared(view)
    operation: dict[str, Any] = {
        "operationId": endpoint.partition(".")[2],
        "summary": inspect.getdoc(view) or "",
        "parameters": [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in sorted(arguments)],
        "responses": {
            "200": {"description": "Success"},
            "default": {
                "description": "A problem",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
    }
    if method in {"POST", "PUT"}:
        kind = "multipart/form-data" if endpoint.endswith("create_deployment") else "application/json"
        operation["requestBody"] = {"content": {kind: {"schema": {"type": "object"}}}}
    if rule is not None and rule.kind == "public":
        operation["security"] = []
    if rule is not None and rule.roles:
        operation["x-roles"] = sorted(rule.roles)
    if operation["operationId"] in SCOPE_OF:
        operation["x-scope"] = SCOPE_OF[operation["operationId"]]
    return operation
