"""Remarks on single fields: from the reviewer to the field that must be corrected, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.acts.models import FieldComment
from app.db import Database
from app.engine.models import Event
from app.forms import schema
from tests.inbox.conftest import Person, next_task
from tests.inbox.test_drafts import ID_NUMBER, boot

Login = Callable[[str], Person]
NOTE = {"head": "张三", "income": 12000, "id_number": ID_NUMBER, "members": [{"name": "张三"}, {"name": "张小三"}]}


def remark(person: Person, key: int, path: str, text: str) -> Any:
    return person.send("POST", f"/tasks/{key}/comments", {"path": path, "text": text})


def open_remarks(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(FieldComment.path).where(FieldComment.resolved_at.is_(None)).order_by(FieldComment.key)))


def test_a_reviewer_sees_the_form_masked_remarks_on_fields_and_the_investigator_corrects_them(
    db: Database, person: Login, household: Any
) -> None:
    fill = household()
    li, wang = person("li"), person("wang")
    li.complete(fill, NOTE)
    review = next_task(db, fill)
    shown = boot(wang.page(f"/tasks/{review}"))["reviewed"]
    assert shown["readonly"] is True
    assert (shown["data"]["income"], shown["data"]["id_number"]) == (12000, "500235********1236")
    made = remark(wang, review, "income", "与系统差得多，请核实")
    assert made.status_code == 201
    assert (made.json["author"], made.json["label"]) == ("王指导", "年收入（元）")
    assert remark(wang, review, "members[1].name", "姓名与身份证不符").status_code == 201
    wang.complete(review, {"decision": "return", "opinion": "两处要改"}, request_id="request-0002")

    again = next_task(db, review)
    listed = li.page("/tasks?list=group&state=commented")
    assert "2 条批注" in listed
    page = li.page(f"/tasks/{again}")
    assert "与系统差得多，请核实" in page
    assert "两处要改" in page
    assert set(boot(page)["comments"]) == {"income", "members[1].name"}
    corrected = {**NOTE, "income": 9000, "members": [{"name": "张三"}, {"name": "张小三"}]}
    assert li.complete(again, corrected, request_id="request-0003").status_code == 200
    assert open_remarks(db) == ["members[1].name"]
    third = next_task(db, again)
    second_review = wang.page(f"/tasks/{third}")
    assert list(boot(second_review)["reviewed"]["comments"]) == ["members[1].name"]
    assert "与上一版相比改了 1 处" in second_review
    assert "<del>12000</del> → <ins>9000</ins>" in second_review


def test_an_answer_settles_a_remark_when_the_value_was_right(db: Database, person: Login, household: Any) -> None:
    fill = household()
    li, wang = person("li"), person("wang")
    li.complete(fill, NOTE)
    review = next_task(db, fill)
    key = remark(wang, review, "income", "是否漏了工资？").json["key"]
    wang.complete(review, {"decision": "return"}, request_id="request-0002")
    again = next_task(db, review)
    answer = li.send("PUT", f"/tasks/{again}/comments/{key}/reply", {"text": "已电话核实，无误"})
    assert (answer.json["reply"], answer.json["replier"]) == ("已电话核实，无误", "李调查")
    li.complete(again, NOTE, request_id="request-0003")
    assert open_remarks(db) == []
    with db.reading() as session:
        kinds = session.scalars(select(Event.kind).where(Event.kind.startswith("comment.")).order_by(Event.key)).all()
    assert kinds == ["comment.made", "comment.answered", "comment.resolved"]


def test_a_remark_can_be_taken_back_by_its_author_while_the_review_is_open(db: Database, person: Login, household: Any) -> None:
    fill = household()
    person("li").complete(fill, NOTE)
    review = next_task(db, fill)
    wang = person("wang")
    first, second = remark(wang, review, "head", "一").json["key"], remark(wang, review, "head", "二").json["key"]
    assert person("zhao").send("DELETE", f"/comments/{first}").status_code == 404
    assert wang.send("DELETE", f"/comments/{first}").status_code == 204
    wang.complete(review, {"decision": "return"}, request_id="request-0002")
    late = wang.send("DELETE", f"/comments/{second}")
    assert late.status_code == 409
    assert "不能再撤回" in late.json["detail"]


def test_only_fields_of_the_reviewed_form_take_remarks(db: Database, person: Login, household: Any) -> None:
    fill = household()
    li, wang = person("li"), person("wang")
    assert remark(li, fill, "head", "?").status_code == 404
    li.complete(fill, NOTE)
    review = next_task(db, fill)
    assert remark(wang, review, "no_such_field", "?").status_code == 404
    assert remark(wang, review, "head", "  ").status_code == 400
    other = household("H0002")
    key = remark(wang, review, "head", "!").json["key"]
    assert li.send("PUT", f"/tasks/{other}/comments/{key}/reply", {"text": "not mine"}).status_code == 404


def test_a_blind_form_does_not_show_what_others_said(db: Database, person: Login, household: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fill = household()
    li, wang = person("li"), person("wang")
    li.complete(fill, NOTE)
    review = next_task(db, fill)
    wang.complete(review, {"decision": "return", "opinion": "两处要改"}, request_id="request-0002")
    again = next_task(db, review)
    assert "两处要改" in li.page(f"/tasks/{again}")
    monkeypatch.setattr(schema.Form, "blind", True)
    assert "两处要改" not in li.page(f"/tasks/{again}")
