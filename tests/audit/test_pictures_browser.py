"""The heat map in real Chromium: on its own version, coloured by the chosen measure, saying what the table says; by mouse and keyboard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.db import Database
from app.engine.models import Definition
from tests import web
from tests.audit.test_pictures import play
from tests.browser.serving import DESK, PHONE, Visit, aside, chromium, serving
from tests.engine import drawing as d

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: measure → its column in the table of elements
COLUMNS = {"visits": 1, "median": 4, "ninety": 5, "waiting": 6, "working": 7}
_DI = "http://www.omg.org/spec/BPMN/20100524/DI"
_DC, _DD = "http://www.omg.org/spec/DD/20100524/DC", "http://www.omg.org/spec/DD/20100524/DI"


def drawn(*steps: str) -> bytes:
    """Process p: user tasks one after the other, with a picture in one line."""
    names = ["s", *steps, "e"]
    file = d.diagram("p", d.start(), *(d.user(step) for step in steps), d.end(), flows=">".join(names)).decode()
    parts = []
    sizes = {name: (36, 36) if name in "se" else (100, 80) for name in names}
    for number, name in enumerate(names):
        width, height = sizes[name]
        bounds = f'<dc:Bounds x="{100 + 180 * number}" y="{200 - height // 2}" width="{width}" height="{height}"/>'
        parts.append(f'<bpmndi:BPMNShape id="{name}_di" bpmnElement="{name}">{bounds}</bpmndi:BPMNShape>')
    for number, (source, target) in enumerate(zip(names, names[1:], strict=False)):
        points = "".join(f'<di:waypoint x="{x}" y="200"/>' for x in (100 + 180 * number + sizes[source][0], 280 + 180 * number))
        parts.append(f'<bpmndi:BPMNEdge id="f{number}_di" bpmnElement="f_{source}_{target}">{points}</bpmndi:BPMNEdge>')
    plane = f'<bpmndi:BPMNPlane id="plane" bpmnElement="p">{"".join(parts)}</bpmndi:BPMNPlane>'
    spaces = f'xmlns:bpmndi="{_DI}" xmlns:dc="{_DC}" xmlns:di="{_DD}"'
    picture = f'<bpmndi:BPMNDiagram id="picture" {spaces}>{plane}</bpmndi:BPMNDiagram>'
    return file.replace("</bpmn:definitions>", f"{picture}</bpmn:definitions>").encode()


@pytest.fixture
def ran(sqlite_db: Database, at: Callable[[str], datetime], tmp_path: Path) -> tuple[Flask, list[int]]:
    """Two versions: a and b, where three instances ran, two of them claimed; a and c, where one ran that nobody had claimed."""
    app = web.application(sqlite_db, tmp_path)
    at("2020-05-21T08:00:00+08:00")
    web.person(sqlite_db, "auditor", "auditor", campaign_id=0)

    def make() -> list[int]:
        d.deploy(sqlite_db, drawn("a", "b"))
        play(sqlite_db, at, ["2020-05-21T10:00:00+08:00", "2020-05-21T11:00:00+08:00", "2020-05-21T13:00:00+08:00"])
        d.deploy(sqlite_db, drawn("a", "c"))
        play(sqlite_db, at, ["2020-05-21T13:00:00+08:00"])
        with sqlite_db.reading() as session:
            return list(session.scalars(select(Definition.key).where(Definition.kind == "process").order_by(Definition.version)))

    return app, aside(make)


def test_the_heat_map_says_what_the_table_says(ran: tuple[Flask, list[int]]) -> None:
    app, versions = ran
    cookie = web.signed_in_as(app, "auditor").client.get_cookie("daopai")
    assert cookie is not None
    with serving(app) as base, chromium() as browser:
        for size in (DESK, PHONE):
            visit = Visit(browser, base, cookie=cookie.value, size=size)
            first, second = (f"/audit/pictures/{web.CAMPAIGN}/{key}" for key in versions)
            page = opened(visit, first, size["width"])
            assert page.locator('g[data-element-id="b"]').count() == 1
            assert page.locator('g[data-element-id="c"]').count() == 0
            every_measure_is_the_tables(page)
            chosen_by_keyboard(page)
            if size is DESK:
                labels_lie_over_the_drawing_in_the_dark(page)
                page.locator('g[data-element-id="a"] .djs-hit').click()
                expect(page.locator("tr.is-chosen")).to_have_attribute("data-element", "a")
            page = opened(visit, second, size["width"])
            assert page.locator('g[data-element-id="b"]').count() == 0
            assert page.locator('g[data-element-id="c"]').count() == 1
            nothing_to_colour_is_said(page)
            assert visit.complaints == []
            visit.close()


def opened(visit: Visit, path: str, width: int) -> Page:
    page = visit.open(path)
    expect(page.locator("[data-picture][data-ready]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    return page


def every_measure_is_the_tables(page: Page) -> None:
    """Labels on the diagram are the table's column, what is most has the darkest shade, and shades are those of the legend."""
    for measure, column in COLUMNS.items():
        page.locator(f'[data-measure="{measure}"]').click()
        expect(page.locator("[data-measure][aria-pressed=true]")).to_have_attribute("data-measure", measure)
        rows = page.locator("tr[data-element]").evaluate_all(
            "(rows, column) => rows.map(row => [row.dataset.element, row.children[column].textContent])", column
        )
        labels = page.locator(".heat-label").evaluate_all(
            "labels => labels.map(label => [label.closest('[data-container-id]').dataset.containerId, label.textContent])"
        )
        # What took no time at all has no colour, as what was not visited.
        assert dict(labels) == {element: text for element, text in rows if text not in ("", "0 分钟")}
        assert len(labels) == page.locator('[class*="djs-element"][class*="heat-"]').count() > 0
        assert colour(page, 'g.heat-5[data-element-id="a"] .djs-visual > :first-child', "fill") == colour(
            page, ".heat-key-5", "backgroundColor"
        )


def colour(page: Page, selector: str, name: str) -> str:
    found: str = page.locator(selector).evaluate("(node, name) => getComputedStyle(node)[name]", name)
    return found


def chosen_by_keyboard(page: Page) -> None:
    page.locator('[data-measure="visits"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator(".heat-label").first).to_have_text("3")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("[data-measure][aria-pressed=true]")).to_have_attribute("data-measure", "median")
    expect(page.locator('[data-container-id="a"] .heat-label')).to_have_text("3.0 小时")


def labels_lie_over_the_drawing_in_the_dark(page: Page) -> None:
    """A filter turns the drawing round; what it makes must not hide the figures."""
    page.emulate_media(color_scheme="dark")
    page.reload()
    expect(page.locator("[data-picture][data-ready]")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    label = page.locator('[data-container-id="a"] .heat-label')
    label.scroll_into_view_if_needed()
    seen = """label => {
      const box = label.getBoundingClientRect();
      label.style.pointerEvents = 'all';
      return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) === label;
    }"""
    assert label.evaluate(seen)


def nothing_to_colour_is_said(page: Page) -> None:
    """Nobody claimed: nothing is known of waiting and working, and the table counts what is not known."""
    page.locator('[data-measure="waiting"]').click()
    expect(page.locator("[data-picture-none]")).to_be_visible()
    expect(page.locator(".heat-label")).to_have_count(0)
    expect(page.locator('tr[data-element="a"] td').last).to_have_text("1")
    page.locator('[data-measure="visits"]').click()
    expect(page.locator("[data-picture-none]")).to_be_hidden()
