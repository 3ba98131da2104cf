"""Which households and problems exist for whom. Authorisation is this lookup: what it does not return is a 404.

Town roles see all; group roles their work group's; an investigator his own; village roles their village's. The three system roles and
the spot checkers (who check blind) see none.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true

from app.auth import Identity
from app.campaign.models import Household, Problem, Question

TOWN = ("office", "party_office", "commander", "principal_party", "principal_gov")
GROUP = ("group_leader", "instructor")
VILLAGE = ("village_cadre", "village_secretary", "resident_captain", "resident_leader", "data_entry")

#: every role that sees some households
HOUSEHOLD_ROLES = (*TOWN, *GROUP, "investigator", *VILLAGE)


def scopes(identity: Identity, roles: Iterable[str]) -> list[str]:
    """The groups or villages in which one of *roles* is held, in order."""
    return sorted({scope for role in roles for scope in identity.scopes(role)})


def _household_rule(identity: Identity) -> ColumnElement[bool]:
    if not identity.campaign_id:
        return false()
    if identity.has(*TOWN):
        return true()
    rules: list[ColumnElement[bool]] = []
    if groups := scopes(identity, GROUP):
        rules.append(Household.work_group.in_(groups))
    if villages := scopes(identity, VILLAGE):
        rules.append(Household.village.in_(villages))
    if own := scopes(identity, ("investigator",)):
        rules.append(and_(Household.work_group.in_(own), Household.investigator.in_((identity.assignee, ""))))
    return or_(*rules) if rules else false()


def households_open_to(identity: Identity) -> Select[Household]:
    """The households this user may see, in the current campaign."""
    return select(Household).where(Household.campaign_id == identity.campaign_id, _household_rule(identity))


def problems_open_to(identity: Identity) -> Select[Problem]:
    """The problems this user may see. Breaches of law or discipline (R54) are for the town's roles only."""
    campaign = Problem.campaign_id == identity.campaign_id
    if not identity.campaign_id:
        return select(Problem).where(campaign, false())
    if identity.has(*TOWN):
        return select(Problem).where(campaign)
    rules: list[ColumnElement[bool]] = [Problem.responsible == identity.assignee]
    if groups := scopes(identity, GROUP):
        rules.append(Problem.work_group.in_(groups))
    if villages := scopes(identity, VILLAGE):
        rules.append(Problem.village.in_(villages))
    if identity.has("investigator"):
        rules.append(Problem.household.in_(households_open_to(identity).with_only_columns(Household.code)))
    return select(Problem).where(campaign, Problem.breach.is_(False), or_(*rules))


def questions_open_to(identity: Identity) -> Select[Question]:
    """The questions this user may see: those about his households."""
    codes = households_open_to(identity).with_only_columns(Household.code)
    return select(Question).where(Question.campaign_id == identity.campaign_id, Question.household.in_(codes))


def sees_village(identity: Identity, code: str) -> bool:
    """Whether the village's page is open: town roles, its own people, and the groups' leaders and instructors (by their households)."""
    return identity.has(*TOWN) or code in scopes(identity, VILLAGE)
