"""The part of Camunda 8's Orchestration Cluster REST API (/v2) that Daopai supports."""

from __future__ import annotations

from flask import Flask

from app.api import openapi, operations, process_instances, resources, scopes, user_tasks
from app.api.blueprint import api

__all__ = ["openapi", "operations", "process_instances", "resources", "scopes", "user_tasks"]


def register(app: Flask) -> None:
    """Serve /v2."""
    app.register_blueprint(api)
