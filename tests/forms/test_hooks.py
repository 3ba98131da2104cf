"""Features fill forms, look things up for the rules, and take what was submitted."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from app.forms import browser, hooks
from app.forms.hooks import Lock, Notice, Prepared
from tests.forms import samples
from tests.forms.conftest import form

TASK: Any = SimpleNamespace(form_id="household_registered")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Without what the features have registered."""
    for name in ("_prepares", "_accepts", "_looks_up"):
        monkeypatch.setattr(hooks, name, {})
    yield


def test_those_for_all_forms_come_first_and_the_special_lie_over_them() -> None:
    @hooks.prepares("household_registered")
    def _special(_session: Any, _task: Any, _identity: Any) -> Prepared:
        return Prepared({"head": "张三"}, {"x": 2}, {"phone": Lock("因为")}, [Notice("二")])

    @hooks.prepares("*")
    def _all(_session: Any, _task: Any, _identity: Any) -> Prepared:
        return Prepared({"head": "?", "code": "1"}, {"x": 1, "y": 1}, {}, [Notice("一")])

    @hooks.prepares("*")
    def _nothing(_session: Any, _task: Any, _identity: Any) -> None:
        return None

    prepared = hooks.prepare(None, TASK, None)  # type: ignore[arg-type]
    assert prepared.data == {"head": "张三", "code": "1"} and prepared.context == {"x": 2, "y": 1}
    assert [notice.text for notice in prepared.notices] == ["一", "二"] and list(prepared.locked) == ["phone"]


def test_what_is_looked_up_sees_the_data_as_sent_with_personal_values_restored() -> None:
    @hooks.looks_up("household_registered")
    def _duplicates(_session: Any, _task: Any, data: Any) -> dict[str, Any]:
        return {"duplicate_ids": [row["id_number"] for row in data["members"]]}

    prepared = Prepared({"members": [samples.member()]}, {"settings": 1})
    number = samples.member()["id_number"]
    sent = {"members": [{"id_number": number[:6] + "*" * 8 + number[-4:]}]}
    context = hooks.look_up(None, TASK, form("household_registered"), sent, prepared)  # type: ignore[arg-type]
    assert context == {"settings": 1, "duplicate_ids": [number]}
    assert "*" in sent["members"][0]["id_number"]


def test_accepting_collects_completion_variables_in_order() -> None:
    @hooks.accepts("household_registered")
    def _one(*_args: Any) -> dict[str, Any]:
        return {"held": True, "n": 1}

    @hooks.accepts("*", "other")
    def _all(*_args: Any) -> dict[str, Any]:
        return {"n": 0, "m": 0}

    assert hooks.accept(None, TASK, None, None, None) == {"n": 1, "m": 0, "held": True}  # type: ignore[arg-type]


def test_the_browser_gets_only_what_the_form_names(at: Any) -> None:
    """ID numbers of other households stay on the server; personal values leave masked, health readable for who must confirm it."""
    context = {**samples.CONTEXT, "duplicate_ids": ["500299199001010119"], "secret": 1}
    page = browser.payload(form("household_registered"), Prepared({**samples.registered(phone="13812345678"), "secret": 2}, context), "zh")
    assert set(page["context"]) == {"as_of", "settings"} and page["context"]["as_of"] == "2020-05-21"
    assert page["data"]["phone"] == "138****5678" and "secret" not in page["data"]
    assert page["data"]["members"][0]["health"] == "healthy" and "*" in page["data"]["members"][0]["id_number"]
    assert "rules" not in page["schema"]


def test_choices_of_the_campaign_go_to_the_browser() -> None:
    page = browser.payload(form("household_key_general"), Prepared({}, dict(samples.CONTEXT)), "en")
    assert page["context"]["key_reasons"] == samples.CONTEXT["key_reasons"]


def test_a_draft_lies_over_what_is_known() -> None:
    prepared = Prepared({"head": "张三", "code": "1"}, {}, {"phone": Lock("因为", "组长", "/x")}, [Notice("先看")])
    page = browser.payload(form("household_registered"), prepared, "zh", draft={"head": "李四", "_reasons": {"a": "b"}})
    assert page["data"] == {"head": "李四", "code": "1", "_reasons": {"a": "b"}}
    assert page["locked"] == {"phone": {"reason": "因为", "who": "组长", "url": "/x"}}
    assert page["notices"] == [{"text": "先看", "kind": "info", "url": ""}]
