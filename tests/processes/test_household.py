"""A household from the training gate to the entry, played day by day."""

from __future__ import annotations

from app.campaign import board, progress
from app.campaign.models import AppEntry, FormCode, Household  # noqa: F401
from tests.processes.play import Play
from tests.processes.plays import plays

ONE, KEY = "V01-01-001", "V01-01-003"


def begin(play: Play, code: str = ONE, *, trained: bool = True) -> str:
    play.start("household", household=play.household(code, trained=trained))
    return f"household:{code}"


def fill(play: Play, subject: str, user: str = "li1", **found: object) -> None:
    """Verify, check the nine documents, fill and submit the household form."""
    play.complete(user, "verify", subject, verified=True)
    play.complete(user, "nine_documents", subject)
    play.complete(user, "fill_registered", subject, visit_mode="on_site", **found)


@plays("household: household wait_trained verified_gateway")
def test_nobody_visits_before_training(play: Play) -> None:
    subject = begin(play, "V02-01-001", trained=False)
    assert play.waits_at("household") == {"wait_trained"}
    assert play.tasks("li2") == []
    play.publish("investigator_trained", "V02-01-001")
    assert play.tasks("li2", subject) == ["verify"]


@plays("household: verify nine_documents fill")
def test_the_form_opens_only_after_the_verification(play: Play) -> None:
    subject = begin(play)
    assert play.tasks("li1") == ["verify"]
    play.complete("li1", "verify", subject, verified=False)
    assert play.tasks("li1") == ["verify"], "not at home: come again"
    play.complete("li1", "verify", subject, verified=True)
    assert play.tasks("li1") == ["nine_documents"]
    play.complete("li1", "nine_documents", subject)
    assert play.tasks("li1") == ["fill_registered"]


@plays("household: fill_key_general")
def test_a_key_general_household_has_its_own_form(play: Play) -> None:
    subject = begin(play, KEY)
    play.complete("li1", "verify", subject, verified=True)
    assert play.tasks("li1") == ["fill_key_general"]
    play.complete("li1", "fill_key_general", subject, visit_mode="lost_contact")
    assert play.tasks("instructor1") == ["review"]
    assert play.instance("household").variables["visit_mode"] == "lost_contact"


@plays("household: day_end overdue")
def test_what_was_begun_today_is_submitted_today(play: Play) -> None:
    subject = begin(play)
    play.at("2020-05-21 17:00")
    play.complete("li1", "verify", subject, verified=True)
    play.at("2020-05-21 17:59")
    assert play.got("instructor1") == []
    play.at("2020-05-21 18:01")
    assert play.got("instructor1") == ["reminder"]
    assert play.got("instructor2") == [], "another group's instructor hears nothing"
    assert play.tasks("li1") == ["nine_documents"], "the work goes on"


@plays(
    "household: fill_registered review_result review collect conclusion",
    "household_conclusion: household_conclusion joint_review_begin",
)
def test_the_instructor_returns_until_it_is_right(play: Play) -> None:
    subject = begin(play)
    fill(play, subject)
    for _round in range(3):
        play.reload()
        play.complete("instructor1", "review", subject, decision="return")
        assert play.tasks("li1") == ["fill_registered"], "documents and verification are not asked again"
        play.complete("li1", "fill_registered", subject)
    play.complete("instructor1", "review", subject, decision="approve")
    path = play.path("household")
    assert path.count("review") == 4
    assert path.count("verify") == path.count("nine_documents") == 1


@plays("consultation: consultation office_evidence village_evidence", "household: consultation")
def test_the_instructor_consults_office_and_village(play: Play) -> None:
    subject = begin(play)
    fill(play, subject)
    play.complete("instructor1", "review", subject, decision="consult")
    assert play.tasks("instructor1") == []
    play.complete("office", "office_evidence", subject)
    play.complete("cadre1", "village_evidence", subject)
    assert play.state("consultation") == "COMPLETED"
    assert play.tasks("instructor1") == ["review"]


