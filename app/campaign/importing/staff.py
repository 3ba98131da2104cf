"""Villages, work groups and staff from a workbook: checked like households, everything or nothing; new accounts get first passwords."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, personal
from app.auth import accounts, granting, passwords
from app.auth.models import Account
from app.auth.roles import BUSINESS, ROLES
from app.campaign.importing import texts, values
from app.campaign.importing.columns import GROUPS, STAFF, VILLAGES, place_sheets
from app.campaign.importing.marked import FONT, HEADING, new_book
from app.campaign.importing.reading import CellError, Sheet, name_of
from app.campaign.importing.texts import say
from app.campaign.models import Staff, Village, WorkGroup
from app.db import new_key
from app.engine import events
from app.engine.actor import Actor

Row = dict[str, Any]

_USERNAME = re.compile(r"[\w.-]{1,100}")


@dataclass(slots=True)
class Places:
    """What a workbook says, checked."""

    villages: list[Row] = field(default_factory=list)
    groups: list[Row] = field(default_factory=list)
    staff: list[Row] = field(default_factory=list)


def role_labels() -> dict[str, str]:
    """Label or code → code of the roles that may be given here; the three system roles are the security administrator's."""
    return {word: code for code in BUSINESS for word in (code, ROLES[code].zh, ROLES[code].en)}


def check(book: Mapping[str, Sheet], villages: Mapping[str, str], groups: Mapping[str, str]) -> tuple[Places, list[CellError]]:
    """*villages*: code → name, *groups*: code → village, as the campaign has them already."""
    errors: list[CellError] = []
    found = Places(*(_parse(book, name, errors) for name in (VILLAGES, GROUPS, STAFF)))
    every_village = {**villages, **{row["code"]: row["name"] for row in found.villages if "code" in row and "name" in row}}
    every_group = {**groups, **{row["code"]: row.get("village", "") for row in found.groups if "code" in row}}
    for name, rows in ((VILLAGES, found.villages), (GROUPS, found.groups)):
        _no_doubles(book, name, rows, errors)
    for row in found.groups:
        if row.get("village") and row["village"] not in every_village:
            _wrong(book, GROUPS, row, "village", say("place_no_village", code=row["village"]), errors)
    for row in found.staff:
        _person(book, row, every_village, every_group, errors)
    return found, errors


def check_grants(
    session: Session, campaign_id: int, book: Mapping[str, Sheet], rows: list[Row], actor: Actor, errors: list[CellError]
) -> None:
    """What ``auth.granting`` would refuse *actor*, said at the line. Roles that are held already are no grants."""
    for row in rows:
        username, role, scope = row.get("username", ""), row.get("role", ""), row.get("scope", "")
        if username and role and not accounts.holds(session, username, role, scope, campaign_id):
            refusal = granting.may_grant(session, actor, role, username, campaign_id)
            if refusal is not None:
                _wrong(book, STAFF, row, "role", say(f"role_{refusal}"), errors)


def _parse(book: Mapping[str, Sheet], name: str, errors: list[CellError]) -> list[Row]:
    sheet = book.get(name)
    if sheet is None:
        return []
    rows = []
    for number, cells in sheet.rows:
        row: Row = {"_row": number}
        for column in place_sheets()[name]:
            place = sheet.index.get(name_of(column))
            if place is None:
                continue
            cell = cells[place] if place < len(cells) else None
            if isinstance(cell, str) and cell.startswith("="):
                errors.append(CellError(name, number, place, say("formula")))
                continue
            try:
                value = values.parse(column, cell, {"role": role_labels()})
            except values.BadCell as error:
                errors.append(CellError(name, number, place, str(error)))
                continue
            if value is not None:
                row[column.key] = value
        rows.append(row)
    return rows


def _wrong(book: Mapping[str, Sheet], name: str, row: Row, key: str, text: str, errors: list[CellError], *, warning: bool = False) -> None:
    errors.append(CellError(name, row["_row"], book[name].index.get(key, -1), text, warning))


def _no_doubles(book: Mapping[str, Sheet], name: str, rows: list[Row], errors: list[CellError]) -> None:
    first: dict[str, int] = {}
    for row in rows:
        code = row.get("code")
        if code and code in first:
            _wrong(book, name, row, "code", say("place_twice", row=first[code]), errors)
        elif code:
            first[code] = row["_row"]


def _person(book: Mapping[str, Sheet], row: Row, villages: Mapping[str, str], groups: Mapping[str, str], errors: list[CellError]) -> None:
    if "username" in row and not _USERNAME.fullmatch(row["username"]):
        _wrong(book, STAFF, row, "username", say("username"), errors)
    role = ROLES.get(row.get("role", ""))
    scope = row.get("scope", "")
    if role is None:
        return
    if role.scope == "village" and scope not in villages:
        _wrong(book, STAFF, row, "scope", say("village_scope"), errors)
    elif role.scope == "group" and scope not in groups:
        _wrong(book, STAFF, row, "scope", say("group_scope"), errors)
    elif role.scope == "town" and scope:
        _wrong(book, STAFF, row, "scope", say("town_scope"), errors)
    works_in = scope if role.scope == "village" else groups.get(scope, "")
    resident = role.code in ("village_cadre", "village_secretary", "data_entry")
    if row.get("home_village") and row["home_village"] == works_in and not resident and not row.get("avoidance_reason"):
        _wrong(book, STAFF, row, "home_village", say("avoidance"), errors, warning=True)


