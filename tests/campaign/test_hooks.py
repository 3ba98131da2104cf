"""What forms start with and what their submissions do, with the real forms and rules."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

import app.campaign.handlers  # noqa: F401  (the diagrams' service tasks)
import app.campaign.hooks  # noqa: F401  (registers what is tested)
from app import personal
from app.acts import completion
from app.auth import accounts
from app.campaign import id_numbers, prefill, problems, settings, totals
from app.campaign.hooks import village_forms
from app.campaign.models import Extract, Hold, Household, Member, Problem, Question, Staff, Village, Visit
from app.db import Database, new_key
from app.engine import decisions, definitions
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks, schema, submissions, validation
from app.forms.models import Submission
from tests import web
from tests.campaign import world
from tests.web import CAMPAIGN, CLI

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    path.name: path.read_bytes()
    for folder in ("forms", "processes")
    for path in (ROOT / folder).iterdir()
    if path.suffix in (".form", ".dmn")
}
ME = Actor("investigator.here")
At = Callable[[str], datetime]


@pytest.fixture
def place(db: Database, at: At) -> Database:
    """Campaign 7 at nine in the morning, with the product's forms deployed."""
    personal.install("5a" * 32)
    web.place(db)
    web.person(db, "investigator.here", "investigator:G03", name="林孝")
    wanted = {name: content for name, content in FILES.items() if name.endswith((".form", ".dmn"))}
    db.in_transaction(lambda session: definitions.deploy(session, wanted, CLI, now=at("2020-05-21T09:00:00+08:00")))
    return db


def task(form_id: str, subject: str, **more: Any) -> Task:
    """An open task with this form."""
    values: dict[str, Any] = {"scope": "V05", "label": "柏树村 3组 张三", "name": "?", "element_id": "e", "properties": {}, "variables": {}}
    return Task(key=new_key(), campaign_id=CAMPAIGN, subject=subject, form_id=form_id, candidate_groups=[], **{**values, **more})


def prepared(db: Database, work: Task) -> hooks.Prepared:
    with db.reading() as session:
        return completion.prepare(session, work, None)


def decide(decision: str, variables: dict[str, Any]) -> Any:
    return decisions.evaluate(FILES[f"{decision}.dmn"], decision, variables)


def send(db: Database, work: Task, change: Callable[[dict[str, Any]], None] = lambda _data: None, *, actor: Actor = ME) -> dict[str, Any]:
    """Fill the form with what is known and *change*, check it as the inbox does, and submit it; returns the completion variables."""

    def submit(session: Any) -> dict[str, Any]:
        form = schema.load(FILES[f"{work.form_id}.form"])
        definition = definitions.newest(session, "form", work.form_id or "")
        assert definition is not None
        work.form_key = definition.key
        start = completion.prepare(session, work, None)
        # As a browser does: what is known but not asked for is not sent.
        data = {name: value for name, value in deepcopy(start.data).items() if name in form.tree}
        change(data)
        context = completion.looked_up(session, work, data, None, start)
        outcome = validation.validate(form, data, context=context, locked=start.locked, decide=decide, initial=start.data)
        for warning in outcome.warnings:
            data.setdefault("_reasons", {})[warning.id] = "已核实"
        if outcome.unexplained:
            outcome = validation.validate(form, data, context=context, locked=start.locked, decide=decide, initial=start.data)
        assert outcome.ok, (outcome.errors, outcome.unexplained)
        submission = submissions.save(session, form, outcome, actor, task=work)
        return hooks.accept(session, work, submission, outcome, actor)

    return db.in_transaction(submit)


KNOWN = {
    "living": dict.fromkeys(("enough_food", "protein", "drinking_water", "clothing", "bedding"), "yes"),
    "medical": {"chronic_patients": 1, "chronic_contracted": 1, "one_stop": "none", "treated": "yes"},
    "housing": {"grade": "B", "structure": "brick_concrete", "area": 80, "origin": "self_built", "appraisal": "认定表12"},
    "water": {"supply": "piped", "quantity": "yes", "quality": "yes", "shortage_days": 0},
    "income": {"wage": 24000, "business": 3000, "property": 0, "transfer": 2000, "business_cost": 1000},
}