def test_problems_and_questions_go_their_own_way(play: Play) -> None:
    subject = begin(play)
    number, question = play.problem(ONE, field="members", holds=True), play.ask(ONE, "income.wage")
    fill(play, subject, held=True)
    assert play.tasks("instructor1", subject) == ["review"], "the household goes on"
    assert play.tasks("cadre1") == ["village_fix"]
    assert play.tasks("leader1") == ["leader_answer"]
    assert play.state("problem", number) == play.state("question", question) == "ACTIVE"


@plays("household: released")
def test_held_fields_wait_and_come_free(play: Play) -> None:
    subject = begin(play)
    number = play.problem(ONE, field="members", holds=True)
    fill(play, subject, held=True)
    play.complete("instructor1", "review", subject, decision="approve")
    assert play.waits_at("household") == {"wait_release"}
    play.rectify(number, "cadre1")
    play.complete("cadre1", "village_fix", decision="done")
    play.close(number, "instructor1")
    play.complete("instructor1", "closure", decision="close")
    assert play.tasks("li1", subject) == ["fill_registered"], "the field is free: fill it in"
    play.complete("li1", "fill_registered", subject, held=False)
    play.complete("instructor1", "review", subject, decision="approve")
    assert play.waits_at("household") == {"conclusion"}


@plays("household: wait_release review_over")
def test_a_field_still_held_when_joint_review_ends_goes_on_to_be_mended(play: Play) -> None:
    subject = begin(play)
    number = play.problem(ONE, field="members", holds=True)
    fill(play, subject, held=True)
    play.complete("instructor1", "review", subject, decision="approve")
    play.at("2020-05-28 23:59")
    assert play.waits_at("household") == {"wait_release"}
    play.at("2020-05-29 00:00")
    assert play.waits_at("household") == {"conclusion"}
    assert play.state("problem", number) == "ACTIVE", "the problem does not vanish"


@plays("household_conclusion: entry_begin approve assign_entry enter")
def test_conclusion_from_self_check_to_receipt(play: Play) -> None:
    subject = begin(play)
    fill(play, subject)
    play.complete("instructor1", "review", subject, decision="approve")
    assert play.row(Household, Household.code == ONE).stage == "reviewed"
    assert play.waits_at("household_conclusion") == {"joint_review_begin"}
    play.at("2020-05-27 08:00")
    play.complete("li1", "self_check", subject)
    play.complete("leader1", "joint_review", subject, decision="approve")
    task = play.task("leader1", "confirm_code", subject)
    assert task.variables["code"] == f"JD-{ONE}"
    play.complete("leader1", "confirm_code", subject, code=task.variables["code"])
    code = play.row(FormCode)
    assert (code.household, code.code, code.confirmed_by) == (ONE, f"JD-{ONE}", "leader1")
    play.reload()
    play.complete("office", "rereview", subject, decision="approve")
    assert play.row(Household, Household.code == ONE).approved_at is not None
    play.complete("leader1", "assign_entry", subject, entry_by="village", person=None)
    assert play.tasks("keyer1") == [], "entry opens on the 29th"
    play.at("2020-05-29 08:00")
    assert play.tasks("keyer2") == []
    play.complete("keyer1", "enter", subject)
    assert play.state("household") == play.state("household_conclusion") == "COMPLETED"


