"""Numbers of any length have one text when they are hashed: as they were given, and as either database gives them back."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app import exact_json, personal
from app.campaign.models import Household
from app.db import Database
from app.engine import chains, events, jobs, runtime
from app.engine.actor import Actor
from app.engine.change_journal.followed_rows import FOLLOWED
from app.engine.models import Event, ProcessInstance, Task
from app.engine.proof import adopt_rows, verify_records
from app.forms import schema, submissions
from app.forms.models import Submission
from app.forms.outcome import Outcome
from tests.engine import drawing as d

ANN = Actor("ann")
AT_THE_EDGES = [
    *(sign * (2**bits + step) for bits in (53, 63, 64, 113) for step in (-1, 0, 1) for sign in (1, -1)),
    *(6222021234567890123, 110101199003070011, 10**34 - 1, -(10**34) + 1, 10**16, 10**22, 10**23),
    *(0, 0.0, -0.0, 1.0, 0.1, 1e16, 1e22, 1e23, 1e-7, 5e-324, 1.7976931348623157e308, 123456789012345.67, 2.0**53),
    *(Decimal("0.1234567890123456789"), Decimal("1.50"), Decimal("1E+3"), Decimal("-12345678901234567890.123456789"), Decimal("1e-30")),
]


def some(chance: random.Random) -> list[Any]:
    """The edges, and whatever has up to 34 digits."""
    digits = [chance.randint(1, 34) for _ in range(200)]
    whole = [chance.randrange(10**many) * chance.choice((1, -1)) for many in digits]
    return [
        *AT_THE_EDGES,
        *whole,
        *(Decimal(number).scaleb(-chance.randint(0, 34)) for number in whole),
        *(chance.uniform(-1e9, 1e9) for _ in "abc"),
    ]


def nested(values: list[Any]) -> dict[str, Any]:
    return {"list": values, "deep": {str(number): {"value": value} for number, value in enumerate(values)}, "alone": values[7]}


@pytest.mark.parametrize("seed", range(3))
def test_a_record_a_form_and_rows_with_such_numbers_are_sound_when_read_back(
    db: Database, at: Callable[[str], datetime], seed: int
) -> None:
    personal.install("5a" * 32)
    given_values = nested(some(random.Random(seed)))
    expected = chains.canonical(given_values)
    db.in_transaction(adopt_rows.begin)
    d.deploy(db, d.diagram("p", d.start(), d.user("u", form="visit"), d.end(), flows="s>u>e"), FORM)
    key = db.in_transaction(lambda s: runtime.start(s, "p", exact_json.loads(expected), ANN, campaign_id=7)).key
    task = d.task(db, "u").key

    def work(session: Any) -> None:
        # the numbers as a program gives them, not as JSON has read them
        session.add(Household(campaign_id=7, code="V01-001", village="V01", head="张三", kind="registered", facts=given_values))
        submissions.save(
            session, schema.load(FORM), Outcome(given_values), ANN, task=session.get(Task, task), at=at("2020-05-21T08:00:00Z")
        )
        events.record(session, "household.made", ANN, campaign_id=7, detail={"shown": given_values, "variables": given_values})

    db.in_transaction(work)
    db.in_transaction(lambda s: runtime.complete(s, task, {"answer": given_values}, ANN))
    jobs.drain(db)
    assert verify_records.verify(db).findings == []
    with db.reading() as session:
        (record,) = session.scalars(select(Event).where(Event.kind == "household.made"))
        read = [record.detail["shown"], record.detail["variables"]]
        read += [session.scalars(select(Household.facts)).one(), session.scalars(select(Submission.data)).one()]
        variables = session.scalars(select(ProcessInstance.variables).where(ProcessInstance.key == key)).one()
    read += [{name: variables[name] for name in given_values}, variables["answer"]]
    assert [chains.canonical(each) for each in read] == [expected] * len(read)
    assert [digits(each["list"]) for each in read] == [digits(given_values["list"])] * len(read)


def digits(values: list[Any]) -> list[Decimal]:
    return [exact_json.decimal_of(value) if isinstance(value, float) else Decimal(value) for value in values]


NUMBERS = st.one_of(
    st.integers(min_value=-(10**40), max_value=10**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30),
)
JSON = st.recursive(
    st.one_of(NUMBERS, st.none(), st.booleans(), st.text(st.characters(codec="utf-8"), max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None, database=None)
@given(JSON)
def test_the_text_that_is_hashed_reads_as_what_has_that_text(value: Any) -> None:
    text = chains.canonical(value)
    assert chains.canonical(exact_json.loads(text)) == text
    assert chains.canonical(exact_json.loads(exact_json.dumps(value))) == text, "the order of names is no matter"


def test_what_was_hashed_by_earlier_releases_has_the_same_text() -> None:
    """They wrote numbers of 64 bits and doubles only."""
    import orjson

    values = [value for value in AT_THE_EDGES if not isinstance(value, Decimal) and (isinstance(value, float) or -(2**63) <= value < 2**64)]
    detail = nested(values)
    assert chains.canonical(detail) == orjson.dumps(detail, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def test_the_digest_of_a_followed_row_tells_its_last_digit(db: Database) -> None:
    how = FOLLOWED["household"]
    row = dict.fromkeys(how.columns) | {"campaign_id": 7, "key": 1}
    assert how.digest(row | {"facts": {"card": 10**30}}) != how.digest(row | {"facts": {"card": 10**30 + 1}})


FORM = (
    b'{"id": "visit", "type": "default", "schemaVersion": 16, "components": [{"type": "number", "key": "alone", "label": "\xe5\x8d\xa1"}]}'
)
