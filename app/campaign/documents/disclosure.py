"""Who reads personal values in the clear on paper, and household forms in words with or without them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Identity
from app.campaign import prefill
from app.campaign.models import CodeItem, Household, Village
from app.engine import definitions
from app.forms import masking, schema, submissions
from app.forms.models import Submission
from app.forms.paths import get

#: form id of each kind of household
FORMS = {"registered": "household_registered", "key_general": "household_key_general"}


def in_the_clear(who: Identity, home: Household) -> bool:
    """The paper form is whole for the office, the household's investigator and its group's instructor; for others it is masked."""
    own = home.work_group in who.scopes("investigator") and home.investigator == who.assignee
    return who.has("office") or own or home.work_group in who.scopes("instructor")


def keys_in(who: Identity, home: Household) -> bool:
    """Who keys an approved form into the App must read it whole (R10): besides the above, the village's data entry."""
    return in_the_clear(who, home) or home.village in who.scopes("data_entry")


def filled(session: Session, home: Household, *, clear: bool) -> tuple[schema.Form, dict[str, Any], Submission | None] | None:
    """The household's form as it was last submitted, otherwise as far as it is known; None without a deployed form."""
    form_id = FORMS.get(home.kind, "household_registered")
    last = submissions.latest(session, home.campaign_id, form_id, f"household:{home.code}")
    if last is not None:
        return submissions.form_of(session, last), submissions.data_of(session, last, unmask=clear), last
    deployed = definitions.newest(session, "form", form_id)
    if deployed is None:
        return None
    form = schema.load(deployed.content)
    data = prefill.form_data(session, home, village_name(session, home))
    return form, data if clear else masking.masked(form, data), None


def village_name(session: Session, home: Household) -> str:
    query = select(Village.name).where(Village.campaign_id == home.campaign_id, Village.code == home.village)
    return session.scalar(query) or home.village


def code_lists(session: Session, campaign_id: int) -> dict[str, dict[str, str]]:
    """List → code → label, for choices whose options the office keeps."""
    lists: dict[str, dict[str, str]] = {}
    rows = session.execute(select(CodeItem.list, CodeItem.code, CodeItem.label_zh).where(CodeItem.campaign_id == campaign_id))
    for name, code, label in rows:
        lists.setdefault(name, {})[code] = label
    return lists


def in_words(node: schema.Node, value: Any, lists: Mapping[str, Mapping[str, str]]) -> str:
    """A field's value as people read it: labels for codes, √ for a tick, the unit behind a number."""
    text, unit = spoken(node, value, lists), str(node.properties.get("unit") or "")
    return f"{text} {unit}" if unit and isinstance(value, int | float) and not isinstance(value, bool) else text


def spoken(node: schema.Node, value: Any, lists: Mapping[str, Mapping[str, str]]) -> str:
    """A field's value without its unit."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return "√" if value else "×"
    if isinstance(value, list):
        if node.type == "filepicker":
            return f"{len(value)} 个附件"
        return "、".join(spoken(node, each, lists) for each in value)
    options = {str(option.get("value")): str(option.get("label")) for option in node.component.get("values") or []}
    named = options or lists.get(str(node.component.get("valuesKey") or node.segments[-1] + "s"), {})
    return named.get(str(value), _plain(value))


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    text = str(value)
    return text[:16].replace("T", " ") if len(text) >= 16 and text[4:5] == "-" and text[10:11] == "T" else text


def value_at(data: Mapping[str, Any], path: str) -> Any:
    """The value of a field that stands outside lists."""
    return get(dict(data), path)
