"""Messages between the campaign's diagrams: one way to write their keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from app.campaign import campaigns
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
) -> None:
    """Publish *name* to whoever waits for *code* (a household's, village's … code) in this campaign, now or later.

    *once*: the same word again publishes nothing. *waits* False: a state that only concerns who waits at this moment; never for what
    somebody decided (``correlate``).
    """
    life = _LIFE if waits else 0
    key = _key(campaign_id, code)
    runtime.publish_message(session, name, key, variables or {}, SYSTEM, time_to_live=life, message_id=once, campaign_id=campaign_id)


def begin(session: Session, campaign_id: int, what: str, number: str, variables: dict[str, Any]) -> None:
    """Start the process of a new problem or question (*what*, the name of its variable) with the commit; again: nothing happens."""
    given = {what: variables, **campaigns.given(session, campaigns.get(session, campaign_id))}
    publish(session, campaign_id, f"{what}_raised", number, given, once="raised")


def correlate(session: Session, campaign_id: int, name: str, code: str, variables: dict[str, Any], *, actor: Actor) -> None:
    """Hand over what somebody decided, in this transaction. Conflict ``message_not_awaited`` when nobody receives it."""
    runtime.correlate_message(session, name, _key(campaign_id, code), variables, actor, campaign_id=campaign_id)


def awaited(session: Session, campaign_id: int, name: str, codes: Iterable[str]) -> set[str]:
    """Those of *codes* for which somebody waits for *name*."""
    keys = {_key(campaign_id, code): code for code in codes}
    return {keys[key] for key in runtime.awaited_messages(session, name, list(keys), campaign_id=campaign_id)}


def _key(campaign_id: int, code: str) -> str:
    return f"{campaign_id}:{code}"