def test_a_household_returned_after_the_joint_review_is_jointly_reviewed_again(play: Play) -> None:
    """Its code stays, and 会审 counts it again: on every board as soon as the second joint review has passed it."""
    subject = begin(play)
    fill(play, subject)
    play.submit("instructor1", "review", subject, decision="approve")
    play.at("2020-05-27 08:00")
    play.complete("li1", "self_check", subject)
    play.submit("leader1", "joint_review", subject, decision="approve")
    play.complete("leader1", "confirm_code", subject, code="JD-1")
    assert counts(play) == {"submitted": 1, "reviewed": 1, "joint_reviewed": 1, "approved": 0, "entered": 0}
    play.submit("office", "rereview", subject, decision="return", comment="收入须重新核实")
    assert counts(play) == {"submitted": 1, "reviewed": 0, "joint_reviewed": 0, "approved": 0, "entered": 0}
    play.complete("li1", "fill_registered", subject)
    play.submit("instructor1", "review", subject, decision="approve")
    play.complete("li1", "self_check", subject)
    assert counts(play)["joint_reviewed"] == 0
    play.submit("leader1", "joint_review", subject, decision="approve")
    assert play.tasks("office", subject) == ["rereview"], "the code stays"
    assert counts(play)["joint_reviewed"] == 1
    play.complete("office", "rereview", subject, decision="approve")  # no form was sent in this play: there is nothing to adopt
    assert counts(play) == {"submitted": 1, "reviewed": 1, "joint_reviewed": 1, "approved": 1, "entered": 0}
    home = play.row(Household, Household.code == ONE)
    assert home.joint_reviewed_at is not None
    assert home.joint_reviewed_at <= home.approved_at


def counts(play: Play) -> dict[str, int]:
    """What the town's board counts."""
    with play.db.reading() as session:
        line = board.total(board.lines(session, play.campaign_id))
    return {name: getattr(line, name) for name in progress.COUNTED}


@plays("household_conclusion: entry_end entry_late")
def test_entry_after_the_window_is_noticed(play: Play) -> None:
    subject = begin(play)
    fill(play, subject)
    play.complete("instructor1", "review", subject, decision="approve")
    play.at("2020-05-27 08:00")
    play.complete("li1", "self_check", subject)
    play.complete("leader1", "joint_review", subject, decision="approve")
    play.complete("leader1", "confirm_code", subject, code="JD-9")
    play.complete("office", "rereview", subject, decision="approve")
    play.complete("leader1", "assign_entry", subject, entry_by="investigator", person="li1")
    play.at("2020-05-31 23:59")
    assert play.got("office") == []
    play.at("2020-06-01 00:01")
    assert play.got("office") == play.got("leader1") == ["reminder"]
    play.complete("li1", "enter", subject)
    assert play.state("household") == "COMPLETED"


@plays("household_conclusion: propose_code confirm_code fix_code code_taken rereview")
def test_a_code_is_unique_and_asked_once(play: Play) -> None:
    for code in (ONE, "V01-01-002"):
        subject = begin(play, code)
        fill(play, subject)
        play.complete("instructor1", "review", subject, decision="approve")
    play.at("2020-05-27 08:00")
    for code in (ONE, "V01-01-002"):
        play.complete("li1", "self_check", f"household:{code}")
        play.complete("leader1", "joint_review", f"household:{code}", decision="approve")
    play.complete("leader1", "confirm_code", f"household:{ONE}", code="JD-1")
    subject = "household:V01-01-002"
    play.complete("leader1", "confirm_code", subject, code="JD-1")
    assert play.tasks("leader1", subject) == ["confirm_code"], "taken: choose another"
    play.complete("leader1", "confirm_code", subject, code="JD-2")
    play.complete("office", "rereview", subject, decision="return")
    play.complete("li1", "fill_registered", subject)
    play.complete("instructor1", "review", subject, decision="approve")
    play.complete("li1", "self_check", subject)
    play.complete("leader1", "joint_review", subject, decision="approve")
    assert play.tasks("office", subject) == ["rereview"], "the code stays"
    assert play.row(FormCode, FormCode.household == "V01-01-002").code == "JD-2"


@plays("household_conclusion: self_check joint_review")
def test_joint_review_returns_a_form(play: Play) -> None:
    subject = begin(play)
    fill(play, subject)
    play.complete("instructor1", "review", subject, decision="approve")
    play.at("2020-05-27 08:00")
    play.complete("li1", "self_check", subject)
    play.complete("leader1", "joint_review", subject, decision="return")
    assert play.tasks("li1", subject) == ["fill_registered"]
    assert play.state("household_conclusion") == "COMPLETED"
    assert "returned" in play.path("household_conclusion")
