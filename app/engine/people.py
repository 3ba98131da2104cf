"""Who may take tasks, as the engine knows it: names of roles and where they are held. ``app.auth`` fills this."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol, cast

from sqlalchemy.orm import Session

from app.engine import feel
from app.engine.errors import ExpressionError

#: What a check says: code of ``problem_texts``, parameters.
Wrong = tuple[str, dict[str, Any]]
#: before the user name of a candidate who is named himself
PERSON = "user:"


@dataclass(frozen=True, slots=True)
class Roles:
    """Role code → where it is held: ``town`` (no scope), ``group``, ``village``, or ``system`` (never works on tasks)."""

    kinds: Mapping[str, str]

    def wrong(self, group: str) -> Wrong | None:
        """Why a candidate group (``office``, ``group_leader:G03``) can never be held by anybody."""
        role, colon, scope = group.partition(":")
        kind = self.kinds.get(role)
        if kind is None:
            near = nearest(role, (code for code, held in self.kinds.items() if held != "system"))
            return ("role_unknown_near" if near else "role_unknown"), {"role": role, "near": near}
        if kind == "system":
            return "role_of_administrators", {"role": role}
        if kind == "town" and colon:
            return "role_without_scope", {"role": role, "scope": scope}
        if kind != "town" and not scope:
            return "role_needs_scope", {"role": role}
        return None

    def may_be_held(self, candidate: str) -> bool:
        """Whether anybody could ever be this candidate (a group, ``user:NAME``)."""
        return candidate.startswith(PERSON) or self.wrong(candidate) is None


class People(Protocol):
    """Who there is: given to a ``Database`` (``knows``), found by ``known_to``."""

    @property
    def roles(self) -> Roles: ...

    def accounts(self, session: Session) -> frozenset[str]:
        """User names of those who can sign in."""

    def held(self, session: Session) -> frozenset[str]:
        """The candidate groups that somebody with an open account is now, in any campaign."""

    def places(self, session: Session) -> Mapping[str, frozenset[str]]:
        """Kind of place (``village``, ``group``) → codes of those that there are."""

    def takers(self, session: Session, wanted: Collection[tuple[int, str]], at: datetime) -> frozenset[tuple[int, str]]:
        """Of (campaign, candidate) those that somebody with an open account is at *at*. Campaign 0: in any. One statement."""

    def why_nobody(self, candidate: str) -> tuple[str, str]:
        """Why nobody is this candidate, in Chinese and in English, without a full stop."""


@dataclass(frozen=True)
class Snapshot:
    """``People`` of one moment as values: what a database without accounts goes by (a trial's)."""

    directory: People
    names: frozenset[str]
    groups: frozenset[str]
    sites: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, session: Session) -> Snapshot | None:
        """Those of *session*; None where nobody has told who there is."""
        found = known_to(session)
        return cls(found, found.accounts(session), found.held(session), found.places(session)) if found is not None else None

    @property
    def roles(self) -> Roles:
        return self.directory.roles

    def accounts(self, _session: Session) -> frozenset[str]:
        return self.names

    def held(self, _session: Session) -> frozenset[str]:
        return self.groups

    def places(self, _session: Session) -> Mapping[str, frozenset[str]]:
        return self.sites

    def takers(self, _session: Session, wanted: Collection[tuple[int, str]], _at: datetime) -> frozenset[tuple[int, str]]:
        return frozenset(pair for pair in wanted if self._is(pair[1]))

    def _is(self, candidate: str) -> bool:
        return candidate.removeprefix(PERSON) in self.names if candidate.startswith(PERSON) else candidate in self.groups

    def why_nobody(self, candidate: str) -> tuple[str, str]:
        return self.directory.why_nobody(candidate)

    @cached_property
    def digest(self) -> bytes:
        """Differs when somebody comes or goes."""
        return hashlib.sha256(repr((sorted(self.names), sorted(self.groups))).encode()).digest()


def known_to(session: Session) -> People | None:
    """The people of the database that *session* belongs to; None where nobody has told it."""
    return cast("People | None", session.info.get("people"))


def is_held(group: str, whole: bool, held: Collection[str]) -> bool:
    """Whether somebody is *group*; of one that is not *whole*, whether somebody holds its role anywhere."""
    return group in held if whole else any(each.startswith(f"{group.partition(':')[0]}:") for each in held)


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that *name* was most likely meant to be; "" if none is near."""
    found = difflib.get_close_matches(name, list(known), 1, 0.6)
    return found[0] if found else ""


def names(written: str) -> Iterator[tuple[str, bool]]:
    """The candidates that an attribute names by themselves, and whether each is whole (False: only its beginning is written).

    Literal text and constant FEEL name all of theirs; of other FEEL only the texts with a colon, and those that stand alone in a list, a
    branch or a sum.
    """
    if not written.startswith("="):
        yield from ((name, True) for part in written.split(",") if (name := part.strip()))
        return
    checked = feel.check(written)
    if checked.error is not None:
        return
    if not checked.variables:
        yield from ((name, True) for name in _constant(written))
        return
    for found in _TEXT.finditer(written):
        begun = _CONTINUED.match(written, found.end()) is not None
        if found[1] and (":" in found[1] or (_alone(written, found) and not begun)):
            yield found[1], not begun


_TEXT = re.compile(r'"([^"\\]*)"')
_CONTINUED = re.compile(r"\s*\+")


def _constant(written: str) -> list[str]:
    try:
        value = feel.evaluate(written, {})
    except ExpressionError:
        return []
    items = value if isinstance(value, list) else [] if value is None else str(value).split(",")
    return [str(item).strip() for item in items if item is not None and str(item).strip()]


def _alone(written: str, found: re.Match[str]) -> bool:
    """Whether a text is a result by itself: an entry of a list or a branch, not compared and not given to a function."""
    before, after = written[: found.start()].rstrip(), written[found.end() :].lstrip()
    return bool(re.search(r"(?:^=|[\[,]|\bthen|\belse)$", before)) and bool(re.match(r"(?:$|[\],]|else\b)", after)) and "(" not in written
