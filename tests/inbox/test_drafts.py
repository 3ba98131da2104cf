"""What is typed is never lost: on the server, encrypted, on any device, until the task is done."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from app.acts.models import Draft
from app.db import Database
from app.forms import submissions
from app.forms.models import Submission
from tests.inbox.conftest import Person

Login = Callable[[str], Person]
ID_NUMBER = "500235197001011236"


def boot(page: str) -> dict[str, Any]:
    """The data a task page gives to its script."""
    found = re.search(r'<script type="application/json" id="task-data">(.*?)</script>', page, re.S)
    assert found
    data: dict[str, Any] = json.loads(found.group(1))
    return data


def save(person: Person, key: int, data: dict[str, Any], revision: int = 0) -> Any:
    return person.send("PUT", f"/tasks/{key}/draft", {"data": data, "revision": revision})


def test_a_draft_is_back_on_another_device_and_gone_when_the_task_is_done(db: Database, person: Login, household: Any) -> None:
    key = household()
    li = person("li")
    saved = save(li, key, {"head": "张三", "income": None})
    assert saved.status_code == 200
    assert re.fullmatch(r"\d\d:\d\d", saved.json["saved"])
    other_device = person("li")
    page = other_device.page(f"/tasks/{key}")
    assert boot(page)["form"]["data"]["head"] == "张三"
    assert "已填一半" in other_device.page("/tasks?list=group&state=draft")
    other_device.complete(key, {"head": "张三", "income": 1})
    with db.reading() as session:
        assert session.scalars(select(Draft)).all() == []


def test_nobody_else_sees_a_draft(person: Login, household: Any) -> None:
    key = household()
    save(person("li"), key, {"head": "张三"})
    assert boot(person("sun").page(f"/tasks/{key}"))["form"]["data"].get("head") is None


def test_personal_values_are_encrypted_in_a_draft_masked_on_the_screen_and_whole_when_submitted(
    db: Database, person: Login, household: Any
) -> None:
    key = household()
    li = person("li")
    first = save(li, key, {"head": "张三", "id_number": ID_NUMBER})
    with db.reading() as session:
        assert ID_NUMBER not in session.scalars(select(Draft.content)).one()
    shown = boot(li.page(f"/tasks/{key}"))["form"]["data"]
    assert shown["id_number"] == "500235********1236"
    again = save(li, key, {**shown, "income": 7}, first.json["revision"])
    assert again.status_code == 200
    li.complete(key, {"head": "张三", "id_number": "500235********1236", "income": 7})
    with db.reading() as session:
        submission = session.scalars(select(Submission)).one()
        assert submissions.data_of(session, submission, unmask=True)["id_number"] == ID_NUMBER


def test_a_device_that_would_overwrite_a_newer_draft_is_told_so(person: Login, household: Any) -> None:
    key = household()
    phone, desk = person("li"), person("li")
    assert save(phone, key, {"head": "on the phone"}).json["revision"] == 1
    assert save(desk, key, {"head": "at the desk"}, 1).json["revision"] == 2
    late = save(phone, key, {"head": "on the phone, later"}, 1)
    assert late.status_code == 409
    assert (late.json["newer"], late.json["revision"]) == (True, 2)
    assert boot(phone.page(f"/tasks/{key}"))["form"]["data"]["head"] == "at the desk"
    assert save(phone, key, {"head": "on the phone, later"}, -1).status_code == 200


def test_a_draft_of_a_task_that_is_done_meanwhile_is_refused_with_who_did_it(person: Login, household: Any) -> None:
    key = household()
    person("li").complete(key, {"head": "张三", "income": 1})
    late = save(person("sun"), key, {"head": "张三"})
    assert late.status_code == 409
    assert "李调查" in late.json["detail"]


def test_what_is_no_draft_is_refused(person: Login, household: Any) -> None:
    key = household()
    li = person("li")
    for sent in ({}, {"data": [], "revision": 0}, {"data": {}, "revision": "1"}):
        assert li.send("PUT", f"/tasks/{key}/draft", sent).status_code == 400
    assert save(li, key, {"head": "x" * 1_100_000}).status_code == 413
