"""The roles of the plan: who acts, and within what scope (requirements, "Who acts")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ScopeKind = Literal["town", "group", "village", "system"]


@dataclass(frozen=True, slots=True)
class Role:
    """One role. ``code`` is the candidate group of the diagrams."""

    code: str
    zh: str
    en: str
    scope: ScopeKind
    #: roles whose holders give it and take it back
    appointed_by: tuple[str, ...] = ("security_admin", "office", "admin")

    def label(self, locale: str) -> str:
        """The role's name in ``zh`` or ``en``."""
        return self.en if locale == "en" else self.zh


#: of the three administrators, and of those who judge the office's work: the office does not choose its judges
_BY_SECURITY = ("security_admin",)

_ALL = (
    Role("office", "镇扶贫办", "Town poverty-relief office", "town"),
    Role("party_office", "党政办", "Party and government office", "town"),
    Role("commander", "指挥长", "Commander", "town", _BY_SECURITY),
    Role("principal_party", "镇党委主要负责人", "Principal of the Party committee", "town", _BY_SECURITY),
    Role("principal_gov", "镇政府主要负责人", "Principal of the government", "town", _BY_SECURITY),
    Role("group_leader", "工作组组长", "Work group leader", "group"),
    Role("instructor", "工作组指导员", "Work group instructor", "group"),
    Role("investigator", "调查员", "Investigator", "group"),
    Role("village_cadre", "村（社区）干部", "Village cadre", "village"),
    Role("village_secretary", "村支部书记", "Village Party secretary", "village"),
    Role("resident_captain", "驻村工作队长", "Resident team captain", "village"),
    Role("resident_leader", "驻村领导", "Resident leader", "village"),
    Role("spot_checker", "抽查验收组", "Spot checker", "town", _BY_SECURITY),
    Role("data_entry", "录入专人", "Data entry", "village"),
    Role("admin", "系统管理员", "System administrator", "system", _BY_SECURITY),
    Role("security_admin", "安全管理员", "Security administrator", "system", _BY_SECURITY),
    Role("auditor", "审计员", "Auditor", "system", _BY_SECURITY),
)

#: code → role, in the plan's order
ROLES: dict[str, Role] = {role.code: role for role in _ALL}

#: 三员分立： no account may hold two of these. None of them works with household data; the auditor reads it, masked.
SEPARATED = frozenset(role.code for role in _ALL if role.scope == "system")

#: Every role that works in a campaign.
BUSINESS = tuple(role.code for role in _ALL if role.scope != "system")


def group_of(role: str, scope: str) -> str:
    """The candidate group string of a held role: ``office``, ``investigator:G03``, ``village_cadre:V05``."""
    return f"{role}:{scope}" if ROLES[role].scope in ("group", "village") else role


def label(code: str, locale: str) -> str:
    """The name of a role; a code that no longer exists is shown as it is."""
    role = ROLES.get(code)
    return role.label(locale) if role else code
