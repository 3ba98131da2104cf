"""Records as lines of a page: the sentence, what a form changed, the record as it is stored. A constant number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.audit import descriptions, sentence_lookups, stored, wording
from app.audit.history import devices, values
from app.audit.queries import Record
from app.audit.search import terms
from app.forms.models import Submission

#: Campaign time and machine time that are further apart than this are both shown: the clock was virtual, or a deadline was met late.
APART = timedelta(minutes=2)


@dataclass(slots=True)
class Entry:
    """One line."""

    record: Record
    sentence: str
    kind_name: str
    stored: str
    #: something in the stored record is masked and can be shown by a recorded act
    masked: bool
    origin: str
    household: str
    village: str
    submission: Submission | None = None
    form_title: str = ""
    #: None: no form was filled
    changes: list[values.Value] | None = None
    #: [(text, reason)] of what the rules found in the form
    findings: list[tuple[str, str]] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        return self.record.event.at

    @property
    def day(self) -> str:
        return f"{clock.local(self.at):%Y-%m-%d}"

    @property
    def apart(self) -> bool:
        """Do campaign time and machine time differ?"""
        return abs(self.record.event.recorded_at - self.at) > APART


def build(session: Session, rows: Sequence[Record], locale: str) -> list[Entry]:
    """Lines for *rows*, in their order."""
    around = sentence_lookups.load(session, rows)
    places = devices.told(session, (row.event.origin for row in rows), locale)
    found = [_entry(row, around, places, locale) for row in rows]
    _fill_forms(session, found, locale)
    return found


def _entry(row: Record, around: sentence_lookups.Surroundings, places: Mapping[str, str], locale: str) -> Entry:
    return Entry(
        row,
        descriptions.sentence(row, around, locale),
        descriptions.kind_name(row.event.kind, locale),
        stored.as_json(row),
        stored.hides_something(row),
        places[row.event.origin],
        terms.household_of(row.event),
        terms.village_of(row.event, row.instance),
    )


def _fill_forms(session: Session, found: list[Entry], locale: str) -> None:
    """What each submitted form changed against the revision before it."""
    # The record of the form comes before that of the task in which it was handed in: one of them shows it.
    asked = {_submission_key(entry): entry for entry in sorted(found, key=lambda each: each.record.event.kind == "form.submitted")}
    asked.pop(0, None)
    if not asked:
        return
    rows = session.scalars(select(Submission).where(Submission.key.in_(asked))).all()
    before = values.previous(session, rows)
    choices = {campaign: values.choices(session, campaign) for campaign in {row.campaign_id for row in rows}}
    for row in rows:
        entry, form = asked[row.key], values.form_of(session, row)
        entry.submission, entry.form_title = row, wording.within(form.title(locale) if form else row.form_id)
        entry.findings = [(said(each, locale), str(each.get("reason") or "")) for each in (*row.problems, *row.warnings)]
        if form is not None:
            old = values.opened(before[row.key]) if row.key in before else {}
            entry.changes = values.changes(form, old, values.opened(row), locale, choices[row.campaign_id])


def _submission_key(entry: Entry) -> int:
    text = str((entry.record.event.detail or {}).get("submission") or "")
    return int(text) if text.isdecimal() else 0


def said(finding: dict[str, Any], locale: str) -> str:
    """What a rule says about a form."""
    return str((locale == "en" and finding.get("text_en")) or finding.get("text_zh") or finding.get("code") or "")


def by_day(entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """Lines under their days, in the order in which they come."""
    found: list[tuple[str, list[Entry]]] = []
    for entry in entries:
        if not found or found[-1][0] != entry.day:
            found.append((entry.day, []))
        found[-1][1].append(entry)
    return found
