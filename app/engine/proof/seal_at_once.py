"""A seal at once, not at the next interval: when a campaign has ended, and before something signed is printed or a campaign is exported."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from app.db import Database
from app.engine import outbox, root_completed
from app.engine.leases import Leased
from app.engine.proof import anchors, mail_seals, write_seals

_log = logging.getLogger(__name__)


@outbox.does(root_completed.NAME, incident="seal")
def campaign_ended(db: Database, job: Leased) -> Callable[[Session], Any] | None:
    """Seal everything up to the campaign's last record, and let it be sent where mail is set up."""
    with db.reading() as session:
        if root_completed.still_ending(session, job.activity_key):
            raise outbox.NotYet
    write_seals.run(db, everything=True)
    if mail_seals.missing():
        return None
    return lambda session: mail_seals.ask(session, mail_seals.ENDED, campaign=job.campaign_id)


def before_handing_out(db: Database) -> None:
    """Seal what grew, so that what is handed out now can show a head that covers it. Work goes on where a seal cannot be made."""
    if write_seals.public_key() is None:
        return
    try:
        write_seals.run(db)
    except (anchors.AnchorError, OSError):  # the seal stands in the database; the paper must not wait for a disk
        _log.error("the anchor file cannot be written", exc_info=True)