def home(db: Database, **more: Any) -> str:
    members = tuple(
        type(member)(
            member.name,
            member.sex,
            member.birth_date,
            member.id_number,
            member.relation,
            member.health,
            {"education": "primary", "school_status": "left", "labour": "full", "insurance": "resident", "pension": "resident"},
        )
        for member in world.new("x").members
    )
    return world.household(db, **{"facts": KNOWN, "members": members, "phone": "13812345678", **more})


def visited(data: dict[str, Any]) -> None:
    """What only the visit can tell."""
    data["visit"].update(
        identity_shown=True,
        purpose_explained=True,
        privacy_explained=True,
        start="2020-05-21T09:00:00+08:00",
        end="2020-05-21T10:00:00+08:00",
        signature="signed",
        self_checked=True,
    )
    data["rectified"] = {"earlier": "none"}
    data["satisfaction"] = {"score": 5}
    data.setdefault("help", {}).update(officer="王干部", officer_visits=6)
    for member in data["members"]:
        member.update(work_place="县城", work_months=6)


def form_task(code: str) -> Task:
    return task("household_registered", f"household:{code}", properties={"stage": "submitted"})


def test_a_household_form_starts_with_everything_that_is_known(place: Database) -> None:
    data = prepared(place, form_task(home(place))).data
    assert (data["head"], data["village"], data["phone"], data["year_out"]) == ("张三", "V05", "13812345678", 2018)
    assert [member["id_number"] for member in data["members"]][0] == world.ID_NUMBER
    assert data["members"][0]["birth_date"] == "1970-01-01"
    assert data["income"]["wage"] == 24000
    assert data["visit"]["respondent"] == "张三"


def test_confirming_what_is_known_is_enough_to_submit(place: Database) -> None:
    code = home(place)
    variables = send(place, form_task(code), visited)
    assert variables == {"problems": [], "questions": [], "held": False, "visit_mode": "on_site"}
    row = world.read(place, Household, code)
    assert (row.stage, row.visit_mode) == ("submitted", "on_site")
    with place.reading() as session:
        visit = session.scalars(select(Visit)).one()
        assert (visit.investigator, visit.method) == ("investigator.here", "first")
        stored = session.scalars(select(submissions.Submission.data)).one()
    assert world.ID_NUMBER not in str(stored)


def test_a_finding_becomes_a_problem_once_however_often_the_form_is_sent(place: Database) -> None:
    code = home(place)

    def poor(data: dict[str, Any]) -> None:
        visited(data)
        data["income"]["wage"] = 1000

    first = send(place, form_task(code), poor)
    again = send(place, form_task(code), poor)
    assert first["problems"] == ["P-V05-001"]
    assert again["problems"] == [], "it stands in the ledger"
    row = world.read(place, Problem, "P-V05-001")
    assert (row.code, row.dimension, row.state, row.raised_by) == ("income_below_line", "income", "open", "investigator.here")
    assert world.read(place, Household, code).open_problems == 1


