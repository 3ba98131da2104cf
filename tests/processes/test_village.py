"""A village: guides, the village form behind its gate, its signatures, the county, its report."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app import clock
from app.campaign import progress
from app.campaign.hooks import signing
from app.campaign.models import Report, Signature, Village
from app.engine.actor import Actor
from app.engine.models import Task
from tests.processes.play import HOUSEHOLDS, Play
from tests.processes.plays import plays

VILLAGE = {"code": "V01", "name": "柏树村"}
SUBJECT = "village:V01"


def begin(play: Play) -> None:
    play.start("village", village=VILLAGE, groups=play.variables["groups"])


def approve_all(play: Play, *codes: str) -> None:
    """The office approves households (the household's own diary plays the way there)."""

    def work(session: Session) -> None:
        for code in codes:
            progress.mark(session, play.campaign_id, code, "rereviewed", at=clock.now())

    play.db.in_transaction(work)


def mine() -> list[str]:
    return [code for code in HOUSEHOLDS if code.startswith("V01")]


def start_form(play: Play) -> None:
    play.start("village_form", village=VILLAGE, village_code="V01", groups=play.variables["groups"])


def sign(play: Play, user: str, role: str) -> None:
    """The signature as the form writes it."""
    there = {"element_id": "sign", "definition_key": play.instance("village_form").definition_key}
    task = Task(campaign_id=play.campaign_id, subject=SUBJECT, candidate_groups=[role], **there)
    actor = Actor(user)
    play.db.in_transaction(lambda session: signing.sign(session, task, actor, document="village_form", manner="signature", content={}))


@plays("village: village nominate_guides check_households village_complete report_day")
def test_guides_are_nominated_before_the_visits(play: Play) -> None:
    begin(play)
    task = play.task("cadre1", "nominate_guides")
    assert task.due_at is not None
    assert clock.local(task.due_at).isoformat() == "2020-05-21T09:00:00+08:00"
    assert play.tasks("cadre2") == []
    play.complete("cadre1", "nominate_guides")
    assert play.waits_at("village") == {"village_complete", "report_day"}


@plays("village: village_form", "village_form: village_form")
def test_the_village_form_opens_when_the_last_household_is_approved(play: Play) -> None:
    begin(play)
    approve_all(play, *mine()[:2])
    play.publish("village_complete", "V01")
    assert "fill_village_form" not in play.tasks("cadre1"), "one household is missing, whatever was said"
    assert play.row(Village, Village.code == "V01").form_stage == "waiting"
    approve_all(play, mine()[2])
    play.publish("village_complete", "V01")
    assert "fill_village_form" in play.tasks("cadre1")
    assert play.row(Village, Village.code == "V01").form_stage == "open"


@plays("village_form: enter")
def test_both_principals_sign_then_office_then_county_then_entry(play: Play) -> None:
    start_form(play)
    play.complete("cadre1", "fill_village_form")
    assert play.tasks("leader2") == [], "the check belongs to the village's own group"
    play.complete("leader1", "group_check", decision="approve")
    play.complete("mayor", "sign_government", decision="sign")
    assert play.tasks("office") == [], "one signature is not enough"
    play.complete("secretary", "sign_party", decision="sign")
    play.complete("office", "office_check", decision="approve")
    assert play.row(Village, Village.code == "V01").form_stage == "county_sent"
    play.complete("office", "county_feedback", decision="approve")
    play.complete("keyer1", "enter")
    assert play.state("village_form") == "COMPLETED"


@plays("village_form: county_feedback void")
def test_every_check_can_return_the_form_and_signatures_are_voided(play: Play) -> None:
    start_form(play)
    play.complete("cadre1", "fill_village_form")
    play.complete("leader1", "group_check", decision="return")
    play.complete("cadre1", "fill_village_form")
    play.complete("leader1", "group_check", decision="approve")
    sign(play, "mayor", "principal_gov")
    play.complete("mayor", "sign_government", decision="sign")
    play.complete("secretary", "sign_party", decision="return")
    assert play.row(Signature).voided_at is not None
    assert play.tasks("cadre1") == ["fill_village_form"]
    for _again in ("office_check", "county_feedback"):
        play.complete("cadre1", "fill_village_form")
        play.complete("leader1", "group_check", decision="approve")
        play.complete("mayor", "sign_government", decision="sign")
        play.complete("secretary", "sign_party", decision="sign")
        if _again == "county_feedback":
            play.complete("office", "office_check", decision="approve")
        play.complete("office", _again, decision="return")
        assert play.tasks("cadre1") == ["fill_village_form"]
    assert play.path("village_form").count("void") == 3


def to_the_county(play: Play) -> None:
    start_form(play)
    play.complete("cadre1", "fill_village_form")
    play.complete("leader1", "group_check", decision="approve")
    play.complete("mayor", "sign_government", decision="sign")
    play.complete("secretary", "sign_party", decision="sign")
    play.complete("office", "office_check", decision="approve")


@plays(
    "village_form: fill_village_form group_check office_check send_county county_answered sign_party sign_government",
)
def test_the_county_may_answer_by_message(play: Play) -> None:
    to_the_county(play)
    play.publish("county_feedback", "V01", decision="approve")
    assert play.tasks("office") == []
    assert play.tasks("keyer1") == ["enter"]


@plays("village_form: county_late remind_county")
def test_a_county_that_does_not_answer_is_reminded_each_day(play: Play) -> None:
    to_the_county(play)
    play.at("2020-05-22 07:59")
    assert play.got("office") == []
    play.at("2020-05-23 08:00")
    assert play.got("office") == ["reminder", "reminder"]
    assert play.tasks("office") == ["county_feedback"]


@plays("village: changed void")
def test_a_later_change_voids_the_signatures_and_starts_again(play: Play) -> None:
    approve_all(play, *mine())
    begin(play)
    play.complete("cadre1", "fill_village_form")
    play.complete("leader1", "group_check", decision="approve")
    sign(play, "mayor", "principal_gov")
    play.complete("mayor", "sign_government", decision="sign")
    play.publish("village_changed", "V01")
    voided = play.row(Signature)
    assert (voided.voided_at, voided.void_reason) == (clock.now(), "签字后数据有变更")
    assert play.got("mayor")[-1:] == play.got("secretary")[-1:] == ["reminder"], "who signed and who was to sign are told"
    assert play.events("signature.voided", SUBJECT)
    assert play.tasks("secretary") == []
    assert "fill_village_form" in play.tasks("cadre1")


def test_the_report_is_drafted_edited_signed_delivered(play: Play) -> None:
    play.raise_problem("V01-01-001")
    begin(play)
    play.at("2020-05-29 07:59")
    assert "edit" not in play.tasks("cadre1")
    play.at("2020-05-29 08:00")
    draft = play.row(Report, Report.kind == "village_report")
    assert "问题 1 个" in draft.content["main_problems"]
    assert len(draft.content["tasks"]) == 7
    play.complete("cadre1", "edit")
    play.complete("resident1", "sign", decision="return")
    play.complete("cadre1", "edit")
    play.complete("resident1", "sign", decision="sign")
    assert play.row(Report, Report.kind == "village_report").state == "delivered"
    assert play.state("village_report") == "COMPLETED"
    assert [event.detail["late"] for event in play.events("report.delivered")] == [False]


@plays("village: village_report", "village_report: village_report draft edit deadline overdue sign deliver")
def test_a_late_report_is_noticed_and_still_taken(play: Play) -> None:
    begin(play)
    play.at("2020-05-31 23:59")
    assert "reminder" not in play.got("resident1")
    play.at("2020-06-01 08:00")
    assert "reminder" in play.got("resident1")
    play.complete("cadre1", "edit")
    play.complete("resident1", "sign", decision="sign")
    assert [event.detail["late"] for event in play.events("report.delivered")] == [True]
