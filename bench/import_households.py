"""How long an import of N households (default 10,000) takes: read, check, encrypt, write.

    python bench/import_households.py [N]

Prints seconds per phase and the peak memory. The database is a fresh SQLite file (or DATABASE_URL) in a temporary folder.
"""

from __future__ import annotations

import os
import random
import resource
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import func, select  # noqa: E402

from app import personal, tables  # noqa: E402, F401
from app.campaign import campaigns  # noqa: E402
from app.campaign.demonstration import households, town  # noqa: E402
from app.campaign.importing import export, runs  # noqa: E402
from app.campaign.models import Household, ImportRun, Member, Village, WorkGroup  # noqa: E402
from app.clock import CAMPAIGN_ZONE  # noqa: E402
from app.db import Base, Database  # noqa: E402
from app.engine.actor import Actor  # noqa: E402

ACTOR = Actor("bench", origin="cli")


def main(number: int) -> None:
    personal.install("11" * 32)
    with tempfile.TemporaryDirectory() as folder:
        db = Database(os.environ.get("DATABASE_URL") or f"sqlite:///{folder}/bench.db")
        Base.metadata.create_all(db.engine)
        place = town.build(number, random.Random(1))
        content = export.workbook(households.build(place, number, 1))
        print(f"workbook of {number} households: {len(content) / 1e6:.1f} MB")

        def prepare(session):
            campaign = campaigns.create(session, name="bench", deadline=datetime(2020, 6, 1, tzinfo=CAMPAIGN_ZONE), actor=ACTOR)
            for village in place.villages:
                session.add(Village(campaign_id=campaign.id, code=village.code, name=village.name))
            for group in place.groups:
                session.add(WorkGroup(campaign_id=campaign.id, code=group.code, name=group.name, village=group.village))
            return runs.begin(session, campaign.id, "bench.xlsx", ACTOR).key

        key = db.in_transaction(prepare)
        begin = time.perf_counter()
        thread = runs.start(db, Path(folder), key, content, ACTOR)
        state = ""
        while thread.is_alive():
            thread.join(0.05)
            with db.reading() as session:
                now = session.execute(select(ImportRun.state).where(ImportRun.key == key)).scalar_one()
            if now != state:
                state = now
                print(f"{time.perf_counter() - begin:6.1f} s  {state}")
        with db.reading() as session:
            message = session.execute(select(ImportRun.message, ImportRun.errors).where(ImportRun.key == key)).one()
            homes = session.scalar(select(func.count()).select_from(Household))
            members = session.scalar(select(func.count()).select_from(Member))
        print(f"{time.perf_counter() - begin:6.1f} s  {message.message} {homes} households, {members} members, {message.errors} errors")
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
        db.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
