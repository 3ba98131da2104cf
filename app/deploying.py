"""A database that is ready: migrated, with everything of ``processes/`` and ``forms/`` deployed."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable
from pathlib import Path

from app import clock, installation, migrations, personal, personal_contents  # noqa: F401  (registers what can be erased)
from app.auth import holding
from app.auth.directory import Directory
from app.campaign import (
    date_changes,  # noqa: F401  (lets campaigns in preparation follow a released schedule)
    handlers,  # noqa: F401  (registers the service-task types that diagrams may name)
    places,
    plan,
)
from app.config import ROOT, Config, ConfigError
from app.db import Database
from app.engine import definitions, erasing, virtual_clock
from app.engine.actor import Actor
from app.engine.proof import adopt_rows, mail_seals, write_seals
from app.modeler.operations import batches  # noqa: F401  (lets job workers do acts on many)
from app.modeler.release import installed
from app.modeler.trial import shipped


def _operator() -> str:
    """The account of the operating system that works at the command line."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid()) if hasattr(os, "getuid") else "?"


#: Whoever works at the console; the history says under which account of the machine.
COMMAND_LINE = Actor("cli", origin=f"cli {_operator()}"[:60])
#: What a deployment is made of.
SUFFIXES = {".bpmn", ".dmn", ".form"}


def read_files(paths: Iterable[Path]) -> dict[str, bytes]:
    """File name -> content. ConfigError when one cannot be read."""
    files: dict[str, bytes] = {}
    for path in paths:
        try:
            files[path.name] = path.read_bytes()
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from error
    return files


def shipped_files() -> dict[str, bytes]:
    """Everything in ``processes/`` and ``forms/``."""
    folders = (ROOT / "processes", ROOT / "forms")
    return read_files(path for folder in folders for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES)


def prepare(config: Config) -> Database:
    """Migrate the database, deploy what is shipped and new here, and load its scenarios; a file that has not changed changes nothing.

    ConfigError when the database is another installation's, or the plan cannot be read.
    """
    plan.load()
    personal.install(config.data_key)
    write_seals.install_from(config)
    mail_seals.install_from(config)
    erasing.install(config.uploads)
    database = Database(config.database_url).knows(Directory(places.codes))
    migrations.upgrade(database, before=adopt_rows.compare, after=adopt_rows.adopt)
    database.in_transaction(lambda session: installation.check(session, config))
    if not config.production:
        virtual_clock.install(database)
    database.in_transaction(adopt_rows.begin)
    _install(database)
    _name_breaches(database)
    database.in_transaction(lambda session: shipped.load(session, shipped.files(), COMMAND_LINE))
    return database


def _install(database: Database) -> None:
    """What administrators have released in the browser stays: a restart does not bring back the shipped file."""
    shipped_now = shipped_files()
    with database.reading() as session:
        files, held = installed.to_install(session, shipped_now)
    if files:
        result = database.in_transaction(
            lambda session: definitions.deploy(session, files, COMMAND_LINE, comment="processes/ forms/", now=clock.now())
        )
        print(f"已部署 {len(result.created)} 个定义 (deployed {len(result.created)} definitions)", flush=True)
    for name in held:
        print(f"{name}: 已由管理员另行发布，未覆盖 (administrators have released their own; not replaced)", flush=True)


def _name_breaches(database: Database) -> None:
    """Accounts that hold one of the three administrators' roles beside another: written around the rule, or before it was one."""
    with database.reading() as session:
        for each in holding.breaches(session, clock.now()):
            roles = " + ".join(each.roles)
            print(f"三员分立：账号 {each.username} 兼任 {roles}，冲突的角色不生效，请在账号页收回其一", end=" ")
            print(f"(account {each.username} holds {roles}: what conflicts does not count until one is withdrawn)", flush=True)
