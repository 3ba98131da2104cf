"""Fixtures of the auditors' tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from app.db import Database
from tests import web
from tests.audit.history import History
from tests.browser.test_village_form import Place


@pytest.fixture
def history(db: Database, at: Callable[[str], datetime], tmp_path: Path) -> Iterator[tuple[History, Flask]]:
    """A small campaign that was really played, and an auditor who looks at it."""
    app = web.application(db, tmp_path)
    at("2020-05-21T08:00:00+08:00")
    web.person(db, "auditor", "auditor", campaign_id=0, name="审计员甲")
    with app.test_request_context():
        made = History(Place(db), at)
        made.play()
    yield made, app
