"""Messages between the campaign's diagrams: one way to write their keys."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.engine import runtime
from app.engine.actor import SYSTEM, Actor

#: Seconds (campaign time) that a message waits for a receiver which is not there yet: longer than a campaign.
_LIFE = 60 * 24 * 3600


def publish(
    session: Session,
    campaign_id: int,
    name: str,
    code: str,
    variables: dict[str, Any] | None = None,
    *,
    once: str | None = None,
    waits: bool = True,
    actor: Actor = SYSTEM,
) -> None:
    """Publish *name* to whoever waits for *code* (a household's, village's … code) in this campaign.

    *once*: the same word again publishes nothing. *waits* False: who is not there now does not get it later.
    """
    runtime.publish_message(
        session,
        name,
        f"{campaign_id}:{code}",
        variables or {},
        actor,
        time_to_live=_LIFE if waits else 0,
        message_id=once,
        campaign_id=campaign_id,
    )
