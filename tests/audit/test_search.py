"""Search finds exactly what was asked for, with the term index full or half full; pages stay as they were while records come."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from app.audit import queries
from app.audit.models import RecordIndex, RecordSpan
from app.audit.queries import Filter
from app.audit.search import filling, store, terms, walking
from app.db import Database
from app.engine import events
from app.engine.actor import Actor
from app.engine.models import Definition, Deployment, Event, ProcessInstance
from tests import web

KINDS = ("task.opened", "task.completed", "comment.made", "problem.raised", "timer.fired", "instance.stepped", "account.signed_in")
TEXTS = ("住房安全等级不一致", "医疗保险未缴纳", "请补充照片 100%", "Housing grade C_D", "滑坡点附近", "")
BEGIN = datetime(2020, 5, 20, 22, 0, tzinfo=UTC)


def write(db: Database, count: int, seed: int = 1) -> None:
    """Records of two campaigns, two people, four households in two villages, over a few days."""
    rng = random.Random(seed)

    def work(session: Any) -> None:
        if session.get(Definition, 1) is None:
            session.add(Deployment(key=1, created_at=BEGIN, actor="cli"))
            session.flush()
            about = {"kind": "process", "id": "household", "version": 1, "resource": "h.bpmn", "checksum": "", "content": b""}
            session.add(Definition(key=1, deployment_key=1, created_at=BEGIN, **about))
            session.flush()
            for number in range(4):
                where = {"campaign_id": 7 + number % 2, "scope": f"V0{number // 2}", "subject": f"household:V0{number // 2}-{number}"}
                label = f"{'柏松'[number // 2]}树村 {number}组 张{'三四五六'[number]}"
                session.add(
                    ProcessInstance(
                        key=100 + number,
                        definition_key=1,
                        process_id="household",
                        version=1,
                        root_key=100,
                        started_at=BEGIN,
                        label=label,
                        **where,
                    )
                )
            session.flush()
        for _ in range(count):
            number = rng.randrange(5)
            instance = session.get(ProcessInstance, 100 + number) if number < 4 else None
            events.record(
                session,
                rng.choice(KINDS),
                Actor(rng.choice(("wang", "li")), rng.choice(("", "", "zhao"))),
                at=BEGIN + timedelta(minutes=rng.randrange(6_000)),
                campaign_id=instance.campaign_id if instance else 0,
                instance_key=instance.key if instance else None,
                element_id=rng.choice(("review", "visit", "")),
                subject=instance.subject if instance else "",
                detail={"text": rng.choice(TEXTS)},
            )

    db.in_transaction(work)


@pytest.fixture
def told(db: Database) -> Database:
    """180 records; two thirds are in the index."""
    for username, name in (("wang", "王建国"), ("li", "李秀英"), ("zhao", "赵德福")):
        web.person(db, username, name=name)
    write(db, 120, seed=1)
    filling.fill_all(db, chunk=50)
    write(db, 60, seed=2)
    return db


FILTERS = [
    Filter(),
    Filter(campaign=7),
    Filter(text="住房"),
    Filter(text="住房 张三"),
    Filter(text="张三"),
    Filter(text="树村"),
    Filter(text="滑坡点附近"),
    Filter(text="housing GRADE"),
    Filter(text="100%"),
    Filter(text="c_d"),
    Filter(text="王建国"),
    Filter(text="李秀英 医疗"),
    Filter(text="没有这个词"),
    Filter(text="点坡滑"),
    Filter(text="V01-2"),
    Filter(person="wang"),
    Filter(person="zhao", kind="comment"),
    Filter(kind="task"),
    Filter(kind="task.completed"),
    Filter(kind="task.completed,comment"),
    Filter(element="review"),
    Filter(process="household"),
    Filter(village="V01"),
    Filter(village="V01", campaign=8),
    Filter(household="V00-0"),
    Filter(household="V00-0", campaign=7),
    Filter(subject="household:V01-3", campaign=8),
    Filter(instance=101),
    Filter(from_=date(2020, 5, 22), to=date(2020, 5, 22)),
    Filter(from_=date(2020, 5, 23)),
    Filter(to=date(2020, 5, 21), person="li"),
    Filter(from_=date(2020, 5, 22), to=date(2020, 5, 21)),
    Filter(from_=date(2019, 1, 1), to=date(2021, 1, 1), kind="comment"),
    Filter(campaign=7, plain=True),
    Filter(text="，。"),
]


def by_hand(event: Event, instance: ProcessInstance | None, wanted: Filter, names: dict[str, str]) -> bool:
    """What the filter means, written down a second time."""
    day = (event.at + timedelta(hours=8)).date()
    texts = (text for text in event.detail.values() if isinstance(text, str))
    said = "\n".join((event.subject, event.element_id, instance.label if instance else "", *texts)).lower()
    people = (event.actor, event.on_behalf_of)
    return (
        wanted.campaign in (0, event.campaign_id)
        and (not wanted.person or wanted.person in people)
        and (not wanted.kind or any(f"{event.kind}.".startswith(f"{kind}.") for kind in wanted.kind.split(",")))
        and wanted.element in ("", event.element_id)
        and (not wanted.process or (instance is not None and instance.process_id == wanted.process))
        and (not wanted.village or (instance is not None and instance.scope == wanted.village))
        and (not wanted.household or event.subject == f"household:{wanted.household}")
        and wanted.subject in ("", event.subject)
        and wanted.instance in (0, event.instance_key)
        and (wanted.from_ is None or day >= wanted.from_)
        and (wanted.to is None or day <= wanted.to)
        and not (wanted.plain and event.kind in queries.TECHNICAL)
        and all(word.lower() in said or any(word in names.get(name, "") for name in people) for word in wanted.text.split())
    )


def test_a_search_finds_exactly_what_fits_in_order(told: Database) -> None:
    names = {"wang": "王建国", "li": "李秀英", "zhao": "赵德福"}
    with told.reading() as session:
        everything = session.execute(
            select(Event, ProcessInstance).outerjoin(ProcessInstance, ProcessInstance.key == Event.instance_key)
        ).all()
        for wanted in FILTERS:
            right = sorted(e.key for e, i in everything if by_hand(e, i, wanted, names))
            for newest_first in (True, False):
                found = [row.event.key for row in queries.every_record(session, wanted, newest_first=newest_first, size=23)]
                assert found == sorted(right, reverse=newest_first), wanted
            assert Filter.of(wanted.query()) == wanted


def test_most_searches_find_something(told: Database) -> None:
    """The test above is not one of empty lists."""
    with told.reading() as session:
        assert sum(bool(queries.select_records(session, wanted).rows) for wanted in FILTERS) >= len(FILTERS) - 4


def test_pages_stay_as_they_were_while_records_are_added(told: Database) -> None:
    wanted = Filter(text="住房")
    with told.reading() as session:
        before = [row.event.key for row in queries.every_record(session, wanted)]
        first = queries.select_records(session, wanted, size=10)
    write(told, 60, seed=3)
    filling.fill_all(told)
    with told.reading() as session:
        second = queries.select_records(session, wanted, after=first.after, size=10)
        assert [row.event.key for row in (*first.rows, *second.rows)] == before[:20]


HOSTILE = [
    '" OR 1=1 --',
    "'; DROP TABLE event; --",
    "%",
    "_",
    "\\",
    "NEAR(a b)",
    "a*",
    "{x}",
    "\x00",
    "（",
    "ABC" * 400,
    "😀",
    "rowid:1",
    "\u202e张三",
]


def test_nothing_that_is_typed_breaks_a_search(told: Database) -> None:
    names = ("q", "person", "kind", "element", "process", "village", "household", "subject", "instance", "campaign", "from", "to")
    with told.reading() as session:
        total = session.scalar(select(func.count()).select_from(Event))
        for typed in HOSTILE:
            page = queries.select_records(session, Filter.of({"q": typed}))
            assert len(page.rows) <= queries.SIZE
            queries.select_records(session, Filter.of(dict.fromkeys(names, typed)))
        for name in names:
            queries.select_records(session, Filter.of({name: HOSTILE[0]}))
        assert session.scalar(select(func.count()).select_from(Event)) == total


def test_the_index_is_filled_once_however_many_fill_it(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    write(db, 50)
    written: list[int] = []
    real = store.write

    def second(session: Any, rows: Any) -> None:
        """Somebody else has just filled the same chunk."""
        real(session, rows)
        written.append(len(rows))

    monkeypatch.setattr(store, "write", second)
    with db.reading() as session:
        rows = filling._next(session, 0, 1 << 62, 50)
    found = [(record.key, terms.of(record, instance)) for record, instance in rows]
    times = [record.at for record, _instance in rows]
    for _ in range(2):
        db.in_transaction(lambda session: filling._write(session, 0, found, min(times), max(times)))
    assert written == [50]
    with db.reading() as session:
        assert session.scalar(select(RecordIndex.upto)) == found[-1][0]


def test_young_records_wait_for_transactions_that_may_still_be_open(db: Database) -> None:
    """They are found all the same."""
    write(db, 20)
    assert filling.fill(db) == 0
    with db.reading() as session:
        assert len(queries.select_records(session, Filter(kind="task")).rows) > 0


def test_stretches_know_the_times_of_their_records(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "STRETCH", 40)
    write(db, 130)
    filling.fill_all(db, chunk=25)
    with db.reading() as session:
        spans = session.scalars(select(RecordSpan).order_by(RecordSpan.last_key)).all()
        assert sum(span.records for span in spans) == 130
        assert len(spans) > 2
        for span in spans:
            within = select(func.min(Event.at), func.max(Event.at), func.count()).where(Event.key.between(span.first_key, span.last_key))
            assert session.execute(within).one() == (span.from_at, span.to_at, span.records)


def test_statements_do_not_grow_with_what_is_found(told: Database, statements: Callable[[Database], Any]) -> None:
    filling.fill_all(told)
    counted = []
    for _ in range(2):
        with statements(told) as seen, told.reading() as session:
            queries.select_records(session, Filter(text="住房", campaign=7), size=5)
        counted.append(len(seen))
        write(told, 60, seed=4)
        filling.fill_all(told)
    assert counted[0] == counted[1] <= 8


def test_a_search_that_must_look_at_too_much_says_so_and_goes_on(told: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both words are frequent, and they hardly ever meet."""
    monkeypatch.setattr(queries, "LOOKED_AT", 5)
    wanted = Filter(text="缴纳 险未")
    with told.reading() as session:
        whole = [row.event.key for row in queries.every_record(session, wanted, size=3)]
        monkeypatch.undo()
        assert whole == [row.event.key for row in queries.every_record(session, wanted)]


