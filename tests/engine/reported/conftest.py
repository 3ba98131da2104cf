from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from app.db import Database
from tests.engine.reported.stage import Stage
from tests.engine.time_order import backward


@pytest.fixture
def stage(db: Database, at: Callable[[str], datetime]) -> Iterator[Stage]:
    """In whatever was played, nothing may have run backwards."""
    yield Stage(db, at)
    assert backward(db) == []
