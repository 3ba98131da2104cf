"""A record as a sentence that a person can read, in Chinese and in English."""

from __future__ import annotations

from app import clock
from app.audit import wording
from app.audit.placeholder_texts import MAKERS
from app.audit.placeholders import Words
from app.audit.queries import Record
from app.audit.sentence_lookups import Surroundings
from app.audit.sentence_templates import TEXTS
from app.engine.actor import SYSTEM

#: How an English sentence begins that tells what happened by somebody's act, not what he did.
_PASSIVE = ("the ", "something ", "nobody ", "“")
#: What happens of itself after somebody's act: Chinese says that the act was before it.
_FOLLOWS = {
    "instance.stepped",
    "instance.completed",
    "task.opened",
    "task.canceled",
    "children.started",
    "message.published",
    "message.correlated",
    "escalation.thrown",
    "incident.created",
}


def kind_name(kind: str, locale: str) -> str:
    """What a kind of record is called; the kind itself where nobody has named it."""
    found = TEXTS.get(kind)
    return found[2 if locale == "en" else 0] if found else kind


def sentence(record: Record, around: Surroundings, locale: str) -> str:
    """Who did what, when, for whom: "王某 9:12 代李某 办结柏树村 3组 张三的“录入”（第 2 版流程，第 3 版表单），用时 3 分"."""
    event = record.event
    words = Words(record, around, locale, MAKERS)
    texts = TEXTS.get(event.kind)
    template = texts[3 if locale == "en" else 1] if texts else wording.both("记录 {kind}{of_about}", "recorded {kind}{of_about}", locale)
    told = " ".join(template.format_map(words).split())
    at = f"{clock.local(event.at):%H:%M}".removeprefix("0")
    who = around.name(event.actor, locale)
    if locale == "en":
        if event.actor == SYSTEM.name:
            return f"{at} {told[:1].upper()}{told[1:]}"
        absent = f", for {around.name(event.on_behalf_of, locale)}" if event.on_behalf_of else ""
        return f"{at} {who}{absent}{':' if told.startswith(_PASSIVE) else ','[: bool(absent)]} {told}"
    absent = f"代{around.name(event.on_behalf_of, locale)} " if event.on_behalf_of else ""
    after = "办理后，" if event.kind in _FOLLOWS and event.actor != SYSTEM.name and event.instance_key else ""
    return f"{who} {at} {absent}{after}{told}"
