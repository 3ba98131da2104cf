"""What is written fits into its column, on both databases: PostgreSQL refuses a longer text, SQLite would keep it."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Engine, String, Table, event


class TooLong(Exception):
    """A text that does not fit into ``column`` (table.column); ``limit`` and ``length`` are characters, ``start`` is how it begins."""

    def __init__(self, column: str, limit: int, value: str) -> None:
        super().__init__(f"a text of {len(value)} characters does not fit into {column}: at most {limit}")
        self.column = column
        self.limit = limit
        self.length = len(value)
        self.start = value[:20]


def check(engine: Engine) -> None:
    """Let *engine* refuse (``TooLong``) what an INSERT or UPDATE would write into a column that is too short for it."""
    event.listen(engine, "before_cursor_execute", _look)


def _look(_conn: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool) -> None:
    if context is None or not (context.isinsert or context.isupdate) or context.compiled is None or hasattr(context, "measured"):
        return
    context.measured = True  # an INSERT of many rows goes out in parts of one context
    table = context.compiled.statement.table
    for name, limit in _limits(table):
        for values in context.compiled_parameters:
            value = values.get(name)
            if isinstance(value, str) and len(value) > limit:
                raise TooLong(f"{table.name}.{name}", limit, value)


@cache
def _limits(table: Table) -> tuple[tuple[str, int], ...]:
    """(column, characters) of those columns that have a length."""
    return tuple((column.key, column.type.length) for column in table.columns if type(column.type) is String and column.type.length)
