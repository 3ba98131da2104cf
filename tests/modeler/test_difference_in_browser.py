"""The difference of two diagrams in real Chromium: in colours, in words, both pictures together, under the policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.db import Database
from app.engine.actor import Actor
from app.modeler.drafts import store
from tests import web
from tests.browser.serving import DESK, PHONE, aside, chromium, serving
from tests.modeler import large
from tests.modeler.drawing import ROOT, visiting

pytestmark = pytest.mark.browser

ZHANG = Actor("zhang")
BEFORE = (ROOT / "processes" / "household.bpmn").read_text(encoding="utf-8")


def after() -> str:
    """The household's diagram with another role and deadline, a new task, a task less and a task elsewhere."""
    text = BEFORE.replace(
        "candidateGroups='=[\"instructor:\" + household.group]'", "candidateGroups='=[\"group_leader:\" + household.group]'", 1
    )
    text = text.replace(
        'dueDate="=date and time(campaign.visits_to)"', 'dueDate="=date and time(campaign.visits_to) - duration(&quot;PT6H&quot;)"'
    )
    added = '<bpmn:userTask id="signed_for" name="村里签收 &lt;b&gt;"><bpmn:documentation>R11</bpmn:documentation></bpmn:userTask>'
    text = text.replace("    </bpmn:userTask>\n", f"    </bpmn:userTask>\n{added}\n", 1)
    bounds = '<dc:Bounds x="600" y="700" width="100" height="80" />'
    shape = f'<bpmndi:BPMNShape id="signed_for_di" bpmnElement="signed_for">{bounds}</bpmndi:BPMNShape>'
    text = text.replace("</bpmndi:BPMNPlane>", f"{shape}</bpmndi:BPMNPlane>", 1)
    place = re.search(r'bpmnElement="fill_registered">\s*<dc:Bounds x="(\d+)"', text)
    assert place is not None
    moved = place.group(0).replace(f'x="{place.group(1)}"', f'x="{int(place.group(1)) + 40}"')
    return text.replace(place.group(0), moved, 1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def app(sqlite_db: Database, tmp_path: Path) -> Flask:
    web.person(sqlite_db, "zhang", "admin", name="张三")
    return web.application(sqlite_db, tmp_path)


def two_versions(db: Database, old: str, new: str) -> str:
    def work() -> int:
        def both(session) -> int:  # type: ignore[no-untyped-def]
            draft = store.create(session, ZHANG, kind="process", resource="household.bpmn", content=old.encode())
            return int(store.save(session, draft.key, 1, new.encode(), ZHANG).key)

        return db.in_transaction(both)

    return f"/modeler/drafts/{aside(work)}/difference?left=1&right=2"


def drawn(page: Page) -> None:
    expect(page.locator("[data-difference]")).to_have_attribute("data-state", "drawn")


def marked(page: Page, picture: int) -> dict[str, str]:
    """Element → difference, as the picture (0: before, 1: after) shows it."""
    return dict(
        page.locator("[data-picture]")
        .nth(picture)
        .evaluate("place => [...place.querySelectorAll('[data-differs]')].map(each => [each.dataset.elementId, each.dataset.differs])")
    )


#: zoom and place of each picture
VIEWPORTS = """[...document.querySelectorAll('[data-picture] g.viewport')].map(each => {
  const { a, e, f } = each.transform.baseVal.consolidate().matrix;
  return [a * 100, e, f];
})"""


def test_in_colours_and_in_words(app: Flask, sqlite_db: Database, browser: Browser) -> None:
    path = two_versions(sqlite_db, BEFORE, after())
    with serving(app) as base, visiting(app, browser, base, "zhang", DESK) as visit:
        page = visit.open(path)
        drawn(page)
        before, now = marked(page, 0), marked(page, 1)
        assert now == {"signed_for": "added", "verify": "changed", "review": "changed", "fill_registered": "moved"}
        assert before == {"verify": "changed", "review": "changed", "fill_registered": "moved"}
        assert page.locator("[data-change]").evaluate_all("all => all.map(each => [each.dataset.what, each.dataset.change])") == [
            ["added", "signed_for"],
            ["changed", "verify"],
            ["changed", "review"],
            ["moved", "fill_registered"],
        ]
        expect(page.locator('[data-change="signed_for"]')).to_contain_text("村里签收 <b>")
        deadline = page.locator('[data-change="verify"]')
        expect(deadline.locator("dt")).to_have_text("到期时间")
        expect(deadline.locator("del")).to_have_text("=date and time(campaign.visits_to)")
        expect(deadline.locator("ins")).to_have_text('=date and time(campaign.visits_to) - duration("PT6H")')
        expect(page.locator('[data-change="review"] dt')).to_have_text("候选角色")
        assert visit.complaints == []


def test_a_click_jumps_and_both_pictures_move_together(app: Flask, sqlite_db: Database, browser: Browser) -> None:
    path = two_versions(sqlite_db, BEFORE, after())
    with serving(app) as base, visiting(app, browser, base, "zhang", DESK) as visit:
        page = visit.open(path)
        drawn(page)
        page.locator('[data-jump="review"]').click()
        for picture in page.locator("[data-picture]").all():
            frame, there = picture.bounding_box(), picture.locator('[data-element-id="review"]').bounding_box()
            assert frame is not None and there is not None
            assert abs(there["x"] + there["width"] / 2 - frame["x"] - frame["width"] / 2) < 20
        jumped = page.evaluate(VIEWPORTS)
        page.locator("[data-zoom='1.25']").click()
        zoomed = page.evaluate(VIEWPORTS)
        frame = page.locator("[data-picture]").first.bounding_box()
        assert frame is not None
        page.mouse.move(frame["x"] + 20, frame["y"] + 20)
        page.mouse.down()
        page.mouse.move(frame["x"] + 90, frame["y"] + 60, steps=4)
        page.mouse.up()
        dragged = page.evaluate(VIEWPORTS)
        for seen in (jumped, zoomed, dragged):
            assert seen[0] == pytest.approx(seen[1], abs=0.5)
        assert len({tuple(seen[0]) for seen in (jumped, zoomed, dragged)}) == 3
        # and the other way round: what is clicked in the picture is shown in the list
        page.locator("[data-picture]").nth(1).locator('[data-element-id="review"]').click()
        expect(page.locator('[data-change="review"]')).to_have_attribute("data-current", "")
        assert visit.complaints == []


def test_on_a_phone_the_list_comes_first(app: Flask, sqlite_db: Database, browser: Browser) -> None:
    path = two_versions(sqlite_db, BEFORE, after())
    with serving(app) as base, visiting(app, browser, base, "zhang", PHONE) as visit:
        page = visit.open(path)
        drawn(page)
        tops = [page.locator(each).bounding_box() for each in ("[data-list]", "[data-picture] >> nth=0", "[data-picture] >> nth=1")]
        assert [top["y"] for top in tops if top] == sorted(top["y"] for top in tops if top)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert visit.complaints == []


def test_the_same_diagram_written_by_another_tool_does_not_differ(app: Flask, sqlite_db: Database, browser: Browser) -> None:
    """Attributes in another order, defaults spelled out, white space: nothing that somebody changed."""
    other = BEFORE.replace("<bpmn:userTask id=", '<bpmn:userTask startQuantity="1" isForCompensation="false" id=').replace(
        "\n  ", "\n      "
    )
    path = two_versions(sqlite_db, BEFORE, other)
    with serving(app) as base, visiting(app, browser, base, "zhang", DESK) as visit:
        page = visit.open(path)
        drawn(page)
        expect(page.locator("[data-list]")).to_have_text("流程图没有差异。")


def test_twice_three_hundred_elements_are_drawn_and_compared_soon(app: Flask, sqlite_db: Database, browser: Browser) -> None:
    old = large.diagram(300).decode()
    path = two_versions(sqlite_db, old, old.replace('name="', 'name="新', 40))
    with serving(app) as base, visiting(app, browser, base, "zhang", DESK) as visit:
        page = visit.open(path)
        drawn(page)
        milliseconds = page.evaluate("performance.getEntriesByName('difference')[0].duration")
        # 1.2 s on two busy cores, most of it for drawing; opening one diagram has two seconds
        assert milliseconds < 4_000, milliseconds


def test_changed_dates_are_said_in_words(app: Flask, sqlite_db: Database, browser: Browser) -> None:
    (path,) = (ROOT / "processes").glob("**/campaign.bpmn")
    old = path.read_text(encoding="utf-8")
    formula = re.search(r'name="date\.training" value=\'=back\((\d+), "08:30"\)\'', old)
    assert formula is not None
    new = old.replace(formula.group(0), formula.group(0).replace(f"back({formula.group(1)},", "back(12,"), 1)
    address = two_versions(sqlite_db, old, new)
    with serving(app) as base, visiting(app, browser, base, "zhang", DESK) as visit:
        page = visit.open(address)
        drawn(page)
        expect(page.locator(".diff-lines dt")).to_have_text(["动员培训"])
        expect(page.locator(".diff-lines del")).to_have_text(f"截止日往回数第 {formula.group(1)} 天 08:30")
        expect(page.locator(".diff-lines ins")).to_have_text("截止日往回数第 12 天 08:30")
        assert visit.complaints == []
