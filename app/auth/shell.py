"""What every page shows around its content: the campaign's day, what is late, who acts and for whom, where one can go.

Features provide two of these, as callables on ``app.extensions``:

- ``daopai.campaign_day``: ``(session, campaign_id) -> CampaignDay | None``
- ``daopai.late``: ``(session, identity) -> Late | None``
- ``daopai.campaigns``: ``(session) -> list[(id, name)]``, active ones, newest first
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask, current_app, request

from app import clock, element_names, unreadable
from app.auth import navigation, presenting
from app.auth.current import Identity, database, identity_or_none
from app.auth.demonstration import running_advance
from app.auth.language import locale
from app.auth.roles import label


@dataclass(frozen=True, slots=True)
class CampaignDay:
    """Where a campaign stands today."""

    name: str
    #: 1 on the first day; 0 or less before it
    day: int
    #: how many days it has
    days: int
    #: the last moment's date, e.g. 1 June
    deadline: date
    #: days until then; negative: over
    left: int


@dataclass(frozen=True, slots=True)
class Late:
    """How many tasks of this user are overdue, and where they are listed."""

    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Shell:
    """Everything base.html needs about its surroundings."""

    who: Identity | None
    items: list[navigation.Item]
    #: endpoint of an item → the number beside it
    counts: dict[str, int]
    day: CampaignDay | None
    late: Late | None
    campaigns: list[tuple[int, str]]
    roles: str
    #: the demonstration's strip is shown
    demonstration: bool
    advance: Any
    now: Any


def shell() -> Shell:
    """Gather it; called once by base.html."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    who = identity_or_none()
    if who is None:
        return Shell(None, [], {}, None, None, [], "", False, None, clock.now())
    day, late, campaigns = _provided(app, who)
    names = list(dict.fromkeys(label(held.role, locale()) for held in who.roles))
    strip = who.demonstration and not app.config["DAOPAI"].production
    items = navigation.items_for(app, who)
    counts = {item.endpoint: found for item in items if item.count is not None and (found := item.count(who))}
    return Shell(who, items, counts, day, late, campaigns, " · ".join(names), strip, running_advance(app), clock.now())


def _provided(app: Flask, who: Identity) -> tuple[CampaignDay | None, Late | None, list[tuple[int, str]]]:
    given = app.extensions
    with database().reading() as read:
        day = given["daopai.campaign_day"](read, who.campaign_id) if "daopai.campaign_day" in given and who.campaign_id else None
        late = given["daopai.late"](read, who) if "daopai.late" in given else None
        several = "daopai.campaigns" in given and len(who.campaigns) > 1
        campaigns = [each for each in given["daopai.campaigns"](read) if each[0] in who.campaigns] if several else []
    return day, late, campaigns


def install(app: Flask) -> None:
    """Make ``shell()`` and a few words about this request known to templates."""
    app.jinja_env.filters["device"] = presenting.device

    @app.context_processor
    def _words() -> dict[str, Any]:
        return {
            "shell": shell,
            "lang": locale(),
            "is_htmx": bool(request.headers.get("HX-Request")),
            "spoken": element_names.spoken,
            "role_label": lambda code: label(code, locale()),
            "to_local": clock.local,
            "due_words": presenting.due_words,
            "day_words": presenting.day_words,
            "address": presenting.address,
            "asset": presenting.asset,
            "unreadable_places": unreadable.seen,
        }
