"""Daopai 倒排: a campaign with a hard deadline, drawn as BPMN, worked from an inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.config import Config, from_environment
from app.db import Database

if TYPE_CHECKING:
    from flask import Flask


def create_app(config: Config | None = None, database: Database | None = None) -> Flask:
    """Wire everything together: the only place where parts know each other.

    The database is expected to be migrated. Starts no thread: ``run.py`` and ``app.wsgi`` start the job worker. The parts are imported here
    and not above, so that ``import app.engine`` (command line, job worker, tests of the engine) loads neither Flask nor any page.
    """
    from flask import Flask

    from app import border, errors, personal, personal_contents, request_json  # noqa: F401  (registers what can be erased)
    from app.api import routes as api
    from app.audit import routes as audit
    from app.auth import devices, directory, guard, headers, language, limits, proxies, shell
    from app.auth import routes as auth
    from app.campaign import places
    from app.campaign import routes as campaign
    from app.engine import erasing
    from app.engine.proof import mail_seals, write_seals
    from app.inbox import routes as inbox
    from app.modeler import routes as modeler

    config = config or from_environment()
    app = Flask(__name__)
    app.config.update(DAOPAI=config, SECRET_KEY=config.secret_key, TESTING=config.testing)
    app.config.update(MAX_CONTENT_LENGTH=32 * 1024 * 1024, MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024)
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["daopai.db"] = (database or Database(config.database_url)).knows(directory.Directory(places.codes))
    personal.install(config.data_key)
    erasing.install(config.uploads)
    write_seals.install_from(config)
    mail_seals.install_from(config)
    for part in (proxies, request_json, border, headers, devices, language, guard, limits, shell, errors):
        part.install(app)
    for feature in (auth, campaign, inbox, modeler, audit, api):
        feature.register(app)
    return app
