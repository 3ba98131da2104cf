"""Puts the auditors' room into the application."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from app.audit import unmasking
from app.audit.blueprint import blueprint
from app.audit.history import as_of, household, people, records, replay, villages
from app.auth import navigation

#: Modules whose import puts their routes on the blueprint.
ROUTES = (records, household, as_of, replay, people, villages)


def register(app: Flask) -> None:
    """Blueprint, navigation, the auditor's first page, what he may see in the clear."""
    app.register_blueprint(blueprint)
    unmasking.register()
    navigation.home(app, "auditor", "audit.records")
    navigation.register(app, _l("记录"), "audit.records", roles=("auditor",), order=5)