def test_a_difference_between_sources_holds_its_field_until_the_problem_is_closed(place: Database) -> None:
    """R19, R23: only the affected field; it says why, who must act and where, and comes free by itself."""
    sources = ("system", "archive", "actual", "county", "town", "village", "household")
    same = {
        "head": "张三",
        "id_number": world.ID_NUMBER,
        "members_count": 2,
        "year_out": 2018,
        "income_per_capita": 14000,
        "housing_grade": "B",
        "insured_count": 2,
        "water_safe": "yes",
        "phone": "13812345678",
    }
    extracts = {source: {**same, **({"phone": "13987654321"} if source == "system" else {})} for source in sources}
    code = home(place, extracts=extracts)
    verify = task("verification", f"household:{code}")
    assert prepared(place, verify).data["sources"]["phone"]["system"] == "13987654321"
    shown = {"identity_shown": True, "purpose_explained": True, "privacy_explained": True}
    variables = send(place, verify, lambda data: data.update(verified=True, introduction=shown))
    assert variables["held"] is True
    assert world.read(place, Household, code).verified_at is not None
    locks = prepared(place, form_task(code)).locked
    assert list(locks) == ["phone"]
    number = variables["problems"][0]
    assert number in locks["phone"].reason
    assert (locks["phone"].who, locks["phone"].url) == ("村（社区）干部", f"/problems/{number}")
    sent = send(place, form_task(code), visited)
    assert sent["held"] is True, "the rest of the form goes on"

    def settle(session: Any) -> None:
        now = datetime.fromisoformat("2020-05-21T15:00:00+08:00")
        problems.rectify(session, CAMPAIGN, number, Actor("cadre"), text="已更正", evidence=[{"kind": "note", "text": "截图"}], at=now)
        problems.close(session, CAMPAIGN, number, Actor("checker"), at=now)

    for held in variables["problems"]:
        number = held
        place.in_transaction(settle)
    assert prepared(place, form_task(code)).locked == {}


def test_a_question_holds_its_field_until_the_leader_answers(place: Database) -> None:
    """R24."""
    code = home(place)

    def ask(data: dict[str, Any]) -> None:
        visited(data)
        data["questions"] = [{"field": "housing.grade", "text": "裂缝算几级？"}]

    variables = send(place, form_task(code), ask)
    assert variables["questions"] == ["Q-G03-001"]
    assert list(prepared(place, form_task(code)).locked) == ["housing.grade"]
    answer = task("answer", "question:Q-G03-001")
    assert prepared(place, answer).data["question"] == "裂缝算几级？"
    send(place, answer, lambda data: data.update(decision="answer", text="按B级", value="B"), actor=Actor("leader"))
    start = prepared(place, form_task(code))
    assert start.locked == {}
    assert any("按B级" in notice.text for notice in start.notices)
    with place.reading() as session:
        assert session.scalars(select(Question.state)).one() == "answered"
        assert session.scalars(select(Hold.settled_value)).one() == "B"


def test_an_id_number_of_another_household_is_refused_when_it_is_typed(place: Database) -> None:
    code = home(place)
    other = home(place, members=(world.NewMember("王五", "male", world.date(1980, 3, 3), _number(), "head", "healthy", {}),))
    with place.reading() as session:
        work = form_task(other)
        form = schema.load(FILES["household_registered.form"])
        start = completion.prepare(session, work, None)
        typed = {"members": [{"id_number": world.ID_NUMBER}, {"id_number": _number()}]}
        context = hooks.look_up(session, work, form, typed, start)
    assert context["duplicate_ids"] == [world.ID_NUMBER], f"{code} has it"


def _number() -> str:
    return id_numbers.make("509999", world.date(1980, 3, 3), 33)


def test_an_approved_form_is_what_is_known_from_then_on(place: Database) -> None:
    code = home(place)

    def moved(data: dict[str, Any]) -> None:
        visited(data)
        data["phone"] = "13900001111"
        data["housing"]["grade"] = "A"
        del data["members"][1]

    send(place, form_task(code), moved)
    assert world.read(place, Household, code).facts["housing"]["grade"] == "B", "not before it is approved"
    send(
        place,
        task("rereview", f"household:{code}", properties={"stage": "rereviewed"}),
        lambda data: data.update(checks=["compared"], decision="approve"),
    )
    row = world.read(place, Household, code)
    assert row.facts["housing"]["grade"] == "A"
    assert personal.decrypt("household", row.key, "phone", row.phone_cipher) == "13900001111"
    assert row.approved_at is not None
    with place.reading() as session:
        assert [member.name for member in session.scalars(select(Member).where(Member.household == code))] == ["张三"]
        assert totals.village(session, CAMPAIGN, "V05")["persons_registered"] == 1


