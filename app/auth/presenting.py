"""Words and addresses that templates need on every page."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_skeleton
from flask import current_app, request, url_for
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from app import clock, unreadable

#: A task is "soon" when less than this is left.
SOON = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Due:
    """A due moment in words."""

    text: str
    late: bool
    soon: bool


def due_words(moment: datetime) -> Due:
    """``今天 20:00``, ``5月31日 24:00``, ``逾期 2 天``, by the campaign's clock and zone."""
    now = clock.now()
    if isinstance(moment, unreadable.Unreadable):
        return Due(_("无法读取"), False, False)
    if moment <= now:
        return Due(_late_words(now - moment), True, False)
    here = clock.local(moment)
    hour = here.strftime("%H:%M")
    if hour == "00:00":  # the end of a day belongs to that day
        here, hour = here - timedelta(days=1), "24:00"
    days = (here.date() - clock.local(now).date()).days
    if days == 0:
        text = _("今天 %(time)s", time=hour)
    elif days == 1:
        text = _("明天 %(time)s", time=hour)
    else:
        text = f"{format_skeleton('MMMd', here, locale=get_locale())} {hour}"
    return Due(text, False, moment - now < SOON)


def day_words(day: date) -> str:
    """``6月1日``, ``June 1``."""
    return _("无法读取") if isinstance(day, unreadable.Unreadable) else format_skeleton("MMMMd", day, locale=get_locale())


def _late_words(by: timedelta) -> str:
    hours = int(by.total_seconds() // 3600)
    text: str
    if by.days:
        text = ngettext("逾期 %(num)s 天", "逾期 %(num)s 天", by.days)
    elif hours:
        text = ngettext("逾期 %(num)s 小时", "逾期 %(num)s 小时", hours)
    else:
        text = ngettext("逾期 %(num)s 分钟", "逾期 %(num)s 分钟", max(int(by.total_seconds() // 60), 1))
    return text


def address(**changes: Any) -> str:
    """This page's address with other query values (None removes one). Paging starts again unless it is what changes."""
    values: MultiDict[str, Any] = MultiDict(request.args)
    for name in ("after", "before", *changes):
        values.poplist(name)
    values.update({name: value for name, value in changes.items() if value is not None})
    query = urlencode(list(values.items(multi=True)))
    return f"{request.path}?{query}" if query else request.path


def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so that browsers may keep it for a year."""
    path = Path(current_app.static_folder or "") / name
    stamp = path.stat().st_mtime_ns if path.exists() else 0
    return url_for("static", filename=name, v=_digest(str(path), stamp))


@lru_cache(maxsize=256)
def _digest(path: str, stamp: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12] if stamp else "0"


#: Mark in the header → name; the first that fits counts.
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "HarmonyOS": "HarmonyOS",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}
_BROWSERS = {"MicroMessenger": _l("微信"), "Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}


def device(agent: str) -> str:
    """A user-agent header in two words: ``Chrome · Windows``."""
    words = [next((str(name) for mark, name in known.items() if mark in agent), "") for known in (_BROWSERS, _SYSTEMS)]
    return " · ".join(word for word in words if word) or str(_("未知设备"))
