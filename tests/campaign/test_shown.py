"""Values and names as people read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.campaign import people
from app.db import Database
from app.forms import spoken
from tests import web

SHOWN: tuple[tuple[Any, str], ...] = (
    (None, ""),
    ("", ""),
    ([], ""),
    (0, "0"),
    (False, "否"),
    (True, "是"),
    (["甲", "乙"], "甲、乙"),
    ("2020-05-21T08:30:00+08:00", "2020-05-21 08:30"),
)


def test_a_value_of_an_earlier_revision(sqlite_db: Database, tmp_path: Path) -> None:
    with web.application(sqlite_db, tmp_path).test_request_context():
        assert [spoken.said(None, value, "zh", {}) for value, _words in SHOWN] == [words for _value, words in SHOWN]


def test_what_nobody_did_the_system_did(sqlite_db: Database, tmp_path: Path) -> None:
    web.person(sqlite_db, "ran", name="冉小军")
    with web.application(sqlite_db, tmp_path).test_request_context(), sqlite_db.reading() as session:
        assert people.names(session, ["ran", "system", ""]) == {"ran": "冉小军", "system": "系统"}
        assert people.names(session, ["ran"]) == {"ran": "冉小军"}
