"""The editor in a real browser: a draft opened by a signed-in administrator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, Page

from app.db import Database
from app.engine import definitions
from app.engine.actor import Actor
from app.modeler.drafts import files, store
from tests import web
from tests.browser.serving import DESK, Visit, aside

ROOT = Path(__file__).resolve().parents[2]


def draft_of(db: Database, name: str, content: bytes, owner: str = "zhang") -> int:
    """A draft with this file, as if it had been imported."""
    kind = files.kind_of(name)
    assert kind is not None

    def work(session: object) -> int:
        base = definitions.newest(session, kind, files.read(kind, name, content).id)  # type: ignore[arg-type]
        made = store.create(
            session,  # type: ignore[arg-type]
            Actor(owner),
            kind=kind,
            resource=name,
            content=content,
            base_key=base.key if base else None,
        )
        return made.key

    return aside(lambda: db.in_transaction(work))


def shipped(name: str) -> bytes:
    """A file of ``processes/`` or ``forms/``."""
    folder = "forms" if name.endswith(".form") else "processes"
    return (ROOT / folder / name).read_bytes()


@contextmanager
def visiting(app: Flask, browser: Browser, base: str, username: str, size: dict[str, int] = DESK) -> Iterator[Visit]:
    """A browser window of *username*. Nothing that the page complains of is overlooked."""
    client = aside(lambda: web.signed_in_as(app, username)).client
    cookie = client.get_cookie("daopai")
    assert cookie is not None
    visit = Visit(browser, base, cookie=cookie.value, size=size)
    yield visit
    visit.close()


def open_draft(visit: Visit, key: int, number: int | None = None) -> Page:
    """The draft's editor, ready and checked once."""
    page = visit.open(f"/modeler/drafts/{key}" + (f"?number={number}" if number else ""))
    page.wait_for_selector("html[data-desk=ready]")
    checked(page)
    return page


def checked(page: Page) -> None:
    """Wait until the check of the newest change has answered."""
    page.wait_for_selector("[data-findings-sum]:not([data-waiting]):not(:empty)")


def select(page: Page, element: str, group: str = "") -> None:
    """Click an element of the diagram; open a group of the properties panel."""
    page.evaluate("id => daopaiModeler.get('selection').select(daopaiModeler.get('elementRegistry').get(id))", element)
    if group:
        header = page.locator(f'[data-group-id="group-{group}"] .bio-properties-panel-group-header')
        header.wait_for()
        if "open" not in (header.get_attribute("class") or ""):
            header.click()
