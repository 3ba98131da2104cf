"""What a worker does between jobs: looks after the database, in transactions of its own. A chore that fails does not stop the others."""

from __future__ import annotations

import logging
from collections.abc import Callable

from app.db import Database
from app.engine import assignment, outbox
from app.engine.proof import mail_seals, seal_at_once, write_seals  # noqa: F401  (closing: what is done outside)

#: Does a little of its work, soon; called at least once a second.
Chore = Callable[[Database], object]

_log = logging.getLogger(__name__)
_chores: list[Chore] = [write_seals.keep_up, mail_seals.keep_up, outbox.keep_up, assignment.keep_up]


def chore(function: Chore) -> Chore:
    """Let every worker of this process do *function* between jobs."""
    if function not in _chores:
        _chores.append(function)
    return function


def run(db: Database) -> None:
    """A little of everything."""
    for each in _chores:
        try:
            each(db)
        except Exception:  # the database is away, or somebody else is at it: next time
            _log.warning("a chore could not be done", exc_info=True)
