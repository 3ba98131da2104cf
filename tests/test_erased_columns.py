"""No column into which somebody could write a name keeps it after an erasure, or this file says why none stands there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, String, Table, Text, select, update

from app.db import Base, Database, Json
from app.engine import erasing
from tests import web
from tests.audit.history import History
from tests.browser.test_village_form import Place
from tests.test_erased_names import end, erase

NAME = "欧阳慕容"
#: Shorter texts are codes, user names and states; what is longer, and every JSON, may hold what people typed.
LONG = 121
#: Looked at with all their contents by ``test_erased_names``: what is written into them by hand, no digest would fit.
RECORDS = {"event", "submission"}
#: table.column → why
CODES: dict[str, str] = {
    **dict.fromkeys(
        (
            *("activity.element_id", "activity.element_name", "job.element_id", "job.type", "subscription.element_id"),
            *("user_task.element_id", "user_task.form_id", "user_task.name", "user_task.process_id", "user_task.properties"),
        ),
        "the diagram says it: kept with the diagram, which is no content of a campaign",
    ),
    **dict.fromkeys(("code_item.label_en", "code_item.label_zh"), "a list of codes"),
    **dict.fromkeys(("problem.tags", "problem.field_label"), "codes, and what the form calls a field"),
    **dict.fromkeys(("user_task.candidate_groups", "user_task.candidate_users"), "roles and user names: who answers for a record stays"),
    "notification.url": "a path of the product with keys and codes",
    "activity.cause": "a code of the engine; held against the records",
}


def free(table: Table) -> Iterator[str]:
    """Columns with room for a name; what rows are looked up by (keys, indexes) holds codes."""
    sought = {column.name for each in (*table.indexes, *table.constraints) for column in each.columns}
    for column in table.columns:
        kind = column.type
        long = isinstance(kind, Text) or (isinstance(kind, String) and (kind.length or LONG) >= LONG)
        if (isinstance(kind, Json) or long) and column.name not in sought:
            yield column.name


def plant(connection: Connection, table: Table) -> None:
    """In every row, in every free column: as text, or within what stands there."""
    key = next(iter(table.primary_key.columns))
    for row in connection.execute(select(table)).mappings().all():
        for name in free(table):
            value = row[name]
            if isinstance(table.c[name].type, Json):
                value = {**value, "said": NAME} if isinstance(value, dict) else [*value, NAME] if isinstance(value, list) else NAME
            else:
                value = NAME
            connection.execute(update(table).where(key == row[key.name]).values({name: value}))


def test_no_free_column_keeps_a_name(sqlite_db: Database, at: Callable[[str], datetime], tmp_path: Path) -> None:
    db = sqlite_db
    web.application(db, tmp_path)
    erasing.install(tmp_path / "uploads")
    at("2020-05-21T08:00:00+08:00")
    history = History(Place(db), at)
    history.play()
    end(db)
    tables = [each for each in Base.metadata.tables.values() if "campaign_id" in each.c and each.name not in RECORDS]
    planted = set()
    with db.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        for table in tables:
            if connection.execute(select(table).limit(1)).first() is not None:
                plant(connection, table)
                planted |= {f"{table.name}.{name}" for name in free(table)}
    erase(db, history.campaign)
    left = set()
    with db.engine.connect() as connection:
        for table in tables:
            for row in connection.execute(select(table)).mappings():
                left |= {f"{table.name}.{name}" for name in free(table) if NAME in json.dumps(row[name], ensure_ascii=False, default=str)}
    unsaid = sorted(left - set(CODES))
    assert not unsaid, f"{', '.join(unsaid)}: erase it (``personal_contents``), or say here why no name stands there"
    assert len(planted) > 25, sorted(planted)
