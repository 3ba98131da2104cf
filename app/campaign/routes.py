"""Puts the campaign into the application."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from app.auth import navigation
from app.campaign import handlers, hooks, pending, providers, unmasking, visibility
from app.campaign.blueprint import blueprint
from app.campaign.documents import kinds
from app.campaign.pages import delivered, documents, first, households, problems, town
from app.campaign.setup import calendar_pages, campaign_pages, household_pages, place_pages, role_pages, schedule_pages, staff_pages

#: Modules whose import registers routes, service-task handlers and form hooks.
REGISTERED = (
    delivered,
    documents,
    first,
    households,
    problems,
    town,
    campaign_pages,
    calendar_pages,
    schedule_pages,
    role_pages,
    household_pages,
    place_pages,
    staff_pages,
    handlers,
    hooks,
)

#: Role → its first page and what the page is called; who holds several roles lands on the first of them.
_FIRST_PAGES = (
    ("investigator", _l("今日"), "campaign.today"),
    ("instructor", _l("来件"), "campaign.incoming"),
    ("group_leader", _l("本组"), "campaign.group"),
    ("village_cadre", _l("本村"), "campaign.own_village"),
    ("village_secretary", _l("本村"), "campaign.own_village"),
    ("resident_captain", _l("本村"), "campaign.own_village"),
    ("resident_leader", _l("本村"), "campaign.own_village"),
    ("data_entry", _l("本村"), "campaign.own_village"),
    ("office", _l("全镇"), "campaign.office"),
    ("party_office", _l("全镇"), "campaign.office"),
    ("commander", _l("全镇"), "campaign.office"),
    ("principal_party", _l("签批"), "campaign.digest"),
    ("principal_gov", _l("签批"), "campaign.digest"),
    ("spot_checker", _l("抽查"), "campaign.spot_check"),
)


def register(app: Flask) -> None:
    """Blueprint, navigation, first pages, what the shell asks."""
    app.register_blueprint(blueprint)
    unmasking.register()
    app.extensions["daopai.campaigns"] = providers.campaigns
    app.extensions["daopai.campaign_day"] = providers.campaign_day
    app.extensions["daopai.scope_names"] = providers.scope_names
    app.extensions["daopai.choices"] = providers.choices
    app.extensions["daopai.value_names"] = providers.value_names
    app.extensions["daopai.pending"] = pending.of_subjects
    app.extensions["daopai.scopes"] = providers.scopes
    entries: dict[str, tuple[object, list[str]]] = {}
    for role, label, endpoint in _FIRST_PAGES:
        navigation.home(app, role, endpoint)
        entries.setdefault(endpoint, (label, []))[1].append(role)
    for endpoint, (label, roles) in entries.items():
        navigation.register(app, label, endpoint, roles=tuple(roles), order=5)
    navigation.register(app, _l("农户"), "campaign.households", roles=visibility.HOUSEHOLD_ROLES, order=20)
    navigation.register(app, _l("问题"), "campaign.problems", roles=visibility.HOUSEHOLD_ROLES, order=30)
    navigation.register(app, _l("村（社区）"), "campaign.villages", roles=visibility.TOWN, order=40)
    navigation.register(app, _l("进度"), "campaign.progress_board", roles=visibility.HOUSEHOLD_ROLES, order=50)
    navigation.register(app, _l("督办"), "campaign.notices", roles=(*visibility.TOWN, *visibility.VILLAGE), order=60)
    navigation.register(app, _l("台账"), "campaign.ledger_days", roles=visibility.HOUSEHOLD_ROLES, order=70)
    navigation.register(app, _l("文书"), "campaign.documents", roles=kinds.ROLES, order=75)
    navigation.register(app, _l("消息"), "campaign.messages", roles=(*visibility.HOUSEHOLD_ROLES, "spot_checker"), order=80)
    navigation.register(app, _l("设置"), "campaign.campaigns_list", roles=("office", "admin"), order=90)
