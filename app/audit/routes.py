"""Puts the auditors' room into the application."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from app.audit.blueprint import blueprint
from app.audit.proof import pages as proof_pages
from app.auth import navigation

#: Modules whose import puts their routes on the blueprint.
ROUTES = (proof_pages,)


def register(app: Flask) -> None:
    """Blueprint and navigation."""
    app.register_blueprint(blueprint)
    navigation.register(app, _l("核验"), "audit.proof", roles=("auditor", "security_admin"), order=30)
