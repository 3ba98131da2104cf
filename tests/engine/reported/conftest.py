from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from app.db import Database
from tests.engine.reported.stage import Stage


@pytest.fixture
def stage(db: Database, at: Callable[[str], datetime]) -> Stage:
    return Stage(db, at)
