"""Moments in words, in the campaign's zone and the reader's language."""

from __future__ import annotations

import re
from datetime import datetime

from flask_babel import gettext as _

from app import clock

_REQUIREMENT = re.compile(
    r"[ \t(\uff08\u3010\[]*\b(R\d{2}[a-z]?(?:[\s,\uff0c\u3001;]*R\d{2}[a-z]?)*)\b[ \t)\uff09\u3011\]]*[:\uff1a]?", re.ASCII
)


def moment(at: datetime) -> str:
    """ "14:03" today, "5月22日 14:03" on other days."""
    here = clock.local(at)
    if here.date() == clock.local(clock.now()).date():
        return format(here, "%H:%M")
    return day_and_time(at)


def real_moment(at: datetime) -> str:
    """The machine's time in words, for what is not campaign time: "已保存 14:03"."""
    here = clock.local(at)
    if here.date() == clock.local(clock.real_now()).date():
        return format(here, "%H:%M")
    return _day_and_time(here)


def day_and_time(at: datetime) -> str:
    """ "5月22日 14:03"; the year is shown when it is not this one."""
    here = clock.local(at)
    if here.year == clock.local(clock.now()).year:
        return _day_and_time(here)
    text: str = _("%(year)s年%(month)s月%(day)s日 %(time)s", year=here.year, month=here.month, day=here.day, time=format(here, "%H:%M"))
    return text


def _day_and_time(here: datetime) -> str:
    text: str = _("%(month)s月%(day)s日 %(time)s", month=here.month, day=here.day, time=format(here, "%H:%M"))
    return text


def without_requirements(text: str) -> str:
    """An element's documentation without its R-ids: the sentence is for people, the ids are for tracing."""
    plain = "\n".join(line.strip() for line in _REQUIREMENT.sub("", text).splitlines())
    return plain.strip()
