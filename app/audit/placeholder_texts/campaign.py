"""Phrases about the ledger, documents and the campaign's settings. See ``placeholder_texts``."""

from __future__ import annotations

from collections.abc import Mapping

from app.audit import wording
from app.audit.placeholder_texts import parts
from app.audit.placeholders import Maker, Words


def _places(words: Words) -> str:
    """Villages and work groups; older records have their codes only."""
    rows = [each for name in ("villages", "groups") for each in words.detail.get(name) or ()]
    return words.joined(
        f"{row.get('name') or ''} {row.get('code') or ''}".strip() if isinstance(row, Mapping) else str(row) for row in rows
    )


def _rung(words: Words) -> str:
    """从第 1 级转到第 2 级; again on the same one after a judgement."""
    old, new = words.said("from"), words.said("to")
    if old == new:
        return words.both(f"留在第 {new} 级", f"kept on rung {new}")
    return words.both(f"从第 {old} 级转到第 {new} 级", f"moved from rung {old} to rung {new}")


def _why(words: Words) -> str:
    found = wording.reason(words.said("reason"), words.locale)
    return words.both(f"，理由：{found}", f", because: {found}") if found else ""


def _place_before(words: Words) -> str:
    """What a village or work group was called before, and where it worked."""
    old = words.detail.get("old")
    if not old:
        return ""
    said = f"{old.get('name')}，{old.get('village')}" if isinstance(old, Mapping) else str(old)
    return words.both(f"，原为{said}", f", before: {said.replace('，', ', ')}")


def _days_off(words: Words) -> str:
    first, last = words.said("day"), words.said("until")
    name = words.said("name")
    told = first if last in ("", first) else words.both(f"{first} 至 {last}", f"{first} to {last}")
    return told + (words.both(f"（{name}）", f" ({name})") if name else "")


def _on_document(words: Words) -> str:
    """村表 双龙村; the kind of document is named where what it is about does not say it."""
    about, name = words.about(), wording.document(words.said("document"), words.locale)
    chinese = wording.document(words.said("document"), "zh")
    if about.startswith((chinese, chinese.removeprefix("村"))):
        return words.both(f" {about} ", about)
    return words.both(f" {about} 的“{name}”" if about else f"“{name}”", f"“{name}” of {about}" if about else f"“{name}”")


MAKERS: Mapping[str, Maker] = {
    "because": parts.because,
    "changes": parts.changes,
    "comment": parts.optional("comment", "（{0}）", " ({0})"),
    "deadline_s": lambda w: w.moment("deadline"),
    "rectifier": lambda w: w.person("rectified_by"),
    "signer_name": lambda w: w.person("signer"),
    "number": lambda w: w.record.event.subject.partition(":")[2],
    "code": lambda w: w.said("code") or w.record.event.subject.partition(":")[2],
    "household_s": lambda w: w.both("（{0}）", " of {0}").format(parts.household(w)) if w.said("household") else "",
    "household_of": lambda w: w.both(f" {parts.household(w)} ", parts.household(w)),
    "held": lambda w: w.both("（该指标暂挂）", " (the field is held)") if w.detail.get("held") else "",
    "linked": parts.optional("linked_to", "（与 {0} 有关）", " (about {0})"),
    "note_s": parts.optional("note", "：{0}", ": {0}"),
    "responsible_s": lambda w: (
        w.both("，落实给 {0}", ", assigned to {0}").format(w.person("responsible")) if w.detail.get("responsible") else ""
    ),
    "on_document": _on_document,
    "manner_name": lambda w: wording.manner(w.said("manner"), w.locale),
    "late_s": lambda w: w.both("（逾期）", " late") if w.detail.get("late") else "",
    "holiday_s": lambda w: (
        w.both("取消节假日或补班", "no longer a holiday or make-up day:")
        if w.detail.get("removed")
        else w.both("登记节假日或补班", "entered a holiday or make-up day:")
    ),
    "places": _places,
    "rung": _rung,
    "why": _why,
    "place_before": _place_before,
    "days_off": _days_off,
    "old_deadline": lambda w: w.both("从 {0} ", "from {0} ").format(parts.written(w.said("old"))) if w.said("old") else "",
    "evidence_s": parts.counted("evidence", "佐证 {0} 件", "{0} piece of evidence", "{0} pieces of evidence"),
    "dates_s": lambda w: w.both("，随之改变：", "; with it changed: ") + parts.changes(w) if w.detail.get("changed") else "",
    "field_name": lambda w: w.said("label") or w.said("field"),
    "report": lambda w: w.about() or wording.document(w.said("document") or w.said("kind"), w.locale),
    "file_s": lambda w: f"《{w.said('file')}》" if w.locale == "zh" else f"“{w.said('file')}”",
}
