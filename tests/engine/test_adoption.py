"""Records from before there were chains get their places when a database is migrated."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import JSON, column, func, select, table, update

from app import migrations
from app.db import Database
from app.engine import chains
from app.engine.models import Activity, Event
from app.engine.proof import verify_records, write_seals
from tests.audit import played


def forget_marks(db: Database) -> None:
    """A record of that time does not say which of its values are hidden."""
    events = table("event", column("key"), column("detail", JSON))
    with db.engine.begin() as connection:
        for key, detail in connection.execute(select(events.c.key, events.c.detail)).all():
            if chains.HIDDEN in detail:
                plain = {name: value for name, value in detail.items() if name != chains.HIDDEN}
                connection.execute(update(events).where(events.c.key == key).values(detail=plain))


def test_an_older_database_is_chained_and_goes_on(db: Database, at: object, tmp_path: Path) -> None:
    played.play(db, tmp_path)
    command.downgrade(migrations.configuration(db), "0005")
    forget_marks(db)
    command.upgrade(migrations.configuration(db), "head")
    assert verify_records.verify(db).findings == []
    with db.reading() as session:
        kinds = dict(session.execute(select(Event.kind, func.count()).group_by(Event.kind)).all())
    assert kinds["instance.adopted"] == 5 and kinds["contents.adopted"] == 4
    # What comes afterwards follows on, and what was there before is held.
    played.run(db, played.runtime.start, "p", {}, played.ANN, campaign_id=7)
    write_seals.run(db, everything=True)
    assert verify_records.verify(db).findings == []
    played.run(db, lambda session: session.execute(update(Activity).where(Activity.how == "canceled").values(how="completed")))
    assert {finding.code for finding in verify_records.verify(db).findings} == {"activity_altered"}
