"""What whoever passes a household form is shown before he does: findings, warnings with their reasons, holds, changes, masked values."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.acts import bulk, completion
from app.engine.actor import Actor
from app.engine.models import Event
from app.forms import submissions
from app.forms.outcome import Finding, Outcome
from tests.forms import samples
from tests.inbox.conftest import Person
from tests.processes.play import Play

ONE, TWO = "V01-01-001", "V01-01-002"
PHONE = "13800001234"


def reported(play: Play, code: str, outcome: Outcome) -> str:
    """A household whose form was submitted with this outcome and waits for its review."""
    subject = f"household:{code}"
    play.start("household", household=play.household(code))
    play.complete("li1", "verify", subject, verified=True)
    play.complete("li1", "nine_documents", subject)
    again(play, subject, outcome)
    return subject


def again(play: Play, subject: str, outcome: Outcome) -> None:
    task = play.task("li1", "fill_registered", subject)

    def work(session: Any) -> None:
        _definition, form = completion.form_of(session, task)
        submissions.save(session, form, outcome, Actor("li1", origin="test"), task=task)

    with play.app.app_context():
        play.db.in_transaction(work)
    play.complete("li1", "fill_registered", subject)


def flagged(**changes: Any) -> Outcome:
    return Outcome(
        data=samples.registered(phone=PHONE, **changes),
        warnings=[Finding("W", "income.per_capita", "income_differs", "人均纯收入相差较大。", "Income differs.", reason="今年外出务工")],
        problems=[Finding("P", "water.quality", "water_unsafe", "水质不达标。", "The water is not safe.")],
    )


def test_the_reviewer_sees_findings_reasons_holds_and_changes(play: Play) -> None:
    subject = reported(play, ONE, flagged())
    play.problem(ONE, field="phone", holds=True)
    review = play.task("instructor1", "review", subject).key
    page = Person(play.app, play.db, "instructor1").page(f"/tasks/{review}")
    for words in (
        "水质不达标。",
        "人均纯收入相差较大。",
        "今年外出务工",
        "暂缓填报的指标",
        "台账中未销号的问题",
        "问题 1",
        "提醒 1",
        "暂缓填报 1",
    ):
        assert words in page, words
    assert "修改 " not in page
    play.complete("instructor1", "review", subject, decision="return")
    again(play, subject, Outcome(data=samples.registered(phone=PHONE, **{"water.quality": "yes", "income.wage": 4321})))
    play.settle()
    page = Person(play.app, play.db, "instructor1").page(f"/tasks/{play.task('instructor1', 'review', subject).key}")
    assert "修改 " in page and "4321" in page
    assert "水质不达标。" not in page


def test_bulk_approval_lists_what_would_be_waved_through(play: Play) -> None:
    first = reported(play, ONE, flagged())
    second = reported(play, TWO, Outcome(data=samples.registered()))
    keys = [play.task("instructor1", "review", subject).key for subject in (first, second)]
    page = Person(play.app, play.db, "instructor1").page(f"/tasks/bulk-completion?key={keys[0]}&key={keys[1]}")
    rows = page.split("data-bulk-row=")[1:]
    assert len(rows) == 2
    by_key = {row.split('"')[1]: row for row in rows}
    assert "水质不达标。" in by_key[str(keys[0])] and "今年外出务工" in by_key[str(keys[0])]
    assert "无问题、提醒和暂缓事项" in by_key[str(keys[1])]
    assert "data-bulk-seen" in page and "已阅看所列 1 件" in page
    clean = Person(play.app, play.db, "instructor1").page(f"/tasks/bulk-completion?key={keys[1]}")
    assert "data-bulk-seen" not in clean


def listed(person: Person, *keys: int) -> dict[str, str]:
    """What the bulk page says that its reader has seen: task → digest."""
    page = person.page("/tasks/bulk-completion?" + "&".join(f"key={key}" for key in keys))
    boot = json.loads(re.search(r'id="bulk-data">(.*?)</script>', page, re.S).group(1))  # type: ignore[union-attr]
    return dict(boot["seen"])


def approve(person: Person, keys: list[int], request: str, **more: Any) -> list[tuple[str, str]]:
    sent = {"keys": [str(key) for key in keys], "data": {"decision": "approve"}, "request_id": request, **more}
    answer = person.send("POST", "/tasks/bulk-completion", sent)
    assert answer.status_code == 200, answer.text
    return [(result["outcome"], result["text"]) for result in answer.json["results"]]


def test_the_tick_of_bulk_approval_is_enforced_by_the_server(play: Play) -> None:
    """R09: nothing that is listed is waved through unseen, nor what was listed otherwise when it was ticked."""
    flag, clean = reported(play, ONE, flagged()), reported(play, TWO, Outcome(data=samples.registered()))
    keys = [play.task("instructor1", "review", subject).key for subject in (flag, clean)]
    instructor = Person(play.app, play.db, "instructor1")
    seen = listed(instructor, *keys)
    first = approve(instructor, keys, "bulk-unticked-1")
    assert [outcome for outcome, _text in first] == ["failed", "done"], "each at its own row"
    assert "尚未确认阅看" in first[0][1]
    for nonsense in ({}, {str(keys[0]): "0" * 32}, {str(keys[0]): None}, {str(keys[0]): [seen[str(keys[0])]]}):
        assert approve(instructor, keys[:1], "bulk-unticked-2", seen=nonsense)[0][0] == "failed"
    assert (
        instructor.send("POST", "/tasks/bulk-completion", {"keys": ["1"], "data": {}, "request_id": "bulk-0009", "seen": 1}).status_code
        == 400
    )
    play.problem(ONE, field="phone", holds=True)
    assert approve(instructor, keys[:1], "bulk-ticked-01", seen=seen)[0][0] == "failed", "something was found since"
    now = listed(instructor, keys[0])
    assert now[str(keys[0])] != seen[str(keys[0])]
    assert approve(instructor, keys[:1], "bulk-ticked-02", seen=now)[0][0] == "done"
    assert approve(instructor, keys[:1], "bulk-ticked-02", seen=now)[0][0] == "done", "the same lot again counts once"


def test_bulk_signing_lists_what_changed_since_drafting_and_refuses_older_figures(play: Play) -> None:
    """R52: a report that is signed with others states what is so, and its signer has seen what changed."""
    play.start("village_report", village={"code": "V01", "name": "柏树村"})
    play.submit("cadre1", "edit", next_steps="组织回头看，巩固成果。")
    key = play.task("resident1", "sign").key
    resident = Person(play.app, play.db, "resident1")
    drafted = listed(resident, key)
    play.raise_problem(ONE)
    page = resident.page(f"/tasks/bulk-completion?key={key}")
    assert "数据变化" in page and "发现问题" in page and "data-bulk-seen" in page
    signs = {"data": {"decision": "sign", "manner": "signature"}}
    for request, given in (("bulk-sign-0001", {}), ("bulk-sign-0002", {"seen": drafted})):
        assert approve(resident, [key], request, **signs, **given)[0][0] == "failed", given
    assert approve(resident, [key], "bulk-sign-0003", **signs, seen=listed(resident, key)) == [("done", "已办结")]


def test_one_place_says_what_may_be_done_in_bulk() -> None:
    """The rule ``bulk`` = ``true`` of a user task stands once; every door asks it."""
    root = Path(bulk.__file__).parents[1]
    read = re.compile(r"""get\(["']bulk["']|\[["']bulk["']\]""")
    assert [path.name for path in root.rglob("*.py") if read.search(path.read_text())] == ["bulk.py"]
    assert [bulk.allowed({"bulk": value}) for value in ("true", "false", "True", "", "=true")] == [True, False, False, False, False]
    assert not bulk.allowed({})


def test_masked_values_look_masked_and_are_shown_with_a_reason(play: Play) -> None:
    subject = reported(play, ONE, flagged())
    key = play.task("instructor1", "review", subject).key
    instructor = Person(play.app, play.db, "instructor1")
    page = instructor.page(f"/tasks/{key}")
    boot = json.loads(re.search(r'id="task-data">(.*?)</script>', page, re.S).group(1))  # type: ignore[union-attr]
    reviewed = boot["reviewed"]
    assert reviewed["data"]["phone"] == "138****1234" and PHONE not in page
    assert reviewed["data"]["members"][0]["health"] == "******"
    health = next(part for part in components(reviewed["schema"]) if part.get("key") == "health")
    assert health["type"] == "textfield", "a mask is none of the options: form-js would show nothing"
    assert reviewed["unmask"] == {"what": "task.reviewed", "key": str(key)}
    asked = {"what": "task.reviewed", "key": f"{key}|phone", "reason": "与农户核对号码"}
    assert instructor.send("POST", "/personal/unmask", data=asked).json == {"value": PHONE}
    assert instructor.send("POST", "/personal/unmask", data={**asked, "key": f"{key}|members[0].health"}).json["value"]
    assert instructor.send("POST", "/personal/unmask", data={**asked, "key": f"{key}|head"}).status_code == 404
    assert Person(play.app, play.db, "instructor2").send("POST", "/personal/unmask", data=asked).status_code == 404
    with play.db.reading() as session:
        told = session.scalars(select(Event).where(Event.kind == "personal.unmasked").order_by(Event.key)).all()
    assert [(event.subject, event.detail["reason"]) for event in told] == [(subject, "与农户核对号码")] * 2


def components(part: dict[str, Any]) -> Any:
    yield part
    for child in part.get("components", ()):
        yield from components(child)


def test_where_it_goes_on_to_is_told_for_each_outcome(play: Play) -> None:
    """提交后进入: by the diagram, for what can be chosen; ``foretold`` holds every completion of every diary against it."""
    subject = reported(play, ONE, flagged())
    key = play.task("instructor1", "review", subject).key
    page = Person(play.app, play.db, "instructor1").page(f"/tasks/{key}")
    told = re.search(r"data-next>(.*?)</span>", page, re.S)
    assert told is not None
    by_answer = dict(part.split(" → ") for part in told.group(1).split("；"))
    assert by_answer["退回调查员"] == "填写《户表》"
    assert "填写《户表》" not in by_answer["审核通过"]
    boot = json.loads(re.search(r'id="task-data">(.*?)</script>', page, re.S).group(1))  # type: ignore[union-attr]
    assert boot["next"]["fields"] == ["decision"]
    assert {"when": {"decision": "return"}, "text": "填写《户表》"} in boot["next"]["cases"]
