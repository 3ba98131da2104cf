"""Phrases about accounts, roles and sign-ins. See ``placeholder_texts``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.audit import wording
from app.audit.placeholder_texts import parts
from app.audit.placeholders import Maker, Words
from app.auth import origins, roles, scopes


def _held_times(words: Words) -> str:
    """From when until when a role is held, and what was said before."""
    now = _span_of(words, words.detail)
    before = _span_of(words, words.detail.get("before") or {})
    if not now and not before:
        return ""
    unbounded = words.both("不限期", "without bounds")
    told = words.both("，期限：{0}", ", held {0}").format(now or unbounded)
    return told + (words.both("（原为{0}）", " (before: {0})").format(before or unbounded) if "before" in words.detail else "")


def _span_of(words: Words, times: Mapping[str, Any]) -> str:
    start, end = (words.moment_of(times.get(name)) for name in ("valid_from", "valid_until"))
    parts = [words.both("自 {0}", "from {0}").format(start)] if start else []
    parts += [words.both("至 {0}", "until {0}").format(end)] if end else []
    return " ".join(parts)


def _failed_at(words: Words) -> str:
    """What of a sign-in was wrong."""
    if words.detail.get("locked"):
        return words.both("（暂停期内）", " (while attempts were held up)")
    told = {"code": ("（验证码不对）", " (wrong code)"), "current": ("（已登录，核对现用密码）", " (signed in, asked for the password)")}
    return words.both(*told.get(words.said("how"), ("", "")))


def _held_up(words: Words) -> str:
    """Who waits: one source under this name, the name from wherever no one is known, or an address under every name."""
    told = {
        "source": ("该来源暂停登录账号 {0} ", "this source may not try {0}"),
        "name": ("未登录过的来源暂停登录账号 {0} ", "sources that never signed in may not try {0}"),
        "address": ("该网络地址暂停登录（最后尝试的账号为 {0}）", "this network address may not try any name (the last was {0})"),
    }
    before = ("账号 {0} 暂停登录", "{0} may not be tried")  # records of a time when the name was held up everywhere
    return words.both(*told.get(words.said("bound"), before)).format(words.said("username"))


def _token_scopes(words: Words) -> str:
    """What a token may do, and until when."""
    codes = [scopes.SCOPES[code] for code in words.said("scopes").split() if code in scopes.SCOPES]
    may = words.both("、", ", ").join(words.both(each.zh, each.en) for each in codes)
    until = words.moment("until") if words.said("until") else ""
    told = words.both("（{0}）", " ({0})").format(may) if may else ""
    return told + (words.both("，有效至 {0}", ", valid until {0}").format(until) if until else "")


def _origin(words: Words) -> str:
    return wording.origin(origins.read(words.record.event.origin).address, words.locale)


#: What was shown (``personal.unmaskable``) → Chinese, English.
_SHOWN = {
    "household.phone": ("联系电话", "telephone"),
    "household.bank": ("银行卡号", "bank card"),
    "member.id_number": ("身份证号", "ID number"),
    "member.health": ("健康状况", "health"),
    "record.detail": ("记录原文", "the record as it is stored"),
    "submission.field": ("表单内容", "a field of a form"),
    "task.reviewed": ("所审表单内容", "a field of the form under review"),
    "task.submitted": ("已报表单内容", "a field of a submitted form"),
    "task.form": ("表单内容", "a field of a form"),
}


def _shown(words: Words) -> str:
    return words.both(*_SHOWN.get(words.said("what"), ("其他内容", "other data")))


MAKERS: Mapping[str, Maker] = {
    "what_s": _shown,
    "until_s": lambda w: w.moment("until"),
    "from_s": lambda w: w.moment("from"),
    "to_name": lambda w: w.person("to"),
    "absent_name": lambda w: w.person("absent"),
    "substitute_name": lambda w: w.person("substitute"),
    "username_name": lambda w: w.person("username"),
    "made_by_name": lambda w: w.person("made_by"),
    "handed_by_name": lambda w: w.person("handed_by"),
    "role_name": lambda w: roles.label(w.said("role"), w.locale),
    "scope_s": parts.optional("scope", "（{0}）", " ({0})"),
    "origin": _origin,
    "until_old": lambda w: w.both("（原定至 {0}）", " (it was to last until {0})").format(w.moment("old")) if w.said("old") else "",
    "held_times": _held_times,
    "failed_at": _failed_at,
    "held_up": _held_up,
    "token_scopes": _token_scopes,
    "seal_number": lambda w: w.said("number"),
}
