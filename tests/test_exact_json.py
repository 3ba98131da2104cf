"""JSON keeps every digit of a number: written, read, stored, copied."""

from __future__ import annotations

import copy
import json
import pickle
from decimal import Decimal
from typing import Any

import orjson
import pytest
from sqlalchemy import JSON, Column, Integer, MetaData, Table, insert, select

from app import exact_json
from app.db import Database
from app.exact_json import Exact

TEXTS = [
    "0",
    "-1",
    "9007199254740993",
    "110101199003070011",
    "6222021234567890123",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "1234567890123456789012345678901234",
    "0.1",
    "0.30000000000000004",
    "12345678901234567.5",
    "6222021234567890123.25",
    "0.3333333333333333333333333333333333",
    "-0.1234567890123456789",
    "1234567.89012345678901",
]


@pytest.mark.parametrize("text", TEXTS)
def test_every_digit_is_read_and_written_again(text: str) -> None:
    for written in (text, f'{{"a":[{text},"{text}"]}}', f"[1,{text}]"):
        value = exact_json.loads(written)
        assert exact_json.dumps(value).decode() == written
        assert exact_json.loads(written.encode()) == value
    value = exact_json.loads(text)
    assert type(value) is int if "." not in text else isinstance(value, float)
    assert exact_json.decimal_of(value) == Decimal(text)


@pytest.mark.parametrize("text", TEXTS)
def test_every_digit_is_stored(db: Database, text: str) -> None:
    """Alone in its column too: SQLite would take that for a number of its own."""
    table = Table("exact_numbers", MetaData(), Column("id", Integer, primary_key=True), Column("value", JSON))
    table.create(db.engine)
    values = [exact_json.loads(text), [exact_json.loads(text)], {"a": exact_json.loads(text)}]
    try:
        with db.engine.begin() as connection:
            connection.execute(insert(table), [{"id": number, "value": value} for number, value in enumerate(values)])
            found = [row.value for row in connection.execute(select(table).order_by(table.c.id))]
    finally:
        table.drop(db.engine)
    assert [exact_json.dumps(value) for value in found] == [exact_json.dumps(value) for value in values]


def test_it_is_a_float_to_code_that_knows_no_better() -> None:
    third = Exact.of(Decimal(1) / 3)
    assert third == 1 / 3 and third * 3 == 1.0 and f"{third:.2f}" == "0.33" and json.dumps([third]) == "[0.3333333333333333]"
    for twin in (copy.copy(third), copy.deepcopy([third])[0], pickle.loads(pickle.dumps(third))):
        assert exact_json.dumps(twin) == exact_json.dumps(third)
    assert Exact.of(Decimal("0.12345678901234567891")) != Exact.of(Decimal("0.12345678901234567892"))
    assert hash(third) == hash(1 / 3)


@pytest.mark.parametrize(
    ("decimal", "kind"), [("5.0", int), ("1E+20", int), ("0.5", float), ("0.1", float), ("1234567890.1234567890123", Exact)]
)
def test_a_decimal_has_one_form(decimal: str, kind: type) -> None:
    assert type(Exact.of(Decimal(decimal))) is kind
    assert exact_json.loads(exact_json.dumps(Decimal(decimal))) == Exact.of(Decimal(decimal))


@pytest.mark.parametrize("text", ["1e400", "-1e999", "9" * 5000, "[" + "1" * 4400 + "]", "NaN", "01", "1_0", "１２", ""])
def test_what_is_no_number_of_ours_is_refused(text: str) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        exact_json.loads(text)


@pytest.mark.parametrize("value", [object(), {"a": [2**70, object()]}, Decimal("NaN"), {1, 2}])
def test_what_json_does_not_have_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        exact_json.dumps(value)
    assert exact_json.dumps([value] if not isinstance(value, dict) else value, default=str).startswith((b"[", b"{"))


def test_names_are_sorted_and_lines_broken_on_request() -> None:
    value = {"b": 2**70, "a": Exact.of(Decimal("0.12345678901234567891"))}
    assert exact_json.dumps(value, sort_keys=True) == b'{"a":0.12345678901234567891,"b":1180591620717411303424}'
    assert exact_json.loads(exact_json.dumps(value, indent=True)) == value
