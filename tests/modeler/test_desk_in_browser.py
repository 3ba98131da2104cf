"""What the desk promises about one's work, in real Chromium: one save however often it is asked for, nothing changed by opening, a session
renewed over the drawing, changes found again after a crash, a drawing that can be read, findings that lead to their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Route, expect

from app.auth import sessions
from app.auth.models import LoginSession
from app.db import Database
from app.engine.actor import Actor
from app.modeler.drafts import starting, store
from tests import web
from tests.browser.serving import DESK, PHONE, Visit, aside, chromium, serving
from tests.modeler import canonical, large
from tests.modeler.drawing import ROOT, checked, draft_of, open_draft, shipped, visiting

pytestmark = [pytest.mark.browser, pytest.mark.slow]

expect.set_options(timeout=15_000)

FIXTURES = Path(__file__).parent / "fixtures"
ZHANG, LI = Actor("zhang"), Actor("li")

#: names the first element of each kind of file anew, by the editor's own commands
CHANGE = {
    ".bpmn": """name => { const registry = daopaiModeler.get('elementRegistry');
      const found = registry.find(each => /Task$/.test(each.type)) ?? registry.find(each => each.type === 'bpmn:StartEvent');
      daopaiModeler.get('modeling').updateProperties(found, { name }); }""",
    ".dmn": """name => { const viewer = daopaiModeler.getActiveViewer();
      const found = viewer.get('elementRegistry').find(each => each.type === 'dmn:Decision');
      viewer.get('modeling').updateProperties(found, { name }); }""",
    ".form": """name => { const registry = daopaiModeler.get('formFieldRegistry');
      const field = registry.getAll().find(each => each.type !== 'default');
      daopaiModeler.get('modeling').editFormField(field, { label: name }); }""",
}
STATE = "[data-state]"
#: screen size of the smallest label of the drawing, in px
LABELS = """() => Math.min(...[...document.querySelectorAll('.desk-canvas .djs-label')].filter(label => label.textContent).map(each => {
  const { a, b } = each.getScreenCTM();
  return parseFloat(getComputedStyle(each).fontSize) * Math.hypot(a, b);
}))"""
#: whether all of the drawing is in view
WHOLE = """() => {
  const { inner, x, y, width, height } = daopaiModeler.get('canvas').viewbox();
  return x <= inner.x && y <= inner.y && x + width >= inner.x + inner.width && y + height >= inner.y + inner.height;
}"""
#: whether the element is in the window of the drawing
IN_VIEW = """id => {
  const outer = document.querySelector('[data-canvas]').getBoundingClientRect();
  const names = ['data-element-id', 'data-row-id', 'data-path', 'data-id'];
  const found = document.querySelector(names.map(name => `[${name}="${id}"]`).join());
  const { left, right, top, bottom } = found.getBoundingClientRect();
  const x = (left + right) / 2, y = (top + bottom) / 2;
  return x > outer.left && x < outer.right && y > outer.top && y < outer.bottom;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def app(sqlite_db: Database, tmp_path: Path) -> Flask:
    web.person(sqlite_db, "zhang", "admin", name="张三")
    web.person(sqlite_db, "li", "admin", name="李四")
    return web.application(sqlite_db, tmp_path)


def paper(db: Database) -> int:
    return draft_of(db, "paper.bpmn", starting.template("process", "paper", "一张纸"))


def change(page: Page, name: str, suffix: str = ".bpmn") -> None:
    page.evaluate(CHANGE[suffix], name)
    expect(page.locator(STATE)).to_have_text("有改动，还没有保存")


def save(page: Page, said: str) -> None:
    """Click 保存 and wait for what the desk says of it."""
    page.locator("[data-save]").click()
    expect(page.locator(STATE)).to_contain_text(said)


def versions(db: Database, key: int) -> list[bytes]:
    """The contents of the draft's versions, the oldest first; all of them count."""
    with db.reading() as session:
        draft = store.find(session, key)
        rows = store.versions(session, draft)
        assert all(row.adopted for row in rows)
        return [store.content_of(session, draft, row.number) for row in reversed(rows)]


class Held:
    """Saves that the network holds back: the server has them before the page hears of it, or never gets them."""

    def __init__(self, page: Page, how: str) -> None:
        self.routes: list[Route] | None = []
        self.bodies: list[Any] = []
        page.route("**/versions", self._answer_lost if how == "lost" else self._hold)

    def _hold(self, route: Route) -> None:
        self.bodies.append(route.request.post_data_json)
        if self.routes is None:
            route.continue_()
        else:
            self.routes.append(route)

    def _answer_lost(self, route: Route) -> None:
        self.bodies.append(route.request.post_data_json)
        route.fetch()
        route.abort()

    def go_on(self) -> None:
        held, self.routes = self.routes or [], None
        for route in held:
            route.continue_()


def test_one_save_at_a_time_however_often_it_is_asked_for(app: Flask, sqlite_db: Database, browser: Browser) -> None:
    """A double click, Ctrl+S during a slow save, a change meanwhile: the change waits for the save and is the next version."""
    key = paper(sqlite_db)
    with serving(app) as base, visiting(app, browser, base, "zhang") as visit:
        page = open_draft(visit, key)
        change(page, "一")
        held = Held(page, "slow")
        page.locator("[data-save]").dblclick()
        page.keyboard.press("Control+S")
        expect(page.locator(STATE)).to_have_text("正在保存……")
        change(page, "二")
        page.keyboard.press("Control+S")
        page.wait_for_function("daopaiDesk.saving.again")
        assert len(held.bodies) == 1
        held.go_on()
        expect(page.locator(STATE)).to_contain_text("（第 3 版）")
        page.locator("[data-save]").dblclick()
        expect(page.locator(STATE)).to_contain_text("（第 3 版）")
        assert page.locator("[data-notice]").count() == 0 and visit.complaints == []
    assert [re.findall(r'startEvent id="start" name="(.)"', text.decode()) for text in versions(sqlite_db, key)] == [[], ["一"], ["二"]]


def test_a_save_whose_answer_was_lost_is_one_save(app: Flask, sqlite_db: Database, browser: Browser) -> None:
    """It is sent again as it was, and what was drawn since builds on it."""
    key = paper(sqlite_db)
    with serving(app) as base, visiting(app, browser, base, "zhang") as visit:
        page = open_draft(visit, key)
        change(page, "一")
        held = Held(page, "lost")
        save(page, "连不上服务器")
        change(page, "二")
        page.unroute("**/versions")
        with page.expect_request("**/versions") as repeated:
            page.locator("[data-save]").click()
        assert repeated.value.post_data_json["request_id"] == held.bodies[0]["request_id"]
        expect(page.locator(STATE)).to_contain_text("（第 3 版）")
        assert page.locator("[data-notice]").count() == 0
    assert len(versions(sqlite_db, key)) == 3


def test_a_lost_answer_and_a_crash_are_no_conflict(app: Flask, sqlite_db: Database, browser: Browser) -> None:
    """The save did arrive: what was drawn after it is offered, and builds on it."""
    key = paper(sqlite_db)
    with serving(app) as base, visiting(app, browser, base, "zhang") as visit:
        page = open_draft(visit, key)
        change(page, "一")
        Held(page, "lost")
        save(page, "连不上服务器")
        change(page, "二")
        kept(page, "二")
        crashed(visit)
        page = open_draft(visit, key)
        page.get_by_role("button", name="恢复这些改动").click()
        save(page, "（第 3 版）")
    assert len(versions(sqlite_db, key)) == 3


def test_somebody_else_in_between_is_a_conflict_all_the_same(app: Flask, sqlite_db: Database, browser: Browser) -> None:
    key = paper(sqlite_db)
    with serving(app) as base, visiting(app, browser, base, "zhang") as visit:
        page = open_draft(visit, key)
        change(page, "一")
        theirs = versions(sqlite_db, key)[0].replace("一张纸".encode(), "李四的纸".encode())
        sqlite_db.in_transaction(lambda session: store.save(session, key, 1, theirs, LI))
        page.locator("[data-save]").dblclick()
        expect(page.locator('[data-notice="conflict"]')).to_contain_text("李四已于")
        expect(page.locator('[data-notice="conflict"]')).to_contain_text("第 3 版（未采用）")


def files() -> list[Path]:
    shipped_ones = [ROOT / "processes" / "household.bpmn", ROOT / "processes" / "household_rules.dmn", ROOT / "forms" / "review.form"]
    return [*sorted(FIXTURES.glob("*.bpmn")), *shipped_ones]


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_opening_changes_nothing(app: Flask, sqlite_db: Database, browser: Browser, path: Path) -> None:
    """Opened, checked, looked at and saved: no new version, not a byte. A change that is taken back is none. A change changes just that."""
    key = draft_of(sqlite_db, path.name, path.read_bytes())
    with serving(app) as base, visiting(app, browser, base, "zhang") as visit:
        page = open_draft(visit, key)
        if path.suffix == ".dmn":
            for tab in page.get_by_role("tab").all():
                tab.click()
            page.get_by_role("tab").first.click()
        checked(page)
        expect(page.locator(STATE)).to_have_text("已打开第 1 版，没有改动")
        save(page, "没有改动，仍是第 1 版")
        change(page, "改过的", path.suffix)
        page.get_by_role("button", name="撤销").click() if path.suffix != ".dmn" else page.evaluate(
            "daopaiModeler.getActiveViewer().get('commandStack').undo()"
        )
        save(page, "没有改动，仍是第 1 版")
        assert versions(sqlite_db, key) == [path.read_bytes()]
        change(page, "改过的", path.suffix)
        save(page, "（第 2 版）")
        assert visit.complaints == []
    first, second = versions(sqlite_db, key)
    same = canonical.form if path.suffix == ".form" else canonical.xml
    before, after = same(first).splitlines(), same(second).splitlines()
    new = [line for line in after if line not in before and "bpmndi:BPMNLabel>" not in line]
    assert new and all("改过的" in line for line in new), new  # a decision's variable has its name


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_a_file_in_another_encoding_is_checked_and_kept_as_it_is(app: Flask, sqlite_db: Database, browser: Browser, encoding: str) -> None:
    text = starting.template("process", "paper", "一张纸").decode().replace("UTF-8", encoding)
    key = draft_of(sqlite_db, "paper.bpmn", text.encode(encoding))
    with serving(app) as base, visiting(app, browser, base, "zhang") as visit:
        page = open_draft(visit, key)
        expect(page.locator('[data-findings-list] [data-code^="xml"]')).to_have_count(0)
        save(page, "没有改动，仍是第 1 版")
        change(page, "改过的")
        save(page, "（第 2 版）")
    first, second = versions(sqlite_db, key)
    assert first == text.encode(encoding)
    assert b'encoding="UTF-8"' in second and "一张纸" in second.decode()


def ended(db: Database, username: str = "zhang") -> None:
    """All sessions of the person are over, as after twelve hours, or because the security administrator ended them."""

    def work(session: Any) -> None:
        sessions.revoke_all(session, username, web.CLI)

    db.in_transaction(work)


def live(db: Database) -> list[LoginSession]:
    with db.reading() as session:
        return sessions.live(session)


def test_a_session_that_ended_is_renewed_over_the_drawing(app: Flask, sqlite_db: Database, browser: Browser) -> None:
    """A wrong password says so; then the save goes through, and the next ones too."""
    key = paper(sqlite_db)
    with serving(app) as base, visiting(app, browser, base, "zhang") as visit:
        page = open_draft(visit, key)
        change(page, "一")
        ended(sqlite_db)
        page.locator("[data-save]").click()
        box = page.locator("dialog[data-sign-in]")
        expect(box).to_contain_text("登录已过期")
        expect(box.get_by_label("用户名")).to_have_value("zhang")
        box.get_by_label("密码").fill("wrong")
        box.get_by_role("button", name="登录", exact=True).click()
        expect(box.get_by_role("alert")).to_have_text("用户名或密码不对。")
        box.get_by_label("密码").fill(web.PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator(STATE)).to_contain_text("（第 2 版）")
        expect(box).to_have_count(0)
        change(page, "二")
        save(page, "（第 3 版）")
    assert len(versions(sqlite_db, key)) == 3 and len(live(sqlite_db)) == 1


def test_the_dialog_can_be_left_and_asked_for_again(app: Flask, sqlite_db: Database, browser: Browser) -> None:
    """The drawing stays; another person's sign-in does not save under his name; a sign-in in another window is taken over."""
    key = paper(sqlite_db)
    with serving(app) as base, visiting(app, browser, base, "zhang") as visit:
        page = open_draft(visit, key)
        change(page, "一")
        ended(sqlite_db)
        page.locator("[data-save]").click()
        page.locator("[data-cancel]").click()
        expect(page.locator(STATE)).to_contain_text("登录已过期")
        assert len(versions(sqlite_db, key)) == 1
        notice = page.locator('[data-notice="signedOut"]')
        elsewhere(app, visit, "li")
        notice.get_by_role("button", name="重新登录").click()
        expect(page.locator("dialog[data-sign-in]").get_by_role("alert")).to_contain_text("现在登录的是另一个账号")
        elsewhere(app, visit, "zhang")
        page.evaluate("dispatchEvent(new Event('focus'))")
        expect(page.locator(STATE)).to_contain_text("（第 2 版）")
        expect(notice).to_have_count(0)
    with sqlite_db.reading() as session:
        assert store.version(session, store.find(session, key), 2).saved_by == "zhang"


def elsewhere(app: Flask, visit: Visit, username: str) -> None:
    """Somebody signs in in another window of the same browser."""
    cookie = aside(lambda: web.signed_in_as(app, username)).client.get_cookie("daopai")
    assert cookie is not None
    visit.context.add_cookies([{"name": "daopai", "value": cookie.value, "url": visit.base}])


def kept(page: Page, text: str) -> None:
    """Until the copy on this computer has *text*."""
    page.wait_for_function("text => Object.values(localStorage).some(each => each.includes(text))", arg=text)


def copies(page: Page) -> int:
    return int(page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('daopai-draft-')).length"))


def crashed(visit: Visit) -> None:
    """The window is gone without a word."""
    visit.page.close(run_before_unload=False)
    visit.page = visit.context.new_page()


def test_changes_are_found_again_after_a_crash_and_thrown_away_after_a_save(app: Flask, sqlite_db: Database, browser: Browser) -> None:
    key = paper(sqlite_db)
    with serving(app) as base, visiting(app, browser, base, "zhang") as visit:
        page = open_draft(visit, key)
        change(page, "画到一半")
        kept(page, "画到一半")
        crashed(visit)
        page = open_draft(visit, key)
        offer = page.locator('[data-notice^="copy-"]')
        expect(offer).to_contain_text("未保存的改动（从第 1 版改起）")
        expect(offer).to_contain_text("比服务器上的第 1 版")
        change(page, "另画的")  # before the decision: neither is lost
        kept(page, "另画的")
        assert copies(page) == 2
        offer.get_by_role("button", name="恢复这些改动").click()
        expect(offer).to_have_count(0)
        expect(page.locator(".djs-label", has_text="画到一半")).to_be_visible()
        save(page, "（第 2 版）")
        assert copies(page) == 0
        page = open_draft(visit, key)
        expect(page.locator('[data-notice^="copy-"]')).to_have_count(0)
        assert visit.complaints == []
    assert "画到一半".encode() in versions(sqlite_db, key)[1]


def test_an_older_copy_says_so_and_can_be_thrown_away(app: Flask, sqlite_db: Database, browser: Browser) -> None:
    """Others have saved since. Nobody else on this computer is offered it."""
    key = paper(sqlite_db)
    with serving(app) as base, visiting(app, browser, base, "zhang") as visit:
        page = open_draft(visit, key)
        change(page, "画到一半")
        kept(page, "画到一半")
        theirs = versions(sqlite_db, key)[0].replace("一张纸".encode(), "李四的纸".encode())
        sqlite_db.in_transaction(lambda session: store.save(session, key, 1, theirs, LI))
        crashed(visit)
        elsewhere(app, visit, "li")
        page = open_draft(visit, key)
        expect(page.locator('[data-notice^="copy-"]')).to_have_count(0)
        elsewhere(app, visit, "zhang")
        page = open_draft(visit, key)
        expect(page.locator('[data-notice^="copy-"]')).to_contain_text("服务器上的第 2 版")
        expect(page.locator('[data-notice^="copy-"]')).to_contain_text("比它新")
        page.get_by_role("button", name="丢弃").click()
        expect(page.locator('[data-notice^="copy-"]')).to_have_count(0)
        assert copies(page) == 0


def test_a_storage_that_is_full_is_said(app: Flask, sqlite_db: Database, browser: Browser) -> None:
    with serving(app) as base, visiting(app, browser, base, "zhang") as visit:
        page = open_draft(visit, paper(sqlite_db))
        page.evaluate("() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }")
        change(page, "一")
        expect(page.locator('[data-notice="noCopy"]')).to_contain_text("没有在这台电脑上留底")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", ["household.bpmn", "large.bpmn", "two-pools.bpmn", "household_rules.dmn"])
def test_a_drawing_opens_as_large_as_can_be_read(
    app: Flask, sqlite_db: Database, browser: Browser, name: str, size: dict[str, int]
) -> None:
    """A large one at its start event; the whole of it is one press away."""
    fixture = FIXTURES / name
    content = large.diagram(300) if name == "large.bpmn" else fixture.read_bytes() if fixture.exists() else shipped(name)
    with serving(app) as base, visiting(app, browser, base, "zhang", size) as visit:
        page = open_draft(visit, draft_of(sqlite_db, name, content))
        assert page.evaluate(LABELS) >= 10.9
        if name.endswith(".bpmn"):
            start = {"household.bpmn": "started", "two-pools.bpmn": "start_1"}.get(name, "start")
            assert page.evaluate(IN_VIEW, start)
        page.get_by_role("button", name="看全图").click()
        if name == "large.bpmn":
            assert page.evaluate(LABELS) < 10
            assert page.evaluate(WHOLE)
        assert visit.complaints == []


def led(page: Page, element: str) -> None:
    page.locator(f'[data-findings-list] [data-element="{element}"] button').first.click()
    page.wait_for_function(IN_VIEW, arg=element)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_finding_leads_to_its_element_from_the_whole_picture(
    app: Flask, sqlite_db: Database, browser: Browser, size: dict[str, int]
) -> None:
    content = shipped("household.bpmn").replace(b'formId="review"', b'formId="no_such_form"')
    with serving(app) as base, visiting(app, browser, base, "zhang", size) as visit:
        page = open_draft(visit, draft_of(sqlite_db, "household.bpmn", content))
        page.get_by_role("button", name="看全图").click()
        led(page, "review")
        assert page.evaluate("daopaiModeler.get('canvas').zoom()") >= 1
        assert page.evaluate(LABELS) >= 10.9
        assert page.evaluate("daopaiModeler.get('canvas').hasMarker('review', 'finding-here')")
        if size == DESK:
            assert page.evaluate("daopaiModeler.get('selection').get().map(each => each.id)") == ["review"]


def test_a_finding_leads_to_the_cell_of_a_table(app: Flask, sqlite_db: Database, browser: Browser) -> None:
    content = shipped("household_rules.dmn").replace(b"not(1)", b"not((1")
    with serving(app) as base, visiting(app, browser, base, "zhang") as visit:
        page = open_draft(visit, draft_of(sqlite_db, "household_rules.dmn", content))
        line = page.locator("[data-findings-list] .finding-error").first
        element = line.get_attribute("data-element") or ""
        led(page, element)
        chosen = page.evaluate("(daopaiModeler.getActiveViewer().get('selection').get() ?? {}).id")
        assert chosen == element


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_finding_leads_to_the_component_of_a_form(app: Flask, sqlite_db: Database, browser: Browser, size: dict[str, int]) -> None:
    fields = [f'{{"type": "textfield", "key": "f{number}", "id": "F{number}", "label": "第{number}项"}}' for number in range(40)]
    fields.append('{"type": "textfield", "key": "last", "id": "Last", "label": "末项", "validate": {"pattern": "("}}')
    content = f'{{"type": "default", "id": "long", "components": [{", ".join(fields)}]}}'.encode()
    with serving(app) as base, visiting(app, browser, base, "zhang", size) as visit:
        page = open_draft(visit, draft_of(sqlite_db, "long.form", content))
        line = page.locator("[data-findings-list] .finding-error").first
        element = line.get_attribute("data-element") or ""
        line.locator("button").click()
        page.wait_for_function(IN_VIEW, arg="Last" if size == DESK else "last")
        assert element
        if size == DESK:
            assert page.evaluate("daopaiModeler.get('selection').get().id") == "Last"


def test_a_form_and_a_decision_are_found_again_too(app: Flask, sqlite_db: Database, browser: Browser) -> None:
    with serving(app) as base, visiting(app, browser, base, "zhang") as visit:
        for name in ("review.form", "household_rules.dmn"):
            key = draft_of(sqlite_db, name, shipped(name))
            page = open_draft(visit, key)
            change(page, "画到一半", Path(name).suffix)
            kept(page, "画到一半")
            crashed(visit)
            page = open_draft(visit, key)
            page.locator('[data-notice^="copy-"]').get_by_role("button", name="恢复这些改动").click()
            expect(page.locator("[data-canvas]").get_by_text("画到一半").first).to_be_visible()
            expect(page.locator(STATE)).to_have_text("有改动，还没有保存")
            save(page, "（第 2 版）")
