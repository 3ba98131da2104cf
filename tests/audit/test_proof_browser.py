"""Verification in real Chromium: begun on the page, watched until it ends, clean and after a record was altered; a proof taken away."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from app import clock
from app.audit.proof.pages import SCRIPT
from app.db import Database
from app.engine import jobs
from app.engine.models import Event
from app.engine.proof import write_seals
from tests import web
from tests.audit import played
from tests.browser.serving import DESK, PHONE, Visit, aside, chromium, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def app(sqlite_db: Database, tmp_path: Path) -> Iterator[Flask]:
    """Something of everything has happened and was sealed."""

    def play() -> None:
        with clock.frozen(datetime(2020, 5, 21, tzinfo=UTC)):
            played.play(sqlite_db, tmp_path)

    aside(play)
    made = web.application(sqlite_db, tmp_path, seal_key=played.SEED)
    web.person(sqlite_db, "shen", "auditor", campaign_id=0)
    yield made


def test_an_auditor_verifies_watches_and_takes_a_proof_away(app: Flask, tmp_path: Path) -> None:
    db: Database = app.extensions["daopai.db"]
    cookie = web.signed_in_as(app, "shen").client.get_cookie("daopai")
    assert cookie is not None
    with serving(app) as base, chromium() as browser:
        for size in (DESK, PHONE):
            visit = Visit(browser, base, cookie=cookie.value, size=size)
            page = visit.open("/audit/proof")
            fits(page, size)
            begins_and_watches(page, db, "没有改动", size)
            assert visit.complaints == []
            visit.close()
        with db.reading() as session:
            altered = session.scalars(select(Event).where(Event.kind == "task.handed_over")).one()
        sealed_proof(base, browser, cookie.value, altered, tmp_path)
        db.in_transaction(lambda session: session.execute(update(Event).where(Event.key == altered.key).values(actor="eve")))
        for size in (PHONE, DESK):
            visit = Visit(browser, base, cookie=cookie.value, size=size)
            page = visit.open("/audit/proof")
            begins_and_watches(page, db, "最早的一处改动", size)
            notice = page.get_by_role("alert")
            expect(notice).to_contain_text(f"编号 {altered.key}")
            expect(notice).to_contain_text("被改动过")
            notice.get_by_role("link", name="查看这条记录").click()
            expect(page).to_have_url(f"{base}/audit/records/{altered.key}")
            assert visit.complaints == []
            visit.close()


def fits(page: Page, size: dict[str, int]) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], page.url


def begins_and_watches(page: Page, db: Database, words: str, size: dict[str, int]) -> None:
    """The page says that it is at work, and by itself what came of it; the list of verifications says it, too."""
    page.get_by_role("button", name="开始核验").click()
    expect(page.locator("#verification")).to_contain_text("正在逐条核对")
    fits(page, size)
    aside(lambda: jobs.drain(db))
    expect(page.locator("#verification .notice")).to_contain_text(words)
    expect(page.locator("#verification")).not_to_have_attribute("hx-trigger", "every 1s")
    fits(page, size)


def sealed_proof(base: str, browser: object, cookie: str, entry: Event, folder: Path) -> None:
    """The proof of one record, from the page, holds on any computer that has Python."""
    visit = Visit(browser, base, cookie=cookie, size=DESK)  # type: ignore[arg-type]
    page = visit.open("/audit/proof")
    page.get_by_label("单条记录的证明").fill(str(entry.key))
    with page.expect_download() as coming:
        page.get_by_role("button", name="下载证明").click()
    kept = folder / "proof.json"
    coming.value.save_as(kept)
    check = [sys.executable, "-I", str(SCRIPT), str(kept), str(write_seals.anchor_file())]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "BAD" not in done.stdout, done.stdout
    visit.close()
