"""Lists: whose tasks, in which order, found by what, counted how fast."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from app import clock
from app.acts.models import Draft, FieldComment
from app.auth import open_tasks
from app.db import Database
from app.engine.models import Task
from app.inbox import listing, numbers
from app.inbox.address import Cursor, View
from tests.inbox.rows import CAMPAIGN, instance, task, ten_thousand, who

At = Callable[[str], datetime]


def labels(db: Database, identity: Any, view: View | None = None) -> list[str]:
    with db.reading() as session:
        return [row.label for row in listing.page(session, identity, view or View()).rows]


def test_a_task_is_open_to_its_holder_and_unclaimed_to_its_groups(db: Database, at: At) -> None:
    def work(session: Any) -> None:
        here = instance(session)
        task(session, here, label="held by li", assignee="li", groups=("office",))
        task(session, here, label="unclaimed", groups=("office",))
        task(session, here, label="by name", groups=(), candidate_users=["wang"])
        task(session, here, label="other campaign", campaign_id=7, groups=("office",))
        task(session, here, label="deployed by hand", campaign_id=0, groups=("office",))
        task(session, here, label="other group", groups=("investigator:G04",))
        task(session, here, label="done", state="COMPLETED", completed_by="li", completed_at=clock.now())

    db.in_transaction(work)

    def open_to(identity: Any) -> set[str]:
        with db.reading() as session:
            return {row.label for row in session.scalars(open_tasks.tasks_open_to(identity))}

    assert open_to(who("li", "office")) == {"held by li", "unclaimed", "deployed by hand"}
    assert open_to(who("wang", "office", "investigator:G03")) == {"by name", "unclaimed", "deployed by hand"}
    assert open_to(who("zhao")) == set()
    assert open_to(who("zhao", acting_for="li")) == {"held by li"}
    assert labels(db, who("li", "office")) == ["held by li"]
    assert set(labels(db, who("li", "office"), View(list="group"))) == {"unclaimed", "deployed by hand"}
    assert labels(db, who("li", "office"), View(list="done")) == ["done"]


def test_a_closed_or_held_task_is_known_only_to_those_who_could_have_done_it(db: Database, at: At) -> None:
    def work(session: Any) -> int:
        here = instance(session)
        return task(session, here, state="COMPLETED", completed_by="li", completed_at=clock.now(), groups=("investigator:G03",)).key

    key = db.in_transaction(work)
    with db.reading() as session:
        assert open_tasks.open_task(session, who("li", "investigator:G03"), key) is None
        for knows in (who("li"), who("wang", "investigator:G03")):
            assert open_tasks.known_task(session, knows, key)
        for stranger in (who("wang", "investigator:G04"), who("wang", "investigator:G03", campaign_id=7)):
            assert open_tasks.known_task(session, stranger, key) is None


def test_overdue_comes_first_then_due_then_tasks_without_a_date(db: Database, at: At) -> None:
    now = at("2020-05-22T10:00:00+08:00")

    def work(session: Any) -> None:
        here = instance(session)
        for label, due in (
            ("none", None),
            ("today", now + timedelta(hours=8)),
            ("late", now - timedelta(days=1)),
            ("soon", now + timedelta(days=2)),
        ):
            task(session, here, label=label, due_at=due)

    db.in_transaction(work)
    office = who("li", "office")
    assert labels(db, office, View(list="group")) == ["late", "today", "soon", "none"]
    for due, label in (("overdue", "late"), ("today", "today"), ("soon", "soon"), ("later", "none")):
        assert labels(db, office, View(list="group", due=due)) == [label]


def test_pages_meet_without_gap_or_double_in_both_directions(db: Database, at: At) -> None:
    now = at("2020-05-22T10:00:00+08:00")

    def work(session: Any) -> None:
        here = instance(session)
        for n in range(23):
            task(session, here, label=str(n), due_at=None if n % 5 == 0 else now + timedelta(hours=n % 4))

    db.in_transaction(work)
    office = who("li", "office")
    with db.reading() as session:
        view, forward = View(list="group"), []
        while True:
            page = listing.page(session, office, view, size=5)
            forward.append([row.label for row in page.rows])
            if page.after is None:
                break
            view = View.read({"list": "group", "after": page.after.text()})
        assert sorted(sum(forward, []), key=int) == [str(n) for n in range(23)]
        backward = [forward[-1]]
        while page.before is not None:
            page = listing.page(session, office, View.read({"list": "group", "before": page.before.text()}), size=5)
            backward.insert(0, [row.label for row in page.rows])
        assert backward == forward


@pytest.mark.parametrize("text", ["", "x", "1", "1.x", "9" * 40 + ".1", "1." + "9" * 40])
def test_a_mangled_place_shows_the_first_page(text: str) -> None:
    assert Cursor.read(text, backward=False) is None


def test_search_finds_village_group_and_head_word_by_word_and_takes_signs_literally(db: Database, at: At) -> None:
    def work(session: Any) -> None:
        here = instance(session)
        task(session, here, label="柏树村 3组 张三", business_key="H0001")
        task(session, here, label="柏树村 4组 李四", business_key="H0002")
        task(session, here, label="100% 村", business_key="H_3")

    db.in_transaction(work)
    office = who("li", "office")
    assert labels(db, office, View(list="group", q="张三 柏树")) == ["柏树村 3组 张三"]
    assert labels(db, office, View(list="group", q="H0002")) == ["柏树村 4组 李四"]
    assert labels(db, office, View(list="group", q="%")) == ["100% 村"]
    assert labels(db, office, View(list="group", q="_")) == ["100% 村"]
    assert labels(db, office, View(list="group", q="没有这个人")) == []


def test_numbers_count_each_list_and_a_chip_respects_the_other_chips(db: Database, at: At) -> None:
    now = at("2020-05-22T10:00:00+08:00")

    def work(session: Any) -> None:
        here = instance(session)
        for n in range(6):
            late = timedelta(hours=-1) if n < 2 else timedelta(hours=1)
            values = {"element_id": "review", "name": "审核"} if n % 2 else {}
            task(session, here, label=f"张{n}", scope=f"V0{n % 3}", due_at=now + late, **values)
        first = task(session, here, label="mine", assignee="li", scope="V09", subject="household:1", form_id="household_registered")
        task(session, here, label="mine too", assignee="li", scope="V09", subject="household:2", form_id="household_registered")
        session.add(Draft(task_key=first.key, username="li", content="", saved_at=now))
        session.add(
            FieldComment(
                subject="household:2",
                campaign_id=CAMPAIGN,
                form_id="household_registered",
                submission_key=1,
                task_key=1,
                path="a",
                text="?",
                author="w",
                at=now,
            )
        )

    db.in_transaction(work)
    office = who("li", "office")
    with db.reading() as session:
        group = numbers.numbers(session, office, View(list="group"))
        assert (group.lists["mine"], group.lists["group"], group.lists["done"]) == (2, 6, 0)
        assert {option.value: option.count for option in group.villages} == {"V00": 2, "V01": 2, "V02": 2}
        assert {option.label: option.count for option in group.kinds} == {"填写户表": 3, "审核": 3}
        assert group.dues == {"overdue": 2, "today": 4}
        narrowed = numbers.numbers(session, office, View(list="group", due="overdue", village="V00"))
        assert narrowed.shown == 1
        assert {option.value: option.count for option in narrowed.villages} == {"V00": 1, "V01": 1}
        assert narrowed.dues == {"overdue": 1, "today": 1}
        assert numbers.numbers(session, office, View(list="group", q="张3")).shown == 1
        mine = numbers.numbers(session, office, View())
        assert mine.states == {"draft": 1, "commented": 1}
    assert labels(db, office, View(state="commented")) == ["mine too"]


def test_the_next_task_is_the_one_below_in_the_same_list_then_the_first(db: Database, at: At) -> None:
    now = at("2020-05-22T10:00:00+08:00")

    def work(session: Any) -> list[int]:
        here = instance(session)
        return [task(session, here, scope="V01" if n != 1 else "V02", due_at=now + timedelta(hours=n)).key for n in range(4)]

    keys = db.in_transaction(work)
    office = who("li", "office")

    def after(n: int, view: View) -> int | None:
        with db.reading() as session:
            done = session.get_one(Task, keys[n])
            return listing.next_key(session, office, view, done)

    assert after(0, View(list="group")) == keys[1]
    assert after(0, View(list="group", village="V01")) == keys[2]
    assert after(3, View(list="group")) == keys[0]
    assert after(0, View(list="mine")) is None


def test_ten_thousand_waiting_tasks_cost_two_statements_and_little_time(db: Database, at: At, statements: Any, capsys: Any) -> None:
    now = at("2020-05-22T10:00:00+08:00")
    ten_thousand(db, now)
    if not db.is_sqlite:
        with db.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
    office = who("li", "office", "party_office")
    views = {
        "group": View(list="group"),
        "group, page in the middle": View(list="group", cursor=Cursor(now + timedelta(minutes=3000), 10_005_000)),
        "group, search": View(list="group", q="户主77 3组"),
        "group, village and kind": View(list="group", village="V03", kind="household/step3"),
        "group, state": View(list="group", state="fresh"),
        "mine": View(),
    }
    for name, view in views.items():
        with statements(db) as seen, db.reading() as session:
            started = time.perf_counter()
            page = listing.page(session, office, view)
            rows = time.perf_counter() - started
            counted = numbers.numbers(session, office, view)
            spent = time.perf_counter() - started
        assert page.rows
        assert counted.lists == {"mine": 1000, "group": 10_000, "done": 0}
        assert len(seen) == 2
        with capsys.disabled():
            print(f"\n{db.engine.dialect.name}: {name}: rows {rows * 1000:.0f} ms, rows and numbers {spent * 1000:.0f} ms", end="")
        assert spent < 2.0
