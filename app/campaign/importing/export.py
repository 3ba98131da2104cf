"""Households as the workbook that the import reads: the way back, for checking, correcting and moving a campaign."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from app.campaign.importing.columns import FOUR, HOUSEHOLDS, MEMBERS, Column, sheets
from app.campaign.importing.marked import FONT, HEADING, new_book, write_cell
from app.campaign.registering import NewHousehold


def workbook(homes: Iterable[NewHousehold]) -> bytes:
    """The three sheets of *homes*, with options written as people read them. What is personal goes out as it comes in."""
    buffer = io.BytesIO()
    book = new_book(buffer)
    head = book.add_format(HEADING)
    plain, quoted = book.add_format(FONT), book.add_format({**FONT, "quote_prefix": True})
    made = {name: book.add_worksheet(name) for name in sheets()}
    line = dict.fromkeys(made, 0)
    for name, columns in sheets().items():
        made[name].freeze_panes(1, 1)
        made[name].set_row(0, 42)
        made[name].set_column(0, len(columns) - 1, 14)
        for place, column in enumerate(columns):
            made[name].write_string(0, place, column.title, head)
    for home in homes:
        for name, row in _rows(home):
            line[name] += 1
            for place, value in enumerate(row):
                write_cell(made[name], line[name], place, value, plain, quoted)
    book.close()
    return buffer.getvalue()


def _rows(home: NewHousehold) -> Iterator[tuple[str, list[Any]]]:
    yield HOUSEHOLDS, [_shown(column, _own(home, column)) for column in sheets()[HOUSEHOLDS]]
    for member in home.members:
        values = {**member.facts, "household": home.code, "name": member.name, "relation": member.relation}
        values |= {"id_number": member.id_number, "health": member.health}
        yield MEMBERS, [_shown(column, values.get(column.key)) for column in sheets()[MEMBERS]]
    if any(home.extracts.get(column.source) for column in sheets()[FOUR]):
        yield FOUR, [_shown(column, _source(home, column) if column.source else home.code) for column in sheets()[FOUR]]


def _own(home: NewHousehold, column: Column) -> Any:
    if column.source:
        return _source(home, column)
    if column.fact:
        group, _, key = column.key.partition(".")
        return home.facts.get(group, {}).get(key)
    return getattr(home, column.key)


def _source(home: NewHousehold, column: Column) -> Any:
    return home.extracts.get(column.source, {}).get(column.key)


def _shown(column: Column, value: Any) -> Any:
    """Options as their Chinese label; 0 as "nothing given" where the number has no meaning."""
    for code, zh, _ in column.options:
        if value == code:
            return zh
    return value
