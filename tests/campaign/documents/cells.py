"""The cells of documents: a document exists for exactly those for whom its page does."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.campaign import visibility
from app.campaign.models import Household, Notice
from app.db import Database
from tests.campaign import world
from tests.campaign.documents import rows
from tests.idor import Cell, held
from tests.web import CAMPAIGN

TOWN, VILLAGE = held(*visibility.TOWN), held(*visibility.VILLAGE)
NEAR = TOWN | VILLAGE | held(*visibility.GROUP, "investigator")
ALL = NEAR | held(*visibility.VILLAGE, *visibility.GROUP, "investigator", at="there")
EDITORS = held("office", "admin") | held("office", at="elsewhere")


def _all_there(db: Database) -> None:
    """Everything that documents are about, once."""
    world.campaign(db, "running")
    with db.reading() as session:
        home = session.scalar(select(Household.key).where(Household.campaign_id == CAMPAIGN, Household.code == rows.HOME))
        paper = session.scalar(select(Notice.key).where(Notice.campaign_id == CAMPAIGN, Notice.number == rows.NOTICE))
    if paper is None:
        rows.deploy_forms(db)
        db.in_transaction(rows.papers)
    if home is None:
        rows.filled_household(db, rows.HOME)
        world.write(db, world.new("V05-902"))


def _document(kind: str, form: str, about: str, open_to: frozenset[str]) -> Cell:
    def make(db: Database) -> dict[str, Any]:
        _all_there(db)
        return {"kind": kind, "form": form}

    return Cell("campaign.make_document", make, open_to, "POST", {"about": about})


def _template(_db: Database) -> dict[str, Any]:
    return {"kind": "notice"}


CELLS = [
    _document("ledger", "xlsx", rows.DAY.isoformat(), ALL),
    _document("notice", "docx", rows.NOTICE, TOWN | VILLAGE),
    _document("problem_list", "docx", rows.LIST, TOWN | VILLAGE),
    _document("village_form", "xlsx", "V05", TOWN | VILLAGE),
    _document("village_report", "docx", "V05", TOWN | VILLAGE),
    _document("household_form", "pdf", rows.HOME, NEAR),
    _document("app_entry", "xlsx", rows.HOME, NEAR),
    _document("nine_documents", "xlsx", "V05", NEAR),
    _document("route_list", "xlsx", "investigator.here", held("office", *visibility.GROUP, "investigator")),
    _document("spot_check_report", "docx", "", TOWN | held("spot_checker")),
    Cell("campaign.document_template", _template, EDITORS),
    Cell("campaign.document_template_upload", _template, EDITORS, "POST"),
    Cell("campaign.document_template_withdraw", _template, EDITORS, "POST"),
]
