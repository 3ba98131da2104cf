"""One cell: what somebody typed → a value, or a sentence that says what is expected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from app import personal
from app.campaign import id_numbers
from app.campaign.importing import texts
from app.campaign.importing.columns import Column
from app.campaign.importing.texts import say

#: a spreadsheet keeps 15 digits of a number
EXACT = 10**15
_PHONE = re.compile(r"\+?[0-9][0-9 -]{5,18}[0-9]")


class BadCell(ValueError):
    """The cell cannot be used; the message says what is expected."""


def parse(column: Column, cell: Any, lists: Mapping[str, Mapping[str, str]]) -> Any:
    """The cell's value, or None when it is empty. ``lists``: code list → label or code → code. Raises ``BadCell``."""
    if isinstance(cell, str):
        cell = cell.strip()
    if cell is None or cell == "":
        if column.required:
            raise BadCell(say("required"))
        return None
    if isinstance(cell, str) and any(ord(letter) < 32 and letter not in "\t\n\r" for letter in cell):
        raise BadCell(say("unprintable"))
    if column.kind == "choice":
        return _choice(column, cell)
    if column.kind == "role" or column.kind.startswith("list:"):
        return _listed(lists.get(column.kind.removeprefix("list:"), {}), cell)
    return _READERS[column.kind](column, cell)


def text_of(cell: Any) -> str:
    """A cell as text: a number typed where text belongs has no ``.0``."""
    if isinstance(cell, bool):
        return texts.YES if cell else texts.NO
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time().isoformat() == "00:00:00" else cell.isoformat(" ")
    return str(cell).strip()


def _text(column: Column, cell: Any) -> str:
    if isinstance(cell, int | float) and abs(cell) >= EXACT:
        raise BadCell(say("digits_lost"))
    text = text_of(cell)
    if len(text) > column.max:
        raise BadCell(say("too_long", count=f"{column.max:g}"))
    return text


def _number(column: Column, cell: Any) -> float:
    if isinstance(cell, bool | date):
        raise BadCell(say("number"))
    try:
        value = float(str(cell).replace(",", "").replace(",", ""))
    except ValueError:
        raise BadCell(say("number")) from None
    if not 0 <= value <= column.max:
        raise BadCell(say("range", max=f"{column.max:g}"))
    return value


def _integer(column: Column, cell: Any) -> int:
    value = _number(column, cell)
    if not value.is_integer():
        raise BadCell(say("integer"))
    return int(value)


def _year(_column: Column, cell: Any) -> int:
    text = text_of(cell).removesuffix(texts.YEAR)
    if not text.isdecimal() or not 1949 <= int(text) <= 2100:
        raise BadCell(say("year"))
    return int(text)


def _boolean(_column: Column, cell: Any) -> bool:
    text = "1" if cell is True else "0" if cell is False else text_of(cell).lower()
    if text in texts.TRUE:
        return True
    if text in texts.FALSE:
        return False
    raise BadCell(say("boolean"))


def _phone(_column: Column, cell: Any) -> str:
    text = text_of(cell)
    if text in personal.NONE:
        return text
    if not _PHONE.fullmatch(text):
        raise BadCell(say("phone"))
    return text


def _id_number(_column: Column, cell: Any) -> str:
    if isinstance(cell, int | float):
        raise BadCell(say("id_lost"))
    text = text_of(cell).upper()
    if len(text) != 18:
        raise BadCell(say("id_length", count=len(text)))
    if id_numbers.birth_date(text) is None:
        raise BadCell(say("id_birth"))
    if not id_numbers.is_valid(text):
        raise BadCell(say("id_check"))
    return text


def _choice(column: Column, cell: Any) -> str:
    text = text_of(cell)
    for value, zh, en in column.options:
        if text in (value, zh, en):
            return value
    raise BadCell(say("choice", options="、".join(zh for _, zh, _ in column.options)))


def _listed(labels: Mapping[str, str], cell: Any) -> str:
    text = text_of(cell)
    # "指导员" is the only role that ends so: 工作组指导员.
    short = {code for word, code in labels.items() if text and word.endswith(text)}
    if text not in labels and len(short) == 1:
        return short.pop()
    if text not in labels:
        # Each code has its Chinese label before its English one.
        words: dict[str, list[str]] = {}
        for word, code in labels.items():
            if word != code:
                words.setdefault(code, []).append(word)
        raise BadCell(say("listed", zh="、".join(each[0] for each in words.values()), en=", ".join(each[-1] for each in words.values())))
    return labels[text]


_READERS = {
    "text": _text,
    "number": _number,
    "integer": _integer,
    "year": _year,
    "boolean": _boolean,
    "phone": _phone,
    "id_number": _id_number,
}
