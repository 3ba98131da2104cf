"""Over a whole played campaign: every board, page and report shows the same numbers, and each stage is within the one before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.auth.current import Identity
from app.campaign import board, campaigns, demonstration, gates, listing, progress
from app.campaign.handlers.day_progress import KEPT
from app.campaign.models import DayProgress, Household, Report
from app.db import Database
from app.engine.models import Incident, Task
from app.simulation.chance import Chance
from app.simulation.play import Play
from tests import web
from tests.browser.serving import aside
from tests.shipped import PLAN
from tests.simulation.played import begin

#: in the order of the plan: each is within the one before it
ORDER = ("target", *progress.COUNTED)


class Watched(Play):
    """Looks at the figures after each act of a person."""

    def _do(self, task: Task) -> None:
        super()._do(task)
        figures(self.db, self.campaign_id)


def figures(db: Database, campaign_id: int) -> board.Line:
    """The town's line, after the properties of boards have been asserted."""
    with db.reading() as session:
        villages, groups = (board.lines(session, campaign_id, by) for by in ("village", "work_group"))
        stages = [row.stage for row in session.scalars(select(Household).where(Household.campaign_id == campaign_id))]
    town = board.total(villages)
    for line in (*villages, *groups, town):
        counts = [getattr(line, name) for name in ORDER]
        assert counts == sorted(counts, reverse=True), f"{line.name}: {dict(zip(ORDER, counts, strict=True))}"
        assert line.submitted_today <= line.submitted
        assert line.waiting_review + line.returned + line.reviewed == line.submitted
        assert line.problems_overdue <= line.problems_open
    whole = board.total(groups)
    assert [getattr(whole, name) for name in KEPT] == [getattr(town, name) for name in KEPT], "groups and villages make the same town"
    assert town.target == len(stages)
    return town


def pages(app: Flask, office: str, town: board.Line) -> None:
    """Office, progress board, digest and lists show these very numbers."""
    client = web.signed_in_as(app, office)
    for path in ("/office", "/progress", "/progress?by=group"):
        footer = re.search(r"<tfoot>(.*?)</tfoot>", client.get(path).text, re.S)
        assert footer is not None
        shown = [int(number) for number in re.findall(r"\d+", re.sub(r"<[^>]+>", " ", footer.group(1)))]
        names = ("submitted", "target", "behind", "waiting_review", "returned", "joint_reviewed", "approved", "entered", "problems_open")
        assert shown[: len(names)] == [getattr(town, name) for name in names], path
    for name in progress.COUNTED:
        for mark, wanted in ((name, getattr(town, name)), (f"not_{name}", town.target - getattr(town, name))):
            assert f"共 {wanted} 户" in client.get(f"/households?mark={mark}").text, mark
    assert f"共 {town.problems_open} " in client.get("/problems?state=open").text


def kept(db: Database, campaign_id: int, gate_of: Identity) -> None:
    """Each closed day: groups make the town's report; gates block what the board lacks."""
    with db.reading() as session:
        for report in session.scalars(select(Report).where(Report.campaign_id == campaign_id, Report.kind == "daily")):
            rows = session.scalars(select(DayProgress.counts).where(DayProgress.campaign_id == campaign_id, DayProgress.day == report.day))
            sums: dict[str, int] = {}
            for counts in rows:
                sums = {name: sums.get(name, 0) + value for name, value in counts.items()}
            assert sums == report.content
            counts = [report.content[name] for name in ORDER]
            assert counts == sorted(counts, reverse=True)
        whole = board.total(board.lines(session, campaign_id))
        held = {gate.phase: gate for gate in gates.of(session, PLAN, campaigns.dates(session, campaign_id), whole, campaign_id)}
        for phase, name in (("visits", "submitted"), ("joint_review", "joint_reviewed"), ("rereview", "approved"), ("entry", "entered")):
            assert held[phase].blocking == whole.target - getattr(whole, name)
            mark = dict(part.split("=") for part in held[phase].url.partition("?")[2].split("&"))["mark"]
            found = listing.households(session, gate_of, listing.HouseholdFilters(mark=mark))
            assert found.total == held[phase].blocking, "the number leads to the list that it counts"


@pytest.fixture
def played(sqlite_db: Database, tmp_path: Path) -> Iterator[tuple[Flask, Watched, str]]:
    """The demonstration with a few households, at its first morning."""
    app, play = begin(sqlite_db, tmp_path, Watched)
    yield app, play, play.people.holders["office"][0]
    clock.reset()


@pytest.mark.timeout(900)
def test_the_same_numbers_everywhere_at_any_moment(played: tuple[Flask, Watched, str]) -> None:
    app, play, office = played
    who = play.people.identities[office]
    with app.test_request_context():
        with play.db.reading() as session:
            _start, deadline = demonstration.dates(session, play.campaign_id)
        for _evening in play.days(deadline):
            town = figures(play.db, play.campaign_id)
            aside(partial(pages, app, office, town))  # out of the play's own request
            kept(play.db, play.campaign_id, who)
    assert town.entered > 0, "the play came to its end"
    with play.db.reading() as session:
        returned = [row.code for row in session.scalars(select(Household)) if row.stage == "entered" and row.joint_reviewed_at is None]
        incidents = [(row.kind, row.element_id, row.message) for row in session.scalars(select(Incident))]
    assert incidents == [], "everything had somebody to do it, and no branch hung, from the first day on"
    assert returned == [], "who was returned after the joint review is jointly reviewed again"


def test_the_evening_of_the_simulation_decides(played: tuple[Flask, Watched, str]) -> None:
    """The habit of the office names every decision."""
    from app.simulation.habits import habit

    rows: list[dict[str, Any]] = [{"number": f"V01-{number}", "decision": "continue"} for number in range(200)]
    context = {"judgeable": [row["number"] for row in rows], "people": [{"value": "he"}], "now": "2020-05-21T20:00:00+08:00"}
    habit("judgement")({"judgements": rows}, context, Chance(1))
    assert {row["decision"] for row in rows} == {"continue", "assign", "notice", "escalate"}
    noticed = {}
    for due in ("2020-05-22T21:00:00+08:00", "2020-05-21T21:00:00+08:00", "2020-05-21T12:00:00+08:00"):
        late = [{"number": f"V01-{number}", "decision": "continue", "deadline": due} for number in range(200)]
        habit("judgement")({"judgements": late}, context, Chance(1))
        noticed[due] = [row["decision"] for row in late].count("notice")
    assert sorted(noticed.values()) == list(noticed.values()), "the nearer the time limit, the more are pressed"
    assert list(noticed.values())[0] < 30 < 130 < list(noticed.values())[-1]
