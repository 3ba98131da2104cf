"""Entry for gunicorn: ``app.wsgi:app()``, called in each worker after the fork (V8 does not survive one)."""

from __future__ import annotations

import os

from flask import Flask

from app import create_app
from app.config import from_environment
from app.db import Database
from app.engine import jobs, virtual_clock


def app() -> Flask:
    """The application with a job worker of its own, unless ``DAOPAI_NO_WORKER`` is set."""
    config = from_environment()
    database = Database(config.database_url)
    if not config.production:
        virtual_clock.install(database)
    flask_app = create_app(config, database)
    if not os.environ.get("DAOPAI_NO_WORKER"):
        jobs.Worker(database).start()
    return flask_app