def test_a_returned_form_says_what_was_changed(place: Database) -> None:
    code = home(place)
    send(place, form_task(code), visited)
    send(place, task("review", f"household:{code}", properties={"stageReturned": "returned"}), _return, actor=Actor("instructor"))
    assert world.read(place, Household, code).stage == "returned"

    def corrected(data: dict[str, Any]) -> None:
        visited(data)
        data["housing"]["area"] = 96

    send(place, form_task(code), corrected)
    notices = prepared(place, task("review", f"household:{code}")).notices
    assert any("住房面积" in notice.text for notice in notices), notices
    with place.reading() as session:
        assert session.scalars(select(Visit.method).order_by(Visit.key)).all() == ["first", "phone"], "R29: as the instructor asked"


def _return(data: dict[str, Any]) -> None:
    data.update(decision="return", method="phone", comment="面积请再核实", checks=[])


def test_the_village_form_is_filled_with_totals_that_nobody_types(place: Database) -> None:
    """R11."""
    send(place, form_task(home(place)), visited)
    home(place, kind="key_general", members=(world.NewMember("王五", "male", world.date(1980, 3, 3), _number(), "head"),))
    data = prepared(place, task("village", "village:V05")).data
    assert data["totals"]["households_registered"] == 1
    assert data["totals"]["households_key"] == 1
    assert data["totals"]["persons_out"] == 2
    assert data["totals"]["income_per_capita"] == 14000
    assert data["totals"]["satisfied"] == 1


def test_the_village_counts_each_grade_measure_and_answer_on_its_side_of_the_line(place: Database, at: At) -> None:
    """R11: C, D and no house are unsafe until something about them is finished; satisfied begins at 4; poor is below the line."""
    now, line = at("2020-05-21T10:00:00+08:00"), 4000
    measures = (None, "none", "under_way", "repaired", "rebuilt", "relocated", "resettled")
    houses = [{"housing": {"grade": grade, "measure": measure}} for grade in ("A", "B", "C", "D", "none") for measure in measures]
    answers: list[dict[str, Any]] = [
        *({"satisfaction": {"score": score}} for score in (1, 2, 3, 4, 5, None)),
        *({"income": {"net": net, "per_capita": net}, "members": [{}]} for net in (line - 1, line, line + 1)),
        *({"water": {"quantity": quantity, "quality": quality}} for quantity in ("yes", "no") for quality in ("yes", "no")),
        {"members": [{"schooling": "dropped_out", "insurance": "none"}, {"schooling": "at_school", "insurance": "resident"}]},
        {"low_income_allowance": "yes", "visit": {"mode": "lost_contact"}, "living": {"clothing": "no", "bedding": "no"}},
        {"poverty_status": "out_of_poverty"},
        {"poverty_status": "out_enjoying_policy", "members": [{}, {}]},
    ]

    def write(session: Any) -> None:
        settings.write(session, CAMPAIGN, {"income_line": line})
        for number, data in enumerate((*houses, *answers)):
            about = {"form_id": "household_registered", "subject": f"household:V05-{number:03d}", "scope": "V05", "at": now}
            session.add(submissions.Submission(campaign_id=CAMPAIGN, data=data, actor="x", **about))

    place.in_transaction(write)
    with place.reading() as session:
        found = totals.village(session, CAMPAIGN, "V05")
    wanted = {
        "unsafe_houses": 9,
        "satisfied": 2,
        "households_below_line": 1,
        "income_per_capita": line,
        "unsafe_water": 3,
        "food_clothing": 1,
    }
    wanted |= {"lost_contact": 1, "dropped_out": 1, "uninsured": 1, "households_allowance": 1, "households_out": 2, "persons_out": 2}
    wanted |= {"persons_registered": 7, "households_in_poverty": len(houses) + len(answers) - 2}
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize(("moment", "there"), [("09:59:59", False), ("10:00:00", True), ("11:59:59", True), ("12:00:00", False)])
def test_the_minutes_list_who_belongs_to_the_group_today(place: Database, at: At, moment: str, there: bool) -> None:
    """R31."""
    times = {"valid_from": at("2020-05-21T10:00:00+08:00"), "valid_until": at("2020-05-21T12:00:00+08:00")}
    for name in ("lent", "elsewhere"):
        web.person(place, name)
    members = {"investigator.here": "林孝", "lent": "借调", "elsewhere": "外组"}

    def write(session: Any) -> None:
        accounts.assign_role(session, "lent", "investigator", scope="G03", campaign_id=CAMPAIGN, actor=CLI, **times)
        accounts.assign_role(session, "elsewhere", "investigator", scope="G04", campaign_id=CAMPAIGN, actor=CLI)
        session.add_all(Staff(campaign_id=CAMPAIGN, username=username, name=name) for username, name in members.items())

    place.in_transaction(write)
    at(f"2020-05-21T{moment}+08:00")
    rows = prepared(place, task("meeting_minutes", "group:G03")).data["attendance"]
    assert {row["name"] for row in rows} == ({"林孝", "借调"} if there else {"林孝"})


