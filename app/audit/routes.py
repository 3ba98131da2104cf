"""Puts the auditors' room into the application."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from app.audit import damage, descriptions, unmasking
from app.audit.blueprint import blueprint
from app.audit.conformance import pages as conformance_pages
from app.audit.exporting import pages as export_pages
from app.audit.history import as_of, household, people, records, replay, villages
from app.audit.pictures import pages as picture_pages
from app.audit.proof import pages as proof_pages
from app.audit.proof import retention_pages
from app.auth import navigation
from app.auth.language import locale

#: Modules whose import puts their routes, and what to say of damage, on the blueprint.
ROUTES = (
    picture_pages,
    conformance_pages,
    records,
    household,
    as_of,
    replay,
    people,
    villages,
    proof_pages,
    retention_pages,
    export_pages,
    damage,
)


def register(app: Flask) -> None:
    """Blueprint, navigation, the auditor's first page, what he may see in the clear."""
    app.register_blueprint(blueprint)
    # What a record is called is said in one place; other rooms' pages list records, too.
    app.add_template_global(lambda kind: descriptions.kind_name(kind, locale()), "kind_name")
    unmasking.register()
    navigation.home(app, "auditor", "audit.records")
    navigation.register(app, _l("记录"), "audit.records", roles=("auditor",), order=5)
    navigation.register(app, _l("运行图"), "audit.pictures", roles=("auditor",), order=32)
    navigation.register(app, _l("与方案不符"), "audit.conformance", roles=("auditor",), order=31)
    navigation.register(app, _l("核验"), "audit.proof", roles=("auditor", "security_admin"), order=30)
    navigation.register(app, _l("导出"), "audit.exports", roles=("auditor",), order=35, count=export_pages.waiting_count)
    kept = _l("留存")
    navigation.register(app, kept, "audit.retention", roles=("security_admin",), order=40)
    navigation.register(app, kept, "audit.retention", roles=("auditor",), order=40, count=retention_pages.waiting_count)
