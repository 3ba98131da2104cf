"""What people read: no user name, no machine's time, no key of a field, no id of an element, no code, no requirement's number, no value of
a programming language, and on English pages no Chinese but what people entered. As every role, after days of a played campaign.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import MetaData, select

from app import clock
from app.auth.models import Account, RoleAssignment
from app.auth.roles import ROLES
from app.db import Database
from app.engine.models import Definition, Event, ProcessInstance, Task
from tests import pages, web
from tests.simulation.played import begin

#: Here names are the matter: where an address begins so (with the reason), ids and codes may stand.
IDS = {
    "modeler.": "diagrams, forms and tables are drawn here: their ids are what is worked on",
    "operations.": "an operator finds definitions, elements and candidate groups by their ids",
    "campaign.document_templates": "the names that a template may use",
    "account.make_token": "scopes and addresses of the API",
}
#: Here user names are the matter.
ACCOUNTS = {
    "accounts.": "accounts: who signs in by which name",
    "account.": "one's own account",
    "auth.": "signing in",
    "campaign.staff_list": "the register of seconded staff with their accounts",
    "campaign.campaign_roles": "roles are given to accounts",
}
#: Here Chinese is the matter, also on an English page.
CHINESE = {
    "campaign.household_imports": "the columns of a Chinese workbook",
    "campaign.document_templates": "papers are written in Chinese",
    "modeler.": "diagrams and forms are drawn in Chinese",
    "operations.overview": "names of deployed files as they were drawn",
}
#: Texts inside of these say something exactly: keys of a keyboard, expressions, the stored record, technical details under a fold.
EXACT = re.compile(r"^(kbd|code|pre)\.|\b(technical|variables|hash|stored|brand|choice|why)\b")
#: Lower-case words of our letters that Chinese pages may have.
WORDS = {"csv", "xlsx", "zip", "bpmn", "dmn", "form", "id", "v1", "v2", "python3", "run", "py", "json", "docx", "mm", "kg", "px"}
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+|\b[a-z]+[A-Z][A-Za-z]*\b")
SMALL = re.compile(r"(?<![A-Za-z0-9_./@-])[a-z][a-z0-9]+(?![A-Za-z0-9_/@-])")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d|\d\d:\d\d(:\d\d)?(\.\d+)?(Z|\+\d\d:?\d\d)|\b(UTC|GMT)\b|\d\d:\d\d:\d\d\.\d+")
REQUIREMENT = re.compile(r"(?<![\w-])R\d\d(?!\w)")
VALUE = re.compile(r"\b(True|False|nan|undefined)\b|\{['\"]|\[['\"]|<[A-Za-z_.]+ object|Decimal\(|datetime\.")
#: a check sum, as papers and records print it
DIGEST = re.compile(r"\b[0-9a-f]{16,64}\b")
RUN = re.compile("[\u3400-\u9fff]+")
GLOSS = re.compile("[(（][^()（）]*[)）]")
#: Columns whose Chinese is ours, not people's: names in diagrams are said in the reader's language.
OURS = {"definition", "event", "record_words", "activity", "job", "subscription", "user_task.name", "user_task.form_title", "audit_seal"}


def listed(endpoint: str, places: dict[str, str]) -> bool:
    return any(endpoint == each or (each.endswith(".") and endpoint.startswith(each)) for each in places)


def faults(page: pages.Opened, locale: str, usernames: set[str], data: str) -> Iterator[str]:
    """What should not stand on a page."""
    for said in pages.read(page.text):
        if any(EXACT.search(each) for each in said.within):
            continue
        words = DIGEST.sub("", said.text)
        found: set[str] = {each.group() for pattern in (TIME, REQUIREMENT, VALUE) for each in pattern.finditer(words)}
        if locale == "zh" and not listed(page.endpoint, IDS):
            found |= set(re.findall(r"\b(?:None|null)\b", said.text))
        if not listed(page.endpoint, ACCOUNTS):
            found |= usernames & set(re.findall(r"[A-Za-z][\w.-]*\w", said.text))
        if not listed(page.endpoint, IDS):
            found |= set(IDENTIFIER.findall(words)) - usernames
            found |= (set(SMALL.findall(words)) - WORDS - usernames) if locale == "zh" else set()
        if locale == "en" and not listed(page.endpoint, CHINESE):
            found |= {run for run in RUN.findall(GLOSS.sub("", said.text)) if run not in data}
        for each in sorted(found):
            yield f"{page.endpoint} | {each} | {said.text[:80]} | {page.path} as {page.who}"


def people_s_own(db: Database) -> str:
    """All Chinese that stands in the database because somebody entered it, or a diagram computed a label from that."""
    known = MetaData()
    known.reflect(db.engine, only=lambda name, _: not name.startswith("record_words"))
    texts: set[str] = set()
    with db.engine.connect() as connection:
        for table in known.tables.values():
            columns = [each for each in table.c if not {table.name, f"{table.name}.{each.name}"} & OURS]
            for row in connection.execute(select(*columns)) if columns else ():
                texts.update(
                    value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str) for value in row if value
                )
    return "\n".join(each for each in texts if RUN.search(each))


class Kinds:
    """What tells pages of one address apart: which step a task is on, what a record is about, which process an instance runs."""

    def __init__(self, db: Database) -> None:
        with db.reading() as session:
            self.tasks = {row.key: f"{row.process_id}.{row.element_id}" for row in session.scalars(select(Task))}
            self.events = {row.key: row.kind for row in session.scalars(select(Event))}
            self.instances = {row.key: row.process_id for row in session.scalars(select(ProcessInstance))}
            self.definitions = {row.key: row.kind for row in session.scalars(select(Definition))}

    def of(self, endpoint: str, values: dict[str, Any]) -> str:
        room, _dot, name = endpoint.partition(".")
        places = {"inbox": self.tasks, "record": self.events, "instance": self.instances, "definition": self.definitions}
        known = places.get(room) or places.get(name, {})
        return f"{endpoint} {known.get(values.get('key'), values.get('form_id', ''))}"


@pytest.fixture
def campaign(sqlite_db: Database, tmp_path: Path) -> Iterator[Flask]:
    """The demonstration after eight days."""
    app, play = begin(sqlite_db, tmp_path)
    with app.test_request_context():
        for _evening in play.days(datetime(2020, 5, 29, tzinfo=clock.CAMPAIGN_ZONE)):
            pass
    yield app
    clock.reset()


def walked(app: Flask, db: Database, locale: str) -> Iterator[pages.Opened]:
    """Every page that links lead to, as somebody of each role."""
    kinds = Kinds(db)
    holders: dict[str, str] = {}
    with db.reading() as session:
        for row in session.scalars(select(RoleAssignment).order_by(RoleAssignment.username)):
            holders.setdefault(row.role, row.username)
    assert set(holders) == set(ROLES)
    start = ["/", *(str(rule) for rule in app.url_map.iter_rules() if not rule.arguments and "GET" in (rule.methods or ()))]
    for role in sorted(ROLES):
        browser = web.signed_in_as(app, holders[role])
        browser.post("/language", {"locale": locale})
        yield from pages.walk(app, browser, role, start, kinds.of)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_pages_speak_to_people(campaign: Flask, sqlite_db: Database) -> None:
    """One play, read in both languages."""
    data = people_s_own(sqlite_db)
    found: dict[str, str] = {}
    with sqlite_db.reading() as session:
        usernames = set(session.scalars(select(Account.username)))
    for locale in ("zh", "en"):
        read = 0
        for page in walked(campaign, sqlite_db, locale):
            read += 1
            for fault in faults(page, locale, usernames, data):
                found.setdefault(" | ".join((locale, *fault.split(" | ")[:2])), fault)
        assert read > 300
    assert sorted(found.values()) == [], "\n".join(sorted(found.values()))
