"""A seal is made before something signed is printed and before a campaign is exported, and one stands on a sheet to keep."""

from __future__ import annotations

from pathlib import Path

import pytest
import qrcode
from flask import Flask
from qrcode.constants import ERROR_CORRECT_M

from app.audit.proof import picture
from app.db import Database
from app.engine import events
from app.engine.actor import Actor
from app.engine.chain_models import Seal
from app.engine.proof import seal_at_once, write_seals
from tests import web
from tests.audit import played
from tests.campaign.documents import rows
from tests.campaign.documents.reading import pdf_text, word_text


@pytest.fixture
def app(db: Database, tmp_path: Path) -> Flask:
    """Campaign 7 with its papers, of which nothing is sealed yet."""
    made = web.application(db, tmp_path, seal_key=played.SEED)
    web.place(db)
    rows.deploy_forms(db)
    rows.filled_household(db)
    db.in_transaction(rows.papers)
    db.in_transaction(lambda session: events.record(session, "campaign.started", Actor("office"), campaign_id=web.CAMPAIGN))
    return made


def newest(db: Database) -> Seal | None:
    with db.reading() as session:
        return write_seals.newest(session)


def test_a_signed_document_shows_a_seal_made_just_before(app: Flask, db: Database) -> None:
    web.person(db, "cadre", "village_cadre:V05", "village_secretary:V05")
    browser = web.signed_in_as(app, "cadre")
    for number, (form, read) in enumerate((("docx", word_text), ("pdf", pdf_text)), start=1):
        answer = browser.post(f"/documents/village_report.{form}", {"about": "V05"})
        assert answer.status_code == 200
        last, said = newest(db), "".join(read(answer.data).split())
        assert last is not None and last.number == number
        assert f"记录封印：第{number}号" in said.replace(":", "：") or f"记录封印第{number}号" in said
        assert last.hash[:32] in said
    assert browser.post("/documents/nine_documents.xlsx", {"about": "V05"}).status_code in (200, 404)
    assert newest(db).number == 2, "nobody signs on a sheet of figures"  # type: ignore[union-attr]


def test_nobody_makes_seals_by_asking_for_papers_that_are_not_his(app: Flask, db: Database) -> None:
    web.person(db, "walker", "investigator:G03")
    browser = web.signed_in_as(app, "walker")
    assert browser.post("/documents/village_report.docx", {"about": "V05"}).status_code in (403, 404)
    assert newest(db) is None


def test_a_campaign_is_sealed_before_it_is_exported(app: Flask, db: Database) -> None:
    web.person(db, "shen", "auditor")
    browser = web.signed_in_as(app, "shen")
    assert browser.post("/audit/exports", {"format": "csv", "campaign": str(web.CAMPAIGN)}).status_code == 200
    assert newest(db) is None
    answer = browser.post("/audit/exports", {"format": "archive", "campaign": str(web.CAMPAIGN)})
    assert answer.status_code == 200 and answer.data
    assert newest(db).number == 1  # type: ignore[union-attr]


def test_where_the_anchor_file_cannot_be_written_papers_are_printed_all_the_same(
    app: Flask, db: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "anchors").write_text("a file where the folder should be")
    seal_at_once.before_handing_out(db)
    assert newest(db) is not None and "the anchor file cannot be written" in caplog.text


def test_a_seal_stands_on_a_sheet_to_keep(app: Flask, db: Database) -> None:
    seal_at_once.before_handing_out(db)
    web.person(db, "shen", "auditor")
    last, browser = newest(db), web.signed_in_as(app, "shen")
    assert last is not None
    page = browser.get("/audit/seals/1").text
    for told in (last.hash, last.root, last.signature, last.public_key, "seals.jsonl", "data-print"):
        assert told in page
    assert browser.get("/audit/seals/2").status_code == 404
    assert 'href="/audit/seals/1"' in browser.get("/audit/proof").text


def test_the_code_on_it_is_that_of_the_text() -> None:
    made = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4)
    made.add_data('{"number":1}')
    made.make(fit=True)
    dark = {(x, y) for y, row in enumerate(made.get_matrix()) for x, each in enumerate(row) if each}
    found = picture.code('{"number":1}')
    drawn = {tuple(map(int, each.split("h")[0].split())) for each in found.path.split("M")[1:]}
    assert (drawn, found.size) == (dark, len(made.get_matrix())) and 4 in {x for x, _y in dark}
