"""What the shell offers to each role: features register their entries and first pages here while the application is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, url_for
from flask_babel import LazyString
from werkzeug.routing import BuildError

from app.auth.current import Identity
from app.auth.roles import BUSINESS

#: At most this many stand in the phone's bottom bar; the rest is under "我的".
PHONE_ITEMS = 4


@dataclass(frozen=True, slots=True)
class Item:
    """One entry. ``roles`` empty: for everybody who is signed in."""

    label: LazyString
    endpoint: str
    roles: frozenset[str]
    order: int
    #: shows a number beside the label, or None: (identity) -> int | None
    count: Callable[[Identity], int | None] | None = None
    #: not for who holds none but these roles
    unless: frozenset[str] = frozenset()
    #: only for whom this is true
    shown: Callable[[Identity], bool] | None = None

    @property
    def url(self) -> str:
        return url_for(self.endpoint)


@dataclass(slots=True)
class Navigation:
    """The entries of one application."""

    items: list[Item]
    #: role → endpoint of its first page, in the order in which they were registered
    homes: dict[str, str]


def navigation(app: Flask) -> Navigation:
    """The navigation of *app*."""
    found: Navigation = app.extensions.setdefault("daopai.navigation", Navigation([], {}))
    return found


def register(
    app: Flask,
    label: LazyString,
    endpoint: str,
    *,
    roles: tuple[str, ...] = (),
    order: int = 100,
    count: Callable[[Identity], int | None] | None = None,
    unless: tuple[str, ...] = (),
    shown: Callable[[Identity], bool] | None = None,
) -> None:
    """Offer *endpoint* under *label* (``lazy_gettext``) to *roles*, but not to who holds none but *unless*, and where *shown* is given to
    those for whom it is true. The lowest ``order`` first."""
    entries = navigation(app).items
    entries.append(Item(label, endpoint, frozenset(roles), order, count, frozenset(unless), shown))
    entries.sort(key=lambda item: item.order)


def home(app: Flask, role: str, endpoint: str) -> None:
    """The first page of *role*. Who holds several roles lands on the one that was registered first."""
    navigation(app).homes[role] = endpoint


def items_for(app: Flask, who: Identity) -> list[Item]:
    """The entries *who* may use, in order."""
    held = {each.role for each in who.roles}
    offered = (item for item in navigation(app).items if (not item.roles or item.roles & held) and not (held and held <= item.unless))
    return [item for item in offered if item.shown is None or item.shown(who)]


def first_page(app: Flask, who: Identity) -> str:
    """The address of the role's first page; without one, the tasks; without those, the account page."""
    held = {each.role for each in who.roles}
    for role, endpoint in navigation(app).homes.items():
        if role in held:
            return url_for(endpoint)
    return (_address("inbox.tasks") if who.has(*BUSINESS) else None) or url_for("account.me")


def _address(endpoint: str, **values: Any) -> str | None:
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return None
