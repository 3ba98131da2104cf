"""An application over both kinds of database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from app import clock
from app.db import Database
from tests import web


@pytest.fixture
def app(db: Database, tmp_path: Path) -> Flask:
    return web.application(db, tmp_path)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Move the machine's clock (security) on by a time span."""
    real = clock.real_now
    gone = timedelta()

    def on(by: timedelta) -> None:
        nonlocal gone
        gone += by

    def moved() -> datetime:
        return real() + gone

    monkeypatch.setattr(clock, "real_now", moved)
    monkeypatch.setattr("app.auth.guard.real_now", moved)
    return on
