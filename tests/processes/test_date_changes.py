"""A released diagram with other dates: a campaign in preparation follows at once, a running one when the office says so (R02)."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from app import clock
from app.campaign import campaigns, date_changes
from app.campaign.errors import Conflict
from app.engine import definitions
from app.engine.actor import Actor
from app.engine.models import JobRow, Task
from tests.processes.play import ZONE, Play, files

LATER = (b'"date.joint_review_to" value=\'=back(4, "24:00")\'', b'"date.joint_review_to" value=\'=back(3, "12:00")\'')


def moved() -> dict[str, bytes]:
    """The root diagram with joint review a day later."""
    content = files()["campaign.bpmn"]
    assert LATER[0] in content
    return {"campaign.bpmn": content.replace(*LATER)}


def release(play: Play) -> None:
    play.do(lambda session: definitions.deploy(session, moved(), Actor("admin"), now=clock.now()))


def date_of(play: Play, name: str) -> str:
    with play.db.reading() as session:
        return campaigns.dates(session, play.campaign_id)[name]


def test_a_campaign_in_preparation_follows_the_release(play: Play) -> None:
    assert date_of(play, "joint_review_to") == "2020-05-29T00:00:00+08:00"
    release(play)
    assert date_of(play, "joint_review_to") == "2020-05-29T12:00:00+08:00"
    assert [event.actor for event in play.events("campaign.dates")] == ["admin"]


def test_a_date_set_by_hand_stays(play: Play) -> None:
    own = "2020-05-28T20:00:00+08:00"
    play.do(lambda s: campaigns.adjust(s, campaigns.get(s, play.campaign_id), {"joint_review_to": own}, Actor("office")))
    release(play)
    assert date_of(play, "joint_review_to") == own


def test_a_running_campaign_keeps_its_dates_until_the_office_takes_the_new_ones(play: Play) -> None:
    play.start_campaign()
    play.at("2020-05-21 10:00")
    release(play)
    assert date_of(play, "joint_review_to") == "2020-05-29T00:00:00+08:00"
    with play.db.reading() as session:
        found = date_changes.pending(session, campaigns.get(session, play.campaign_id))
    assert found == {"joint_review_to": ("2020-05-29T00:00:00+08:00", "2020-05-29T12:00:00+08:00")}
    play.do(lambda s: date_changes.take(s, campaigns.get(s, play.campaign_id), Actor("office"), "县里改期"))
    assert date_of(play, "joint_review_to") == "2020-05-29T12:00:00+08:00"
    with play.db.reading() as session:
        assert date_changes.pending(session, campaigns.get(session, play.campaign_id)) == {}
        timers = session.execute(select(JobRow.element_id, JobRow.due_at).where(JobRow.kind == "timer")).all()
    noon = datetime.fromisoformat(f"2020-05-29T12:00:00{ZONE}")
    assert noon in {due for _element, due in timers}, "timers of households and the end of the phase follow"
    assert datetime.fromisoformat(f"2020-05-29T00:00:00{ZONE}") not in {due for _element, due in timers}
    (told,) = [event for event in play.events("campaign.dates") if event.actor == "office"]
    assert told.detail["reason"] == "县里改期"
    assert len(play.events("instance.rescheduled")) > 10
    with pytest.raises(Conflict):
        play.do(lambda s: date_changes.take(s, campaigns.get(s, play.campaign_id), Actor("office"), "再改一次"))


def test_due_dates_of_open_tasks_follow(play: Play) -> None:
    play.start_campaign()
    play.at("2020-05-21 10:00")
    with play.db.reading() as session:
        before = dict(session.execute(select(Task.key, Task.due_at).where(Task.element_id == "verify")).all())
    content = files()["campaign.bpmn"].replace(b'=back(6, "24:00")', b'=back(5, "20:00")')
    play.do(lambda session: definitions.deploy(session, {"campaign.bpmn": content}, Actor("admin"), now=clock.now()))
    play.do(lambda s: date_changes.take(s, campaigns.get(s, play.campaign_id), Actor("office"), "县里改期"))
    with play.db.reading() as session:
        after = dict(session.execute(select(Task.key, Task.due_at).where(Task.element_id == "verify")).all())
    assert after.keys() == before.keys()
    assert set(before.values()) == {datetime.fromisoformat(f"2020-05-27T00:00:00{ZONE}")}
    assert set(after.values()) == {datetime.fromisoformat(f"2020-05-27T20:00:00{ZONE}")}
