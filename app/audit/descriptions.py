"""A record as a sentence that a person can read, in Chinese and in English."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app import clock, personal
from app.audit import stored, wording
from app.audit.queries import Record
from app.audit.sentences import TEXTS
from app.audit.surroundings import Surroundings
from app.auth import roles
from app.engine.actor import SYSTEM

#: How an English sentence begins that tells what happened by somebody's act, not what he did.
_PASSIVE = ("the ", "something ", "nobody ", "“")
#: Longest text of somebody's own inside a sentence.
LONGEST = 160


def kind_name(kind: str, locale: str) -> str:
    """What a kind of record is called; the kind itself where nobody has named it."""
    found = TEXTS.get(kind)
    return found[2 if locale == "en" else 0] if found else kind


def sentence(record: Record, around: Surroundings, locale: str) -> str:
    """Who did what, when, for whom: "王某 9:12 代李某 办结柏树村 3组 张三的“录入”（第 2 版流程，第 3 版表单），用时 3 分"."""
    event = record.event
    words = Words(record, around, locale)
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
    return f"{who} {at} {absent}{told}"


class Words(dict[str, str]):
    """The placeholders of a record's sentence. What a record does not say is nothing, never an error."""

    def __init__(self, record: Record, around: Surroundings, locale: str) -> None:
        super().__init__()
        self.record, self.around, self.locale = record, around, locale
        self.detail: Mapping[str, Any] = record.event.detail or {}

    def __missing__(self, name: str) -> str:
        make = _MAKERS.get(name)
        return str(make(self)) if make else self.said(name)

    def said(self, name: str) -> str:
        value = self.detail.get(name)
        if isinstance(value, Mapping) and set(value) == {"gone"}:
            return self.both("（已抹除）", "(erased)")
        text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        text = personal.scrub(" ".join(text.split()))
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

    def both(self, zh: str, en: str) -> str:
        return wording.both(zh, en, self.locale)

    def moment(self, name: str) -> str:
        try:
            return f"{clock.local(datetime.fromisoformat(str(self.detail.get(name)))):%Y-%m-%d %H:%M}"
        except ValueError:
            return self.said(name)

    def person(self, name: str) -> str:
        value = self.detail.get(name)
        return self.around.name(str(value), self.locale) if value else ""


def _about(words: Words) -> str:
    return words.around.about(words.record, words.locale)


def _about_s(words: Words) -> str:
    about = _about(words)
    return f" {about} 的" if about else ""


def _of_about(words: Words) -> str:
    about = _about(words)
    return words.both(f"（{about}）", f" of {about}") if about else ""


def _versions(words: Words) -> str:
    """（第 2 版流程，第 3 版表单《户表》）"""
    record = words.record
    process = (
        words.detail.get("version") if record.event.kind == "instance.started" else record.instance.version if record.instance else None
    )
    parts = [words.both(f"第 {process} 版流程", f"version {process} of the process")] if process else []
    if record.event.kind == "task.completed" and words.detail.get("form"):
        form, version = wording.title(words.around.form(words.said("form")), words.locale), words.said("version")
        parts.append(words.both(f"第 {version} 版表单{form}", f"version {version} of the form {form}"))
    return words.both(f"（{'，'.join(parts)}）", f" ({', '.join(parts)})") if parts else ""


def _steps(words: Words) -> str:
    """What was left and what was entered, as the diagram calls it: nameless gateways say nothing."""
    here = {str(each[0]) for each in words.detail.get("left") or ()}
    entered = words.detail.get("entered") or ()
    ends = [wording.flat(each[2] or "") for each in entered if str(each[0]) not in here]
    left = [
        words.around.element_of(words.record, str(each[1]))
        for each in words.detail.get("left") or ()
        if str(each[0]) not in {str(e[0]) for e in entered}
    ]
    gone, come = ("、".join(f"“{name}”" for name in dict.fromkeys(names) if name) for names in (left, ends))
    return words.both("，离开{0}", ", leaving {0}").format(gone) * bool(gone) + words.both("，到达{0}", ", reaching {0}").format(
        come
    ) * bool(come)


def _form_versions(words: Words) -> str:
    """（第 2 次，第 3 版表单）"""
    revision, version = words.said("revision"), words.said("version")
    parts = [words.both(f"第 {revision} 次", f"revision {revision}")] if revision else []
    parts += [words.both(f"第 {version} 版表单", f"version {version}")] if version else []
    return words.both(f"（{'，'.join(parts)}）", f" ({', '.join(parts)})") if parts else ""


def _changed_fields(words: Words) -> str:
    number = len(words.detail.get("changes") or ())
    return words.both(f"，改动 {number} 项", f", {number} fields changed") if number else ""


def _version(name: str) -> Any:
    """A version: a number, or the definition that it is a version of."""

    def make(words: Words) -> str:
        value = words.detail.get(name)
        return str(value.get("version", "")) if isinstance(value, Mapping) else words.said(name)

    return make


def _places(words: Words) -> str:
    return "、".join(str(each) for name in ("villages", "groups") for each in words.detail.get(name) or ())


def _took(words: Words) -> str:
    spent = words.around.took(words.record)
    return words.both(f"，用时 {_span(spent, 'zh')}", f", within {_span(spent, 'en')}") if spent is not None else ""