def write(session: Session, campaign_id: int, places: Places, actor: Actor) -> list[tuple[str, str, str]]:
    """Write everything; returns (user name, name, first password) of the new accounts."""
    before = _places(session, campaign_id, places)
    if places.villages or places.groups:
        detail = {"villages": list(places.villages), "groups": list(places.groups), "old": before}
        events.record(session, "campaign.places", actor, campaign_id=campaign_id, subject=f"campaign:{campaign_id}", detail=detail)
    made: list[tuple[str, str, str]] = []
    there = set(session.scalars(select(Account.username).where(Account.username.in_({row["username"] for row in places.staff}))))
    people = {row.username: row for row in session.scalars(select(Staff).where(Staff.campaign_id == campaign_id))}
    for row in places.staff:
        username = row["username"]
        if username not in there:
            there.add(username)
            password = passwords.first_password()
            accounts.create_user(session, username, row["name"], password=password, actor=actor, must_change_password=True)
            made.append((username, row["name"], password))
        scope = row.get("scope", "")
        if not accounts.holds(session, username, row["role"], scope, campaign_id):
            accounts.assign_role(session, username, row["role"], scope=scope, campaign_id=campaign_id, actor=actor)
        before_row = _told(people[username]) if username in people else None
        person = people[username] = _staff(session, campaign_id, row, people.get(username))
        saved = {"username": username, "name": person.name, "reason": person.avoidance_reason, **_told(person), "old": before_row}
        events.record(session, "staff.saved", actor, campaign_id=campaign_id, subject=f"staff:{username}", detail=saved)
    return made


def _told(person: Staff) -> dict[str, Any]:
    """What a record says of somebody's line; the number as it is kept, encrypted."""
    told = {name: getattr(person, name) for name in ("unit", "post", "villages", "work_group", "home_village")}
    return {**told, **({"phone": {"enc": person.phone_cipher}} if person.phone_cipher else {})}


def _places(session: Session, campaign_id: int, places: Places) -> dict[str, Any]:
    """Write villages and groups; returns what those that were there already were before."""
    villages = {row.code: row for row in session.scalars(select(Village).where(Village.campaign_id == campaign_id))}
    groups = {row.code: row for row in session.scalars(select(WorkGroup).where(WorkGroup.campaign_id == campaign_id))}
    before = {code: villages[code].name for code in (row["code"] for row in places.villages) if code in villages}
    before |= {code: [groups[code].name, groups[code].village] for code in (row["code"] for row in places.groups) if code in groups}
    position = len(villages)
    for row in places.villages:
        if row["code"] in villages:
            villages[row["code"]].name = row["name"]
        else:
            position += 1
            session.add(Village(campaign_id=campaign_id, code=row["code"], name=row["name"], position=position))
    for row in places.groups:
        if row["code"] in groups:
            groups[row["code"]].name, groups[row["code"]].village = row["name"], row["village"]
        else:
            session.add(WorkGroup(campaign_id=campaign_id, code=row["code"], name=row["name"], village=row["village"]))
    session.flush()
    return before


def _staff(session: Session, campaign_id: int, row: Row, person: Staff | None) -> Staff:
    """The person's line in the staff table; a second role adds its village."""
    if person is None:
        person = Staff(key=new_key(), campaign_id=campaign_id, username=row["username"], role=row["role"], villages=[], home_village="")
        session.add(person)
    role, scope = ROLES[row["role"]], row.get("scope", "")
    person.name = row["name"]
    for name in ("unit", "post", "home_village", "avoidance_reason"):
        if row.get(name):
            setattr(person, name, row[name])
    if row.get("phone"):
        person.phone_cipher = personal.encrypt("staff", person.key, "phone", row["phone"])
    if role.scope == "group":
        person.work_group = scope
    if role.scope == "village" and scope not in person.villages:
        person.villages = [*person.villages, scope]
    return person


def password_list(made: list[tuple[str, str, str]]) -> bytes:
    """The new accounts' first passwords, to be handed out on paper."""
    buffer = io.BytesIO()
    book = new_book(buffer)
    sheet = book.add_worksheet(texts.PASSWORDS)
    head, text = book.add_format(HEADING), book.add_format(FONT)
    sheet.set_column(0, 2, 22)
    for place, title in enumerate((say("account"), say("name"), say("first_password"))):
        sheet.write_string(0, place, title, head)
    for number, row in enumerate(made, start=1):
        for place, value in enumerate(row):
            sheet.write_string(number, place, value, text)
    sheet.write_string(len(made) + 2, 0, f"{clock.local(clock.real_now()):%Y-%m-%d %H:%M} " + say("first_login"), text)
    book.close()
    return buffer.getvalue()
