"""Phrases about process instances, tasks and what hangs on them. See ``placeholder_texts``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.audit import wording
from app.audit.placeholder_texts import parts
from app.audit.placeholders import Maker, Words
from app.audit.sentence_templates import TEXTS
from app.element_names import spoken_in
from app.engine import assignment, causes
from app.engine.proof import verdict

_IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]+")
#: Definitions that a sentence lists.
_FEW = 5


def _about_s(words: Words) -> str:
    about = words.about()
    return f" {about} 的" if about else ""


def _of_about(words: Words) -> str:
    about = words.about()
    return words.both(f"（{about}）", f" of {about}") if about else ""


def _versions(words: Words) -> str:
    """（第 2 版流程，第 3 版表单《户表》）"""
    record = words.record
    process = words.detail.get("version") if record.event.kind == "instance.started" else words.around.version(record)
    parts = [words.both(f"第 {process} 版流程", f"version {process} of the process")] if process else []
    if record.event.kind == "task.completed" and words.detail.get("form"):
        form, version = wording.title(words.around.form(words.said("form"), words.locale), words.locale), words.said("version")
        parts.append(words.both(f"第 {version} 版表单{form}", f"version {version} of the form {form}"))
    return words.both(f"（{'，'.join(parts)}）", f" ({', '.join(parts)})") if parts else ""


def _steps(words: Words) -> str:
    """What was left, with the cause where it was cancelled, and what was entered, as the diagram calls it."""
    left, entered = words.detail.get("left") or (), words.detail.get("entered") or ()
    here, fresh = {str(each[0]) for each in left}, {str(each[0]) for each in entered}
    ends = words.quoted(spoken_in(words.locale, each[2] or "") for each in entered if str(each[0]) not in here)
    gone: dict[str, list[str]] = {}
    for key, element_id, how, cause in left:
        if str(key) not in fresh:
            why = words.around.cause(words.record, str(cause), words.locale) if how == "canceled" else ""
            gone.setdefault(why, []).append(words.around.element_of(words.record, str(element_id), words.locale))
    parts = [words.both("离开{0}", "leaving {0}").format(words.quoted(names)) for why, names in gone.items() if not why and any(names)]
    parts += [
        words.both("取消{0}（{1}）", "cancelling {0} ({1})").format(words.quoted(names), why)
        for why, names in gone.items()
        if why and any(names)
    ]
    parts += [words.both("到达{0}", "reaching {0}").format(ends)] if ends else []
    return "".join(words.both("，", ", ") + part for part in parts)


def _called(name: str) -> Maker:
    """What the diagram calls a message, a signal or a code, where that is a name for people; identifiers stand in the stored record."""

    def make(words: Words) -> str:
        said = words.said(name)
        return words.both(f"“{said}”", f" “{said}”") if said and not _IDENTIFIER.fullmatch(said) else ""

    return make


def _failure(words: Words) -> str:
    """What failed, in plain words; the engine's own text stands in the stored record."""
    kind = words.said("kind")
    if kind == assignment.KIND:
        return assignment.in_language(kind, str(words.detail.get("message") or ""), words.locale).rstrip("。.")
    return causes.plain(kind, words.locale)[0]


def _correlated(words: Words) -> str:
    key = words.said("correlation_key")
    return words.both(f"（关联键 {key}）", f" (correlation key {key})") if key else ""


def _moved(name: str) -> Maker:
    """An element between which a token was moved by hand."""

    def make(words: Words) -> str:
        element_id = words.said(name)
        return words.around.element_of(words.record, element_id, words.locale) or element_id

    return make


def _form_versions(words: Words) -> str:
    """（第 2 次，第 3 版表单）"""
    revision, version = words.said("revision"), words.said("version")
    parts = [words.both(f"第 {revision} 次", f"revision {revision}")] if revision else []
    parts += [words.both(f"第 {version} 版表单", f"version {version}")] if version else []
    return words.both(f"（{'，'.join(parts)}）", f" ({', '.join(parts)})") if parts else ""


def _changed_fields(words: Words) -> str:
    number = len(words.detail.get("changes") or ())
    return words.both(f"，改动 {number} 项", f", {number} fields changed") if number else ""


def _took(words: Words) -> str:
    spent = words.around.took(words.record)
    return words.both(f"，用时 {parts.span(spent, 'zh')}", f", within {parts.span(spent, 'en')}") if spent is not None else ""


def _missed(words: Words) -> str:
    """A repeating timer that came late left some of its times out."""
    count = words.detail.get("missed")
    return words.both(f"，其间 {count} 次不再补", f", leaving out {count} of its times") if count else ""


def _canceled_by(words: Words) -> str:
    cause = str(words.detail.get("cause") or "")
    return words.around.cause(words.record, cause, words.locale)


def _offered(words: Words) -> str:
    groups = [words.around.group(str(each), words.locale) for each in words.detail.get("groups") or ()]
    groups += [words.around.name(str(each), words.locale) for each in words.detail.get("users") or ()]
    if words.detail.get("assignee"):
        groups = [words.person("assignee")]
    names = words.joined(groups)
    return words.both(f"，交给{names}", f" for {names}") if names else ""


def _named(words: Words) -> str:
    version = words.both("第 {0} 版", "version {0}")
    found = [f"{each.get('id')} {version.format(each.get('version'))}" for each in words.detail.get("definitions") or ()]
    more = "…" if len(found) > _FEW else ""
    return words.both("：", ": ") + words.joined(found[:_FEW]) + more if found else ""


def _reply(words: Words) -> str:
    """What a remark was answered; an empty answer takes back what was said before."""
    if words.said("reply"):
        return words.both("：", ": ") + words.said("reply")
    return words.both("（收回了原来的回复：{0}）", " (took back what had been said: {0})").format(words.said("note"))


MAKERS: Mapping[str, Maker] = {
    "message_name": _called("name"),
    "coded": _called("code"),
    "correlated": _correlated,
    "failure": _failure,
    "kind": lambda w: w.said("kind") if w.record.event.kind in TEXTS else w.record.event.kind,
    "about": Words.about,
    "about_s": _about_s,
    "of_about": _of_about,
    "process": lambda w: wording.title(w.around.process(w.record, w.locale), w.locale),
    "steps": _steps,
    "element": lambda w: w.around.element(w.record, w.locale),
    "task": lambda w: (
        spoken_in(w.locale, w.said("name"))
        if w.record.event.kind.startswith("task.") and w.said("name")
        else w.around.element(w.record, w.locale)
    ),
    "form": lambda w: wording.title(w.around.form(w.said("form"), w.locale), w.locale),
    "versions": _versions,
    "took": _took,
    "canceled_by": _canceled_by,
    "offered": _offered,
    "named": _named,
    "count": lambda w: len(w.detail.get("definitions") or ()),
    "due": lambda w: w.moment("due_at"),
    "missed": _missed,
    "resolved_how": lambda w: w.both("已改正", "corrected") if w.detail.get("how") == "corrected" else w.both("已答复", "answered"),
    "size": lambda w: f"{int(w.detail.get('size') or 0) // 1024 + 1} KB",
    "form_versions": _form_versions,
    "changed_fields": _changed_fields,
    "verdict": lambda w: verdict.sentence(int(w.detail.get("seal") or 0), w.detail.get("result") == "SOUND", w.locale),
    "from_version": parts.version("from"),
    "to_version": parts.version("to"),
    "old_s": lambda w: w.moment("old"),
    "new_s": lambda w: w.moment("new"),
    "from_element": _moved("from"),
    "to_element": _moved("to"),
    "reply": _reply,
}
