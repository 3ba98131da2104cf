"""The demonstration with a few households at its first morning, to be played by simulated staff."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from app import clock
from app.campaign import demonstration
from app.db import Database
from app.deploying import shipped_files
from app.engine import definitions, virtual_clock
from app.simulation import people
from app.simulation.play import Play
from tests import web

HOUSEHOLDS = 8


def begin(db: Database, home: Path, kind: type[Play] = Play) -> tuple[Flask, Play]:
    """The application and the play. The campaign's clock is in the database: ``clock.reset()`` when it is over."""
    db.in_transaction(lambda session: definitions.deploy(session, shipped_files(), web.CLI, now=clock.real_now()))
    virtual_clock.install(db)
    app = web.application(db, home)
    loaded = demonstration.load(db, households=HOUSEHOLDS, seed=3)
    with db.reading() as session:
        staff = people.read(session, loaded.campaign_id)
    return app, kind(db, loaded.campaign_id, staff, 3)
