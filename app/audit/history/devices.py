"""From where an act came, as an auditor reads it: the address, and the device of the sign-in or the API token that the record names."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import wording
from app.auth import origins
from app.auth.models import ApiToken, LoginSession

#: what a browser calls itself → what people call it; the first that fits, since browsers also name those that they came from
_SYSTEMS = {"iPhone": "iPhone", "iPad": "iPad", "HarmonyOS": "HarmonyOS", "Android": "Android", "Windows": "Windows", "Mac OS": "Mac"}
_BROWSERS = {"MicroMessenger": "WeChat", "Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}


def told(session: Session, written: Iterable[str], locale: str) -> dict[str, str]:
    """Origin as it is recorded → in words. Two statements at most."""
    read = {text: origins.read(text) for text in set(written)}
    agents = _agents(session, {each.key for each in read.values() if each.kind == origins.LOGIN})
    labels = _labels(session, {each.key for each in read.values() if each.kind == origins.TOKEN})
    found = {}
    for text, origin in read.items():
        by = agents.get(origin.key, "") if origin.kind == origins.LOGIN else ""
        if origin.kind == origins.TOKEN:
            by = _("接口密钥 %(label)s", label=labels.get(origin.key, "")).strip()
        found[text] = " · ".join(part for part in (wording.origin(origin.address, locale), by) if part)
    return found


def named(agent: str) -> str:
    """A browser and its system: ``Android Chrome``; "" for what is neither."""
    parts = (next((name for sign, name in names.items() if sign in agent), "") for names in (_SYSTEMS, _BROWSERS))
    return " ".join(part for part in parts if part)


def _agents(session: Session, keys: set[int]) -> dict[int, str]:
    if not keys:
        return {}
    rows = session.execute(select(LoginSession.key, LoginSession.agent).where(LoginSession.key.in_(keys)))
    return {key: named(agent) for key, agent in rows}


def _labels(session: Session, keys: set[int]) -> dict[int, str]:
    if not keys:
        return {}
    return dict(session.execute(select(ApiToken.key, ApiToken.label).where(ApiToken.key.in_(keys))).all())