def test_what_was_found_is_the_households_reality(place: Database) -> None:
    code = home(place, extracts={"system": {"head": "张三", "phone": "13812345678"}})
    with place.reading() as session:
        row = session.scalars(select(Household).where(Household.code == code)).one()
        place.in_transaction(lambda write: prefill.set_extract(write, row, "actual", {"head": "张三丰", "phone": "13900001111"}))
    with place.reading() as session:
        stored = session.scalars(select(Extract.values).where(Extract.household == code, Extract.source == "actual")).one()
        assert personal.is_encrypted(stored["phone"])
        assert prefill.extracts(session, row)["actual"] == {"head": "张三丰", "phone": "13900001111"}


def test_members_without_an_id_number_pass_with_a_reason_and_without_false_warnings(place: Database) -> None:
    """None is a value: two of them are not each other's number, here or in another household; without the reason it is refused."""

    def born(reason: str | None) -> Callable[[dict[str, Any]], None]:
        def change(data: dict[str, Any]) -> None:
            visited(data)
            for member, none in zip(data["members"], ("无", "none"), strict=True):
                member.update(id_number=none, no_id_reason=reason)

        return change

    first, second = home(place), home(place, members=tuple(_renumbered(member) for member in world.new("x").members))
    assert send(place, form_task(first), born("户口未迁入"))["problems"] == []
    known_data = _data_of(place, first)
    assert [member["id_number"] for member in known_data["members"]] == ["无", "none"]
    with pytest.raises(AssertionError, match="no_id_reason"):
        send(place, form_task(second), born(None))
    with place.reading() as session:
        row = session.scalars(select(Household).where(Household.code == first)).one()
        assert prefill.others_with(session, row, ["无", "none", ""]) == []
    assert personal.blind_index("id_number", "无") == personal.blind_index("id_number", "none") == ""


def _renumbered(member: Any) -> Any:
    facts = {"education": "primary", "school_status": "left", "labour": "full", "insurance": "resident", "pension": "resident"}
    number = id_numbers.make("509999", member.birth_date, 77 if member.sex == "male" else 78)
    return type(member)(member.name, member.sex, member.birth_date, number, member.relation, member.health, facts)


def _data_of(db: Database, code: str) -> dict[str, Any]:
    with db.reading() as session:
        last = submissions.latest(session, CAMPAIGN, "household_registered", f"household:{code}")
        assert last is not None
        return submissions.data_of(session, last, unmask=True)


def test_a_village_form_leaves_its_names_in_the_submission_alone(place: Database) -> None:
    """A second copy in the clear would outlive what the submission encrypts."""

    def filled(session: Any) -> None:
        village = session.scalars(select(Village)).first()
        task = Task(campaign_id=village.campaign_id, subject=f"village:{village.code}", scope=village.code, element_id="a")
        village_forms.village_filled(session, task, Submission(), SimpleNamespace(data={"captain": "赵大山"}), web.CLI)

    place.in_transaction(filled)
    with place.reading() as session:
        villages = session.scalars(select(Village)).all()
    assert [row.form_stage for row in villages].count("filled") == 1 and all(row.facts == {} for row in villages)
