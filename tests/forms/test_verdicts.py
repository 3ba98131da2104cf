"""The browser and the server say the same of every value."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from app.engine import feel
from app.forms import browser, schema, validation
from app.forms.hooks import Prepared
from tests.forms import verdicts
from tests.forms.server import Task, serving


def opened(form: dict[str, Any]) -> schema.Form:
    return schema.load(json.dumps(form).encode())


def judged(form: schema.Form, data: dict[str, Any]) -> dict[str, list[str]]:
    return validation.validate(form, data, context={}, locked={}, decide=lambda *_: []).errors


class Made(Task):
    """A form that is no file of forms/."""

    def __init__(self, form: dict[str, Any], data: dict[str, Any], **more: Any) -> None:
        super().__init__("", Prepared(data))
        self.form, self.more = opened(form), more

    def page(self) -> dict[str, Any]:
        return {**browser.payload(self.form, self.prepared, "zh"), "locale": "zh", **self.more}


@pytest.fixture(scope="module")
def page() -> Iterator[tuple[Page, Any]]:
    with serving() as (address, show), sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        tab = chromium.new_page(viewport={"width": 390, "height": 844})

        def open_(task: Made) -> Page:
            show(task)
            tab.goto(address)
            tab.wait_for_selector("body[data-ready]")
            return tab

        yield tab, open_
        chromium.close()


def test_the_server_says_what_the_table_says(at: Any) -> None:
    assert verdicts.said(judged(opened(verdicts.form()), verdicts.data())) == verdicts.EXPECTED


def test_a_pattern_that_runs_out_of_time_is_an_error_of_its_field_and_stops_nobody(at: Any) -> None:
    """It was deployed before patterns were looked at. Meanwhile another thread goes on with its own expressions."""
    form = opened({"type": "default", "id": "f", "components": [{"id": "t", "key": "t", **verdicts.text(pattern="^(a+)+$")}]})
    feel.evaluate("1", {})
    asked, longest, over = 0, 0.0, threading.Event()

    def others() -> None:
        nonlocal asked, longest
        while not over.is_set():
            began = time.monotonic()
            assert feel.evaluate("1 + 1", {}) == 2
            asked, longest = asked + 1, max(longest, time.monotonic() - began)

    thread = threading.Thread(target=others)
    thread.start()
    errors = judged(form, {"t": "a" * 60 + "!"})
    over.set()
    thread.join()
    assert list(errors) == ["t"] and "用时太久" in errors["t"][0]
    assert asked > 10


@pytest.mark.browser
def test_the_browser_says_what_the_table_says(page: tuple[Page, Any]) -> None:
    """As a draft brings them. What form-js puts aside when it reads them is not sent, which is as good as an error."""
    _tab, open_ = page
    tab = open_(Made(verdicts.form(), verdicts.data()))
    errors, sent = tab.evaluate("() => [window.form.validate().errors, window.form.data()]")
    same = {key: json.dumps(sent.get(key)) == json.dumps(value) for key, value in verdicts.data().items()}  # 0 is not false
    aside = {key: ["put aside"] for key, found in same.items() if key not in errors and not found}
    assert verdicts.said({**errors, **aside}) == verdicts.EXPECTED
    assert all(not verdicts.EXPECTED[int(key[1:])][1] for key in aside)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("typed", "sent"),
    [("１２", "12"), ("1,200", "1200"), ("1_0", None), ("1e5", None), ("0x10", None), ("9007199254740993",) * 2],
)
def test_numbers_as_they_are_typed(page: tuple[Page, Any], typed: str, sent: str | None) -> None:
    """Full-width digits and commas are read as people mean them; what is left is a number or an error, never another number."""
    _tab, open_ = page
    for more in ({}, {"serializeToString": True}):
        field = {"type": "number", "id": "n", "key": "n", "label": "n", **more}
        tab = open_(Made({"type": "default", "id": "numbers", "components": [field]}, {}))
        tab.locator("input").fill(typed)
        errors, data = tab.evaluate("() => [window.form.validate().errors, window.form.data()]")
        if sent is None and not (more and typed.isdecimal()):
            assert list(errors) == ["n"]
        else:
            number = int(sent or "0")
            assert errors == {} and data["n"] == (sent or typed if more else number if number < 2**53 else {"@number": sent})


HTML = """<h2>须知</h2><p onclick="x()">您好，{{name}}</p><script>window.broken = 1</script><style>p{}</style>
<a href="https://x.example">外</a><a href="/me">内</a><img src="https://x.example/i.png" alt="外图"><iframe src="/me"></iframe>"""
COMPUTED = '="<b>算出</b><a href=\\"https://x.example\\">外</a><img src=x onerror=window.broken=1>"'
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SHOWN: dict[str, Any] = {
    "type": "default",
    "id": "shown",
    "components": [
        {"type": "textfield", "id": "n", "key": "name", "label": "姓名"},
        {"type": "html", "id": "h", "content": HTML},
        {
            "type": "html",
            "id": "computed",
            "content": COMPUTED,
        },
        {
            "type": "image",
            "id": "i",
            "alt": "印章",
            "source": f"data:image/png;base64,{PIXEL}",
        },
    ],
}


def test_html_leaves_the_server_clean(at: Any) -> None:
    sent = browser.payload(opened(SHOWN), Prepared(), "zh")["schema"]["components"][1]["content"]
    assert "{{name}}" in sent and "须知" in sent and 'href="/me"' in sent
    assert [word for word in ("script", "onclick", "style", "iframe", "x.example") if word in sent] == []


@pytest.mark.browser
def test_html_and_images_are_shown_without_script_and_outside_addresses(page: tuple[Page, Any]) -> None:
    _tab, open_ = page
    asked: list[str] = []
    _tab.on("request", lambda request: asked.append(request.url))
    tab = open_(Made(SHOWN, {"name": "<b>张三</b>"}))
    shown = tab.locator(".dp-shown")
    assert shown.count() == 3
    assert "您好，<b>张三</b>" in shown.nth(0).inner_text()  # as text
    assert "算出" in shown.nth(1).inner_text()
    assert tab.locator(".dp-shown a[href]").evaluate_all("all => all.map(a => a.getAttribute('href'))") == ["/me"]
    assert tab.locator(".dp-shown img[alt='印章']").evaluate("image => image.naturalWidth") == 1
    assert tab.evaluate("window.broken") is None
    assert [url for url in asked if "x.example" in url] == []
