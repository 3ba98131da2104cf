"""Which documents there are, in which formats, about what, and which roles make them. What of them exists for whom is looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.auth import Identity
from app.campaign import visibility

Format = Literal["docx", "pdf", "xlsx"]
#: what the field ``about`` names; "" nothing
About = Literal["", "day", "notice", "list", "village", "household", "person"]

MIME = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document."""

    code: str
    title: LazyString
    group: LazyString
    formats: tuple[Format, ...]
    about: About
    roles: tuple[str, ...]
    requirement: str
    #: made from a Word template that an office can change
    template: bool = False
    #: carries signatures or a number, so a copy of what was handed out is kept as it was
    kept: bool = False
    #: people sign on it: the newest seal is printed below, made just before
    signed: bool = False


_PROBLEMS, _VILLAGES, _HOUSEHOLDS, _TOWN = _l("问题和督办"), _l("村"), _l("农户"), _l("全镇")
_WORD: tuple[Format, ...] = ("docx", "pdf")
_SHEET: tuple[Format, ...] = ("xlsx",)
_PLACES = (*visibility.TOWN, *visibility.VILLAGE)
_WALKERS = ("office", *visibility.GROUP, "investigator")

_ALL = (
    Kind("ledger", _l("问题台账"), _PROBLEMS, _SHEET, "day", visibility.HOUSEHOLD_ROLES, "R16"),
    Kind("rectification_list", _l("整改清单"), _PROBLEMS, _SHEET, "day", visibility.HOUSEHOLD_ROLES, "R16"),
    Kind("notice", _l("督办通知"), _PROBLEMS, _WORD, "notice", visibility.HOUSEHOLD_ROLES, "R48", template=True, kept=True),
    Kind("notice_receipt", _l("督办通知回执"), _PROBLEMS, _WORD, "notice", visibility.HOUSEHOLD_ROLES, "R48", template=True),
    Kind("problem_list", _l("村问题清单"), _PROBLEMS, _WORD, "list", _PLACES, "R45", template=True, kept=True, signed=True),
    Kind(
        "village_form", _l("村表"), _VILLAGES, ("docx", "xlsx", "pdf"), "village", _PLACES, "R11 R12", template=True, kept=True, signed=True
    ),
    Kind("village_report", _l("自查评估报告"), _VILLAGES, _WORD, "village", _PLACES, "R52", template=True, kept=True, signed=True),
    Kind("household_form", _l("户表"), _HOUSEHOLDS, ("pdf",), "household", visibility.HOUSEHOLD_ROLES, "R06 R56", signed=True),
    Kind("app_entry", _l("渝扶贫APP录入单"), _HOUSEHOLDS, _SHEET, "household", visibility.HOUSEHOLD_ROLES, "R10"),
    Kind("nine_documents", _l("九种资料核查情况表"), _HOUSEHOLDS, _SHEET, "village", visibility.HOUSEHOLD_ROLES, "R56"),
    Kind("route_list", _l("走访单"), _HOUSEHOLDS, ("pdf", "xlsx"), "person", _WALKERS, "R39"),
    Kind("daily_progress", _l("每日进度"), _TOWN, _SHEET, "day", visibility.HOUSEHOLD_ROLES, "R50"),
    Kind("staff", _l("人员选调统计表"), _TOWN, _SHEET, "", (*visibility.TOWN, *visibility.GROUP), "R56"),
    Kind(
        "spot_check_report",
        _l("抽查验收报告"),
        _TOWN,
        _WORD,
        "",
        (*visibility.TOWN, "spot_checker"),
        "R53",
        template=True,
        kept=True,
        signed=True,
    ),
)

#: code → kind
KINDS = {kind.code: kind for kind in _ALL}

#: every role that makes some document
ROLES = tuple(dict.fromkeys(role for kind in _ALL for role in kind.roles))


def open_to(who: Identity) -> list[Kind]:
    """The kinds that this user's roles make, in order."""
    return [kind for kind in _ALL if who.has(*kind.roles)]