def _span(spent: timedelta, locale: str) -> str:
    minutes = int(spent.total_seconds() // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    units = ((days, "天", "d"), (hours, "小时", "h"), (minutes, "分", "min"))
    shown = [f"{number} {en if locale == 'en' else zh}" for number, zh, en in units if number]
    return " ".join(shown[:2]) or wording.both("不到 1 分", "less than a minute", locale)


def _because(words: Words) -> str:
    reason = words.said("reason") or words.said("cause")
    return words.both(f"，理由：{reason}", f", because: {reason}") if reason else ""


def _canceled_by(words: Words) -> str:
    cause = str(words.detail.get("cause") or "")
    return words.around.cause(words.record, cause, words.locale)


def _offered(words: Words) -> str:
    groups = [words.around.group(str(each), words.locale) for each in words.detail.get("groups") or ()]
    groups += [words.around.name(str(each), words.locale) for each in words.detail.get("users") or ()]
    if words.detail.get("assignee"):
        groups = [words.person("assignee")]
    names = words.both("、", ", ").join(groups)
    return words.both(f"，交给{names}", f" for {names}") if names else ""


def _changes(words: Words) -> str:
    changed = words.detail.get("variables") or words.detail.get("changed") or {}
    shown = []
    for name, value in list(changed.items())[:8] if isinstance(changed, Mapping) else ():
        old, new = (value.get("old"), value.get("new")) if isinstance(value, Mapping) else value if _is_pair(value) else ("", value)
        shown.append(f"{name} {_short(name, old)} → {_short(name, new)}")
    return words.both("；", "; ").join(shown)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2


def _short(name: str, value: Any) -> str:
    text = json.dumps(stored.masked(value, name), ensure_ascii=False) if value not in (None, "") else "—"
    return text if len(text) <= 60 else text[:59] + "…"


def _named(words: Words) -> str:
    found = [f"{each.get('id')} {each.get('version')}" for each in words.detail.get("definitions") or ()]
    more = "…" if len(found) > 6 else ""
    return words.both("：", ": ") + "、".join(found[:6]) + more if found else ""


def _household(words: Words) -> str:
    return words.around.household(words.record, words.said("household"))


def _optional(name: str, zh: str, en: str) -> Any:
    def make(words: Words) -> str:
        said = words.said(name)
        return words.both(zh, en).format(said) if said and said != "false" else ""

    return make


_MAKERS: Mapping[str, Any] = {
    "kind": lambda w: w.said("kind") if w.record.event.kind in TEXTS else w.record.event.kind,
    "about": _about,
    "about_s": _about_s,
    "of_about": _of_about,
    "process": lambda w: wording.title(w.around.process(w.record), w.locale),
    "steps": _steps,
    "element": lambda w: w.around.element(w.record),
    "task": lambda w: (
        wording.flat(w.said("name")) if w.record.event.kind.startswith("task.") and w.said("name") else w.around.element(w.record)
    ),
    "form": lambda w: wording.title(w.around.form(w.said("form")), w.locale),
    "versions": _versions,
    "took": _took,
    "because": _because,
    "canceled_by": _canceled_by,
    "offered": _offered,
    "changes": _changes,
    "named": _named,
    "count": lambda w: len(w.detail.get("definitions") or ()),
    "comment": _optional("comment", "（{0}）", " ({0})"),
    "due": lambda w: w.moment("due_at"),
    "deadline_s": lambda w: w.moment("deadline"),
    "until_s": lambda w: w.moment("until"),
    "from_s": lambda w: w.moment("from"),
    "to_name": lambda w: w.person("to"),
    "rectifier": lambda w: w.person("rectified_by"),
    "signer_name": lambda w: w.person("signer"),
    "absent_name": lambda w: w.person("absent"),
    "substitute_name": lambda w: w.person("substitute"),
    "username_name": lambda w: w.person("username"),
    "role_name": lambda w: roles.label(w.said("role"), w.locale),
    "scope_s": _optional("scope", "（{0}）", " ({0})"),
    "number": lambda w: w.record.event.subject.partition(":")[2],
    "code": lambda w: w.said("code") or w.record.event.subject.partition(":")[2],
    "household_s": lambda w: w.both("（{0}）", " of {0}").format(_household(w)) if w.said("household") else "",
    "household_of": lambda w: w.both(f" {_household(w)} ", _household(w)),
    "held": lambda w: w.both("（该指标暂挂）", " (the field is held)") if w.detail.get("held") else "",
    "linked": _optional("linked_to", "（与 {0} 有关）", " (about {0})"),
    "note_s": _optional("note", "：{0}", ": {0}"),
    "responsible_s": lambda w: (
        w.both("，落实给 {0}", ", assigned to {0}").format(w.person("responsible")) if w.detail.get("responsible") else ""
    ),
    "document_name": lambda w: wording.document(w.said("document") or w.said("kind"), w.locale),
    "manner_name": lambda w: wording.manner(w.said("manner"), w.locale),
    "late_s": lambda w: w.both("（逾期）", " late") if w.detail.get("late") else "",
    "holiday_s": lambda w: (
        w.both("取消节假日或补班", "no longer a holiday or make-up day:")
        if w.detail.get("removed")
        else w.both("登记节假日或补班", "entered a holiday or make-up day:")
    ),
    "resolved_how": lambda w: w.both("已改正", "corrected") if w.detail.get("how") == "corrected" else w.both("已答复", "answered"),
    "size": lambda w: f"{int(w.detail.get('size') or 0) // 1024 + 1} KB",
    "form_versions": _form_versions,
    "changed_fields": _changed_fields,
    "from_version": _version("from"),
    "to_version": _version("to"),
    "old_s": lambda w: w.moment("old"),
    "new_s": lambda w: w.moment("new"),
    "places": _places,
    "seal_number": lambda w: w.said("number"),
    "origin": lambda w: w.record.event.origin,
}
