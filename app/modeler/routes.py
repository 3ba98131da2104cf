"""Puts the modeler into the application."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from app.auth import navigation
from app.modeler.blueprint import blueprint
from app.modeler.drafts import checking, editor_page, pages, vocabulary
from app.modeler.operations import batch_pages, incident_pages, instance_acts, instance_pages, migration_pages, overview, start_pages
from app.modeler.operations.blueprint import operations
from app.modeler.release import deployment_pages, difference_pages
from app.modeler.release import pages as release_pages
from app.modeler.trial import pages as trial_pages
from app.modeler.trial import scenario_pages

#: Modules whose import puts their routes on the blueprint.
ROUTES = (pages, editor_page, checking, vocabulary, trial_pages, scenario_pages, release_pages, difference_pages, deployment_pages)

#: Likewise for the operators' blueprint.
OPERATIONS = (overview, instance_pages, instance_acts, incident_pages, migration_pages, batch_pages, start_pages)


def register(app: Flask) -> None:
    """Blueprint and navigation."""
    app.register_blueprint(blueprint)
    app.register_blueprint(operations)
    navigation.home(app, "admin", "operations.overview")
    navigation.register(app, _l("运行"), "operations.overview", roles=("admin",), order=5)
    navigation.register(app, _l("绘制"), "modeler.drafts", roles=("admin",), order=10)
    navigation.register(app, _l("发布"), "modeler.releases", roles=("admin",), order=12, count=release_pages.waiting_count)
    navigation.register(app, _l("场景"), "modeler.scenarios_list", roles=("admin",), order=14)
