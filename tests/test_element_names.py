"""What a diagram calls things, as people read it."""

from __future__ import annotations

import pytest
from flask import Flask

from app import element_names
from app.db import Database
from tests import web


@pytest.mark.parametrize(
    ("drawn", "read"),
    [
        ("编印培训材料 （党政办）", "编印培训材料（党政办）"),
        ("核查\n“九种资料”", "核查“九种资料”"),
        ("录入 APP 回执", "录入 APP 回执"),
        ("Review\nthe  form", "Review the form"),
        ("", ""),
    ],
)
def test_blanks_that_break_lines_on_the_diagram_are_not_read(drawn: str, read: str) -> None:
    assert element_names.unbroken(drawn) == read


@pytest.fixture
def app(sqlite_db: Database, tmp_path: object) -> Flask:
    return web.application(sqlite_db, tmp_path)  # type: ignore[arg-type]


def test_a_shipped_name_is_said_in_the_readers_language_and_an_unknown_one_as_it_is_drawn(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert element_names.spoken("审核《户表》") == "Review the household form"
        assert element_names.spoken("我们自己 画的一步") == "我们自己画的一步"
    with app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        assert element_names.spoken("核准确认 《重点户表》") == "核准确认《重点户表》"
