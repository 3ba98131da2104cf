"""The form in a real browser, 390 px wide, under the application's Content-Security-Policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app.config import ROOT
from app.forms.hooks import Lock, Prepared
from tests.forms import samples
from tests.forms.server import Task, serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def site() -> Iterator[Any]:
    with serving() as served:
        yield served


Mount = Callable[..., tuple[Page, Task]]


@pytest.fixture
def mount(chromium: Browser, site: Any, at: Any) -> Iterator[Mount]:
    """``mount("review", data)`` → (page, task). Anything the browser complains about fails the test."""
    address, show = site
    complaints: list[str] = []
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", timezone_id="America/New_York")
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def open_(
        form_id: str, data: dict[str, Any], *, locked: Any = None, locale: str = "zh", wanted: Any = None, **more: Any
    ) -> tuple[Page, Task]:
        context = {**samples.CONTEXT, "wanted": wanted}
        task = Task(form_id, Prepared({**samples.INITIAL, **data}, context, locked or {}), locale, more)
        show(task)
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        return page, task

    yield open_
    context.close()
    assert [text for text in complaints if "422" not in text] == []


def submit(page: Page) -> str:
    page.evaluate("document.body.removeAttribute('data-answer')")
    page.click("#submit")
    page.wait_for_selector("body[data-answer]")
    return page.get_attribute("body", "data-answer") or ""


def at_path(page: Page, path: str) -> Any:
    return page.locator(f'[data-path="{path}"]')


@pytest.mark.parametrize("form_id", sorted(path.stem for path in (ROOT / "forms").glob("*.form")))
def test_every_form_opens_without_a_complaint(mount: Mount, form_id: str) -> None:
    """No script or style is refused by the policy, no expression fails; nothing is wider than the phone."""
    page, _task = mount(form_id, {})
    assert page.locator(".dp-field").count() > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_prefilled_form_goes_through_unchanged(mount: Mount) -> None:
    """What the server prepared, the browser sends back; personal values travel masked and return whole."""
    page, task = mount("household_registered", samples.registered(phone="13812345678"))
    expect(at_path(page, "members[0].id_number").locator("input")).to_have_value("500299********" + samples.member()["id_number"][-4:])
    assert submit(page) == "200"
    assert task.sent[-1]["phone"] == "138****5678"
    assert task.sent[-1]["income"]["per_capita"] == 7000


def test_missing_answers_are_named_in_chinese_and_the_first_is_shown(mount: Mount) -> None:
    page, task = mount("household_registered", samples.registered(head=None, **{"living.protein": None}))
    assert submit(page) == "browser" and task.sent == []
    expect(page.locator(".dp-errors h3")).to_have_text("有 2 处需要修改")
    expect(at_path(page, "head").locator(".fjs-form-field-error")).to_have_text("请填写此项")
    expect(at_path(page, "head").locator("input")).to_be_focused()
    expect(at_path(page, "head")).to_be_in_viewport()


def test_what_depends_on_an_answer_appears_and_goes(mount: Mount) -> None:
    """R40: a remote check asks how the family can be reached."""
    page, _task = mount("household_registered", samples.registered())
    expect(at_path(page, "visit.contact.away_place")).to_have_count(0)
    at_path(page, "visit.mode").get_by_label("举家外出").check()
    at_path(page, "visit.contact.away_place").locator("input").fill("广东省东莞市")
    assert submit(page) == "422"
    expect(at_path(page, "visit.contact.phone").locator(".fjs-form-field-error")).to_contain_text("至少一项")
    at_path(page, "visit.contact.wechat").locator("input").fill("zhang3")
    assert submit(page) == "200"


def test_computed_values_follow_at_once(mount: Mount) -> None:
    page, _task = mount("household_registered", samples.registered())
    expect(at_path(page, "income.per_capita").locator("output")).to_contain_text("7000")
    at_path(page, "income.wage").locator("input").fill("2000")
    expect(at_path(page, "income.per_capita").locator("output")).to_contain_text("3000")
    expect(at_path(page, "members[1].age").locator("output")).to_contain_text("10")


def test_the_servers_errors_stand_at_their_fields_until_they_are_mended(mount: Mount) -> None:
    page, _task = mount("household_registered", samples.registered())
    number = at_path(page, "members[1].id_number")
    right = samples.child()["id_number"]
    number.locator("input").fill(right[:-1] + ("0" if right[-1] != "0" else "1"))
    assert submit(page) == "422"
    expect(number.locator(".fjs-form-field-error")).to_contain_text("校验码")
    expect(number).to_be_in_viewport()
    expect(page.locator(".dp-errors a")).to_contain_text("第 2 项 身份证号码")
    number.locator("input").fill(right)
    expect(number.locator(".fjs-form-field-error")).to_have_count(0)
    assert submit(page) == "200"


def test_an_error_at_a_number_outlasts_the_pause_after_typing(mount: Mount) -> None:
    """What the server said holds until the number is another one."""
    page, _task = mount("household_registered", samples.registered())
    page.clock.install()
    wage = at_path(page, "income.wage")
    wage.locator("input").fill("8200")
    page.evaluate("window.form.validate(); window.form.show({ errors: { 'income.wage': [ '与工资表不符' ] } })")
    page.clock.run_for(2000)
    expect(wage.locator(".fjs-form-field-error")).to_have_text("与工资表不符")
    wage.locator("input").fill("8100")
    page.clock.run_for(2000)
    expect(wage.locator(".fjs-form-field-error")).to_have_count(0)


def test_a_number_may_be_typed_as_people_type_it(mount: Mount) -> None:
    """Full-width digits and separators are understood; what is no number stays in the box, is named there, and is not sent."""
    page, task = mount("household_registered", samples.registered())
    wage = at_path(page, "income.wage")
    wage.locator("input").fill("８，２００．５")
    assert submit(page) == "200"
    assert task.sent[-1]["income"]["wage"] == 8200.5
    expect(wage.locator("input")).to_have_value("８，２００．５")
    wage.locator("input").fill("八千")
    wage.locator("input").blur()
    expect(wage.locator(".fjs-form-field-error")).to_contain_text("应为数字")
    assert submit(page) == "browser"
    expect(wage.locator("input")).to_have_value("八千")
    wage.locator("input").fill("")
    wage.locator("input").blur()
    assert page.evaluate("window.form.data().income.wage") is None


def test_a_warning_asks_its_reason_and_a_problem_is_shown_once(mount: Mount) -> None:
    page, task = mount("household_registered", samples.registered(**{"living.bedding": "no"}))
    at_path(page, "satisfaction.score").get_by_label("2 不满意").check()
    assert submit(page) == "422"
    expect(page.locator(".dp-problems li")).to_have_text("不愁穿未实现：没有应季被褥。")
    reason = at_path(page, "satisfaction.score").locator(".dp-reason textarea")
    expect(reason).to_be_focused()
    reason.fill("对低保评定不满")
    assert submit(page) == "200"
    assert task.sent[-1]["_reasons"] == {"low_satisfaction@satisfaction.score": "对低保评定不满"}
    assert task.sent[-1]["_seen"] == ["bedding_shortage@living.bedding"]


def test_a_held_field_says_why_and_cannot_be_changed(mount: Mount) -> None:
    """R23, R24."""
    lock = Lock("先整改后填报：问题 V01-003 销号后放行。", "村干部", "/problems/V01-003")
    page, _task = mount("household_registered", samples.registered(), locked={"housing.grade": lock, "income": Lock("等待组长答复")})
    note = at_path(page, "housing.grade").locator(".dp-lock")
    expect(note).to_contain_text("先整改后填报：问题 V01-003 销号后放行。 · 由 村干部 处理")
    expect(note.locator("a")).to_have_attribute("href", "/problems/V01-003")
    at_path(page, "housing.grade").get_by_label("D级").click(force=True)
    assert page.evaluate("window.form.data().housing.grade") == "A"
    expect(at_path(page, "income.wage").locator("input")).not_to_be_editable()
    assert submit(page) == "200"


def test_reviewers_comments_stand_at_their_fields(mount: Mount) -> None:
    comment = {
        "key": "1",
        "text": "请核对务工月数",
        "author": "王指导",
        "at": "2020-05-22T01:10:00+00:00",
        "resolved": False,
        "reply": "已核",
    }
    page, _task = mount("household_registered", samples.registered(), comments={"income.wage": [comment]})
    expect(at_path(page, "income.wage").locator(".dp-comments li")).to_contain_text("请核对务工月数")
    expect(at_path(page, "income.wage").locator(".dp-comments small")).to_contain_text("2020/5/22 09:10")


def test_rows_are_added_and_removed(mount: Mount) -> None:
    page, _task = mount("household_registered", samples.registered())
    page.get_by_role("button", name="增加成员").click()
    at_path(page, "members[2].name").locator("input").fill("张老太")
    assert page.evaluate("window.form.data().members.map(row => row.name)") == ["张三", "张小花", "张老太"]
    page.get_by_role("button", name="删除第 2 项", exact=True).first.click()
    expect(at_path(page, "members[1].name").locator("input")).to_have_value("张老太")
    assert page.evaluate("window.form.data().members.length") == 2


def test_dates_are_the_campaigns_wherever_the_device_is(mount: Mount) -> None:
    """The device stands in New York; the form speaks Shanghai time."""
    page, _task = mount("household_registered", samples.registered(**{"visit.start": "2020-05-21T01:00:00+00:00"}))
    field = at_path(page, "visit.start").locator("input")
    expect(field).to_have_value("2020-05-21T09:00")
    field.fill("2020-05-21T08:30")
    assert page.evaluate("window.form.data().visit.start") == "2020-05-21T08:30:00+08:00"


def test_the_bar_says_where_one_is_and_jumps(mount: Mount) -> None:
    page, _task = mount("household_registered", samples.registered())
    expect(page.locator(".dp-number")).to_have_text("第 1 / 15 节")
    page.locator(".dp-bar summary").click()
    page.locator(".dp-bar li a", has_text="住房安全").click()
    expect(page.locator(".dp-here")).to_have_text("住房安全")
    expect(at_path(page, "housing.grade")).to_be_in_viewport()


def test_explanations_are_folded_on_a_phone_and_open_on_a_desk(mount: Mount) -> None:
    page, _task = mount("household_registered", samples.registered())
    help_ = at_path(page, "income.wage").locator(".dp-help")
    expect(help_.locator("p")).to_be_hidden()
    help_.locator("summary").click()
    expect(help_.locator("p")).to_contain_text("受雇于单位或个人")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(help_.locator("p")).to_be_visible()


def test_files_are_uploaded_at_once_and_kept_by_their_id(mount: Mount) -> None:
    page, _task = mount("household_registered", samples.registered())
    photos = at_path(page, "visit.photos")
    photos.locator("input[type=file]").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"x"})
    expect(photos.locator("li a")).to_have_text("照片.jpg")
    assert page.evaluate("window.form.data().visit.photos") == ["7"]
    photos.get_by_role("button", name="移除 照片.jpg").click()
    expect(photos.locator("li")).to_have_count(0)


def test_a_submitted_form_is_read_as_lines_and_commented(mount: Mount) -> None:
    page, _task = mount("household_registered", samples.registered(), readonly=True, annotate=True)
    assert page.locator("#form input, #form select, #form textarea").count() == 0
    expect(at_path(page, "housing.grade").locator("output")).to_have_text("A级：结构安全")
    expect(page.get_by_role("button", name="增加成员")).to_be_hidden()
    at_path(page, "income.wage").get_by_role("button", name="批注").click()
    assert page.evaluate("window.annotated") == ["income.wage", "工资性收入"]


def test_english_is_complete_on_the_screen(mount: Mount) -> None:
    page, _task = mount("household_registered", samples.registered(head=None), locale="en")
    assert submit(page) == "browser"
    expect(at_path(page, "head").locator(".fjs-form-field-error")).to_have_text("Field is required.")
    page.evaluate("document.querySelectorAll('#form output').forEach(found => found.remove())")
    shown = page.locator("#form").inner_text()
    assert [letter for letter in shown if "\u4e00" <= letter <= "\u9fff"] == []


def test_a_finger_hits_everything(mount: Mount) -> None:
    """44 px for what is tapped."""
    page, _task = mount("household_registered", samples.registered())
    small = page.evaluate(
        """() => [...document.querySelectorAll('#form :is(input.fjs-input, select, textarea, button, .fjs-inline-label, .dp-upload)')]
          .filter(e => e.offsetParent && !e.matches('[type=radio], [type=checkbox], .fjs-number-arrow-container button'))
          .map(e => [e.className, e.getBoundingClientRect().height]).filter(([, height]) => height < 43)"""
    )
    assert small == []


def test_changes_are_told_for_the_draft_but_not_the_opening(mount: Mount) -> None:
    page, _task = mount("review", {})
    assert page.evaluate("window.changes.length") == 0
    page.get_by_label("退回调查员").check()
    assert page.evaluate("window.changes.at(-1).decision") == "return"


def test_hostile_labels_and_values_stay_text(mount: Mount) -> None:
    evil = "<img src=x onerror=document.body.dataset.owned=1>{{1+1}}"
    page, _task = mount("household_registered", samples.registered(head=evil), locked={"phone": Lock(evil, evil, "/x")})
    expect(at_path(page, "phone").locator(".dp-lock")).to_contain_text(evil)
    assert page.get_attribute("body", "data-owned") is None


def test_a_desk_sees_three_sources_side_by_side_and_what_differs(mount: Mount) -> None:
    sources = samples.sources()
    sources["housing_grade"]["archive"] = "B"
    page, _task = mount("verification", {"sources": sources, "household_code": "V01-001"})
    expect(page.locator(".dp-differs .dp-difference")).to_have_text("不一致")
    page.set_viewport_size({"width": 1440, "height": 900})
    tops = [at_path(page, f"sources.head.{name}").bounding_box()["y"] for name in ("system", "archive", "actual")]
    assert max(tops) - min(tops) < 4


def test_a_long_number_keeps_every_digit(mount: Mount) -> None:
    """Typed, prefilled, compared and computed with: JavaScript's own numbers would round it."""
    page, task = mount("numbers", {"known": 110101199003070011}, wanted=6222021234567890123)
    expect(at_path(page, "known").locator("input")).to_have_value("110101199003070011")
    at_path(page, "card").locator("input").fill("6222021234567890124")
    expect(at_path(page, "next").locator("output")).to_contain_text("6222021234567890125")
    expect(at_path(page, "same")).to_have_count(0)
    at_path(page, "card").locator("input").fill("6222021234567890123")
    expect(at_path(page, "same")).to_have_count(1)
    at_path(page, "share").locator("input").fill("0.1234567890123456789")
    assert submit(page) == "200"
    assert task.sent[-1]["card"] == {"@number": "6222021234567890123"}
    outcome = task.outcomes[-1]
    assert (outcome["card"], outcome["known"], outcome["next"]) == (6222021234567890123, 110101199003070011, 6222021234567890124)
    assert outcome["share"].text == "0.1234567890123456789"
    for wrong, said in (("3", "不能小于 10"), ("1" * 35, "数字最多 34 位，无法准确保存。编号请用文字栏目填写"), ("12a", "应为数字")):
        at_path(page, "card").locator("input").fill(wrong)
        expect(at_path(page, "card").locator(".fjs-form-field-error")).to_have_text(said)
        assert submit(page) == "browser"
