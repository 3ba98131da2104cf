"""A small campaign in which two households really went their way, with the product's diagrams and forms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select

from app.campaign import problems
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms.models import Submission
from tests.browser.test_village_form import Place

#: What an auditor is asked about: (moment, forms {id: revision}, problems {number: state}, open tasks)
Snapshot = tuple[datetime, dict[str, int], dict[str, str], set[int]]


class History:
    """The campaign, and what was really there at some moments of it."""

    def __init__(self, place: Place, move: Callable[[str], datetime]) -> None:
        self.place, self.move = place, move
        self.campaign = place.campaign_id
        self.home = next(home for home in place.homes if home.kind == "registered")
        self.snapshots: list[Snapshot] = []

    def play(self) -> None:
        """The household is visited, one problem is found, mended and struck off; the form goes up to the office."""
        self.move("2020-05-21T14:00:00+08:00")
        self.place.begin()
        self._look("2020-05-21T14:05:00+08:00")
        self.move("2020-05-22T09:00:00+08:00")
        self.place.drive(self.place.homes[1])
        self._step("2020-05-22T10:00:00+08:00")
        number = self._raise()
        self._look("2020-05-22T10:30:00+08:00")
        self.move("2020-05-23T11:00:00+08:00")
        self._mend(number)
        self._look("2020-05-23T11:30:00+08:00")
        self.move("2020-05-24T09:00:00+08:00")
        self.place.drive(self.home)
        self._look("2020-05-24T12:00:00+08:00")

    def _step(self, at: str) -> None:
        """One task of the household, and no more."""
        self.move(at)
        with self.place.db.reading() as session:
            key = session.scalars(select(Task.key).where(Task.subject == self.subject, Task.state == "OPEN")).first()
        if key is not None:
            self.place.db.in_transaction(partial(self.place._complete, key))
        self._look(at)

    @property
    def subject(self) -> str:
        return f"household:{self.home.code}"

    def _raise(self) -> str:
        found = problems.Raised(text="医疗保险未缴纳。", household=self.home.code, field="housing.grade", code="by_hand", kind="shortfall")
        at = self.move("2020-05-22T10:15:00+08:00")
        return self._ledger(lambda session: problems.raise_problem(session, self.campaign, found, Actor("he"), at=at).number)

    def _mend(self, number: str) -> None:
        at = self.move("2020-05-23T11:05:00+08:00")
        evidence = [{"kind": "note", "text": "已补缴"}]
        self._ledger(
            lambda s: problems.rectify(s, self.campaign, number, Actor("cun", "zhi"), text="已补缴", evidence=evidence, at=at).number
        )
        at = self.move("2020-05-23T11:20:00+08:00")
        self._ledger(lambda s: problems.close(s, self.campaign, number, Actor("zu"), note="票据已看", at=at).number)

    def _ledger(self, work: Callable[[Any], str]) -> str:
        return self.place.db.in_transaction(work)

    def _look(self, at: str) -> None:
        """Note what really is there now."""
        moment = self.move(at)
        with self.place.db.reading() as session:
            forms: dict[str, int] = {}
            for row in session.scalars(select(Submission).where(Submission.subject == self.subject)):
                forms[row.form_id] = max(row.revision, forms.get(row.form_id, 0))
            rows = session.scalars(select(problems.Problem).where(problems.Problem.household == self.home.code)).all()
            tasks = set(session.scalars(select(Task.key).where(Task.subject == self.subject, Task.state == "OPEN")))
        self.snapshots.append((moment, forms, {row.number: row.state for row in rows}, tasks))
