"""Puts the auditors' room into the application."""

from __future__ import annotations

from flask import Flask

from app.audit.blueprint import blueprint

#: Modules whose import puts their routes on the blueprint.
ROUTES = ()


def register(app: Flask) -> None:
    """Blueprint and navigation."""
    app.register_blueprint(blueprint)