def test_a_page_that_found_nothing_yet_goes_on_by_itself(told: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records have both parts of the word, but not beside each other: each must be looked at, and none fits."""
    monkeypatch.setattr(queries, "LOOKED_AT", 1)
    monkeypatch.setitem(queries.select_records.__kwdefaults__, "size", 3)
    app = web.application(told, tmp_path)
    web.person(told, "auditor", "auditor", campaign_id=0, name="审计员甲")
    client = web.signed_in_as(app, "auditor")
    address, seen = "/audit/?q=缴纳，险未", []
    for _ in range(100):
        answer = client.get(address)
        assert answer.status_code == 200
        page = answer.get_data(as_text=True)
        on = re.search(r'hx-get="([^"]+)"[^>]* hx-trigger="load" hx-target="#results"', page)
        if on is None:
            break
        assert f'href="{on[1]}" rel="next"' in page  # without scripts, too
        seen.append(int(parse_qs(urlsplit(on[1].replace("&amp;", "&")).query)["after"][0]))
        address = on[1].replace("&amp;", "&")
    assert len(seen) > 1
    assert seen == sorted(set(seen), reverse=True)
    assert "后面没有符合条件的记录了" in page


# --- against brute force ---------------------------------------------------------------------------------------------------


@st.composite
def any_filter(draw: st.DrawFn) -> Filter:
    """Any filter over what ``write`` writes: mostly a few conditions, of which some find nothing."""
    day = st.none() | st.dates(date(2020, 5, 20), date(2020, 5, 26))
    words = st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join)
    pools = {
        "text": words, "person": st.sampled_from(("", "wang", "li", "zhao")), "element": st.sampled_from(("", "review")),
        "kind": st.sampled_from(("", "task", "task.opened", "comment,problem.raised", "timer.fired")),
        "process": st.sampled_from(("", "household", "nothing")), "village": st.sampled_from(("", "V00", "V01")),
        "household": st.sampled_from(("", "V00-0", "V01-3")), "subject": st.sampled_from(("", "household:V01-2")),
        "instance": st.sampled_from((0, 100, 103)), "campaign": st.sampled_from((0, 7, 8)), "from_": day, "to": day, "plain": st.booleans(),
    }  # fmt: skip
    chosen = draw(st.lists(st.sampled_from(sorted(pools)), max_size=4, unique=True))
    return Filter(**{name: draw(pools[name]) for name in chosen})


WORDS = ("住房", "住房安全", "张三", "王建国", "李", "照片 100%", "树村", "松树村", "v01", "grade", "review", "险未", "缴纳", "，", "没有")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_filter_finds_what_reading_every_record_finds(told: Database, data: st.DataObject) -> None:
    """Whatever is asked for, in both orders, with pages and reads of any size, and however soon the time is up."""
    wanted, newest_first = data.draw(any_filter()), data.draw(st.booleans())
    size, seconds = data.draw(st.integers(6, 60)), data.draw(st.sampled_from((60.0, 0.0)))
    names = {"wang": "王建国", "li": "李秀英", "zhao": "赵德福"}
    with told.reading() as session, pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "SECONDS", seconds)
        patch.setattr(queries, "MOST_PEOPLE", data.draw(st.sampled_from((0, 500))))
        everything = session.execute(select(Event, ProcessInstance).outerjoin(ProcessInstance, ProcessInstance.key == Event.instance_key))
        right = sorted((e.key for e, i in everything if by_hand(e, i, wanted, names)), reverse=newest_first)
        after, found = 0, []
        for _ in range(400):
            page = queries.select_records(session, wanted, after=after, size=size, newest_first=newest_first)
            found += [row.event.key for row in page.rows]
            assert len(page.rows) <= size
            assert len(page.rows) == size or page.partial or not page.after
            after = page.after
            if not after:
                break
        assert (found, after) == (right, 0)


TERM = st.integers(1, 9)
CLAUSES = st.lists(st.lists(st.lists(TERM, min_size=1, max_size=2), min_size=1, max_size=3), min_size=1, max_size=3)


@pytest.fixture
def filed(db: Database) -> tuple[Database, dict[int, set[int]]]:
    """600 records in the term index, with terms from 1 (frequent) to 9 (rare), in stretches of about five."""
    rng = random.Random(5)
    key, rows = 0, {}
    for _ in range(600):
        key += rng.randrange(1, 1 << rng.choice((5, 30, 38, 45, 51)))
        rows[key] = {term for term in range(1, 10) if rng.random() < 1 / term} | {1_000}
    keys = sorted(rows)

    def work(session: Any) -> None:
        store.write(session, [(key, [term if term % 2 else 2**32 - term for term in sorted(rows[key])]) for key in keys])
        for at in range(0, 595, 5):
            moment = BEGIN + timedelta(minutes=at)
            session.add(RecordSpan(last_key=keys[at + 4], first_key=keys[at], records=5, from_at=moment, to_at=moment))

    db.in_transaction(work)
    return db, rows


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(clauses=[[[1]], [[2, 6]]], edges=(0, 600), limit=1, newest_first=False, hurry=False)  # a range that ends with the last of all keys
@given(
    clauses=CLAUSES,
    edges=st.tuples(st.integers(-1, 600), st.integers(-1, 600)),
    limit=st.integers(1, 90),
    newest_first=st.booleans(),
    hurry=st.booleans(),
)
def test_slices_of_the_term_index_are_what_its_rows_hold(
    filed: tuple[Database, dict[int, set[int]]], clauses: Any, edges: tuple[int, int], limit: int, newest_first: bool, hurry: bool
) -> None:
    """Any clauses between any two keys; in a hurry the walk stops after each slice and goes on from where it says that it is."""
    db, rows = filed
    keys = [0, *sorted(rows), queries.END]
    above, below = keys[min(edges) + 1], keys[max(edges) + 1]
    right = sorted(
        (key for key, has in rows.items() if above < key < below and all(any(has.issuperset(way) for way in ways) for ways in clauses)),
        reverse=newest_first,
    )
    asked = [[[term if term % 2 else 2**32 - term for term in way] for way in ways] for ways in clauses]
    found: list[int] = []
    until = 0.0 if hurry else float("inf")
    with db.reading() as session, pytest.MonkeyPatch.context() as patch:
        for name, value in {"LEAST": 2, "CROWDED": 3, "MOST": 6}.items():
            patch.setattr(walking, name, value)
        if not db.is_sqlite:
            session.execute(store.text("SET LOCAL enable_seqscan = off"))
        for _ in range(2_000):
            step = walking.walk(session, asked, above=above, below=below, limit=limit, until=until, newest_first=newest_first)
            assert len(step.keys) <= limit
            found += step.keys
            if not step.more:
                break
            assert above <= step.place <= below
            above, below = (above, step.place) if newest_first else (step.place, below)
        assert not step.more
        assert found == right


def test_words_are_cut_so_that_any_two_characters_find_them() -> None:
    text = terms.plain("柏树村 Housing-C级 V05-012")
    assert set(terms.pieces(text)) == {"柏树", "树村", "housing", "c", "级", "v05", "012"}
    assert terms.of_word("，。") == []


def test_an_index_that_was_lost_or_is_of_an_earlier_make_is_made_again(told: Database) -> None:
    """Nothing is lost meanwhile. An earlier SQLite had no periods, an earlier PostgreSQL did not mix them into the terms."""
    with told.reading() as session:
        before = [row.event.key for row in queries.every_record(session, Filter(text="住房"))]
        upto = session.scalar(select(RecordIndex.upto))
        assert upto is not None
        assert store.holds(session, upto)

    def earlier(session: Any) -> None:
        connection = session.connection()
        if told.is_sqlite:
            connection.exec_driver_sql(f"INSERT INTO {store.TABLE}({store.TABLE}) VALUES ('delete-all')")
            connection.exec_driver_sql(f"INSERT INTO {store.TABLE} (rowid, words) VALUES ({upto}, '{terms.term('word', '住房'):08x}')")
        else:
            connection.exec_driver_sql(f"DROP INDEX ix_{store.TABLE}")
            connection.exec_driver_sql(f"DROP FUNCTION {store.TABLE}_of")

    told.in_transaction(earlier)
    assert filling.fill(told, settled=0) > 100
    told.in_transaction(lambda session: session.execute(update(RecordIndex).values(upto=1)))
    with told.reading() as session:
        assert [row.event.key for row in queries.every_record(session, Filter(text="住房"))] == before
    assert filling.fill_all(told) > 100
    with told.reading() as session:
        assert session.scalar(select(RecordIndex.upto)) != upto
        assert [row.event.key for row in queries.every_record(session, Filter(text="住房"))] == before
        counted = session.scalar(select(func.sum(RecordSpan.records)))
        assert counted == session.scalar(select(func.count()).select_from(Event))
