"""Who is signed in, with which roles, for whom: read once per request with at most three statements."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from flask import Flask, current_app, g, request, session
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import Unauthorized

from app import clock
from app.auth import origins, sessions, tokens
from app.auth.holding import Held, may_stand_in, roles_held
from app.auth.models import Account, Substitution
from app.auth.roles import group_of
from app.db import Database
from app.engine.actor import Actor


@dataclass(frozen=True, slots=True)
class Identity:
    """Who acts in this request.

    While acting for an absent person, ``roles`` and ``groups`` are that person's, ``username`` stays the one who signed in.
    """

    username: str
    name: str
    locale: str
    campaign_id: int
    #: what holds in the current campaign
    roles: tuple[Held, ...]
    #: candidate groups: ``office``, ``investigator:G03``
    groups: frozenset[str]
    #: user names of the persons this user may stand in for today
    substitutes_for: tuple[str, ...] = ()
    #: user name of the absent person chosen in the shell; "" when acting for oneself
    acting_for: str = ""
    #: campaigns in which this user (or the absent person) holds a role
    campaigns: tuple[int, ...] = ()
    demonstration: bool = False
    #: user name → name of the persons in ``substitutes_for``
    names: dict[str, str] = field(default_factory=dict)

    @property
    def assignee(self) -> str:
        """Whom an assigned task must name to be open to this user."""
        return self.acting_for or self.username

    def has(self, *roles: str) -> bool:
        """Whether one of these roles is held in the current campaign, in any scope."""
        return any(held.role in roles for held in self.roles)

    def scopes(self, role: str) -> frozenset[str]:
        """The villages or groups in which *role* is held."""
        return frozenset(held.scope for held in self.roles if held.role == role)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What one statement tells about the sender of a request."""

    username: str
    name: str
    locale: str
    demonstration: bool
    must_change_password: bool
    has_totp: bool
    #: key of the login session; 0 for a token
    session_key: int = 0
    seen_at: datetime | None = None
    #: key of the API token; 0 for a browser
    token_key: int = 0
    #: what the token may do (``scopes``); a browser has none
    scopes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, account: Account, session_key: int = 0, seen_at: datetime | None = None) -> SignedIn:
        return cls(
            account.username,
            account.name,
            account.locale,
            account.demonstration,
            account.must_change_password,
            account.totp_secret is not None,
            session_key,
            seen_at,
        )


def database(app: Flask | None = None) -> Database:
    """The database of the application."""
    found: Database = (app or current_app).extensions["daopai.db"]
    return found


def uses_token() -> bool:
    """Whether this request speaks to the API with a token. Its cookies count for nothing then."""
    return api_token() is not None


def api_token() -> str | None:
    """The token of a request to the API: as Bearer, or, for clients that know only user name and password (Camunda's own), as password."""
    given = request.authorization
    if given is None or not request.path.startswith("/v2/"):
        return None
    return {"bearer": given.token, "basic": given.password}.get(given.type)


def signed_in_person() -> SignedIn | None:
    """The sender of this request, or None. One statement, once per request."""
    if "daopai_person" not in g:
        g.daopai_person = _read_person()
    person: SignedIn | None = g.daopai_person
    return person


def forget_person() -> None:
    """Go on without knowing who asks, for the rest of this request: the database is away and must not be asked again."""
    g.daopai_person = g.daopai_identity = None


def _read_person() -> SignedIn | None:
    token, cookie = api_token(), str(session.get("_user_id") or "")
    if not (token or cookie):
        return None
    with database().reading() as read:
        if token is not None:
            owner = tokens.owner(read, token)
            person = replace(SignedIn.of(owner.account), token_key=owner.key, scopes=owner.scopes) if owner else None
        else:
            found = sessions.find(read, cookie)
            person = SignedIn.of(found.account, found.key, found.last_seen_at) if found else None
    if person and person.demonstration and current_app.config["DAOPAI"].production:
        return None
    return person


def identity_or_none() -> Identity | None:
    """The identity of this request, or None when nobody is signed in."""
    if "daopai_identity" not in g:
        person = signed_in_person()
        g.daopai_identity = _read_identity(person) if person else None
    found: Identity | None = g.daopai_identity
    return found


def identity() -> Identity:
    """The identity of this request; 401 when nobody is signed in."""
    found = identity_or_none()
    if found is None:
        raise Unauthorized()
    return found


def actor() -> Actor:
    """The actor of this request, for history: the user, from this address and device, on behalf of the absent person."""
    who, person, address = identity(), signed_in_person(), request.remote_addr or ""
    if person is not None and person.token_key:
        return Actor(who.username, who.acting_for, origins.of_token(address, person.token_key))
    return Actor(who.username, who.acting_for, origins.of_login(address, person.session_key) if person else address)


def _read_identity(person: SignedIn) -> Identity:
    now = clock.now()
    with database().reading() as read:
        absent = {} if uses_token() else active_substitutions(read, person.username, now)
        acting_for = session.get("acting_for", "") if not uses_token() else ""
        if acting_for not in absent:
            acting_for = ""
        held = roles_held(read, acting_for or person.username, now)
        campaigns = tuple(sorted({each.campaign_id for each in held if each.campaign_id}, reverse=True))
        campaign_id = _current_campaign(read, campaigns)
    here = tuple(each for each in held if each.campaign_id in (0, campaign_id))
    return Identity(
        username=person.username,
        name=person.name,
        locale=person.locale,
        campaign_id=campaign_id,
        roles=here,
        groups=frozenset(group_of(each.role, each.scope) for each in here),
        substitutes_for=tuple(absent),
        acting_for=acting_for,
        campaigns=campaigns,
        demonstration=person.demonstration,
        names=absent,
    )


def _current_campaign(read: Session, campaigns: tuple[int, ...]) -> int:
    """The chosen campaign, or the newest active one in which a role is held (looked up only while none is chosen)."""
    chosen = session.get("campaign", 0)
    if chosen in campaigns:
        return int(chosen)
    if len(campaigns) <= 1:
        return campaigns[0] if campaigns else 0
    provider = current_app.extensions.get("daopai.campaigns")
    active = [key for key, _name in provider(read)] if provider else []
    return next((key for key in active if key in campaigns), campaigns[0])


def active_substitutions(read: Session, username: str, now: datetime) -> dict[str, str]:
    """User name → name of the persons for whom *username* stands in at *now*."""
    query = (
        select(Account.username, Account.name)
        .join(Substitution, Substitution.absent == Account.username)
        .where(Substitution.substitute == username, Substitution.from_ <= now, Substitution.until > now, Account.active)
        .where(may_stand_in(Substitution.absent, Substitution.substitute, now))
        .order_by(Substitution.key)
    )
    return dict(read.execute(query).all())
