"""How documents write days, moments, yes and no, signatures and the number of a document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from app import clock, unreadable
from app.auth.roles import label as role_label
from app.campaign.models import Signature

#: a line to sign on paper
TO_SIGN = "签字（盖章）：______________ ______年____月____日"

#: what no XML file may hold, and what no spreadsheet should
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def clean(value: Any) -> str:
    """*value* as text without control characters; None is empty."""
    return "" if value is None else _CONTROL.sub("", str(value)).replace("\r\n", "\n").replace("\r", "\n")


def day(value: date | datetime | None) -> str:
    """2020年5月30日: no leading zeros, as GB/T 9704 wants it."""
    if value is None:
        return ""
    if isinstance(value, unreadable.Unreadable):
        return unreadable.WORDS
    local = clock.local(value) if isinstance(value, datetime) else value
    return f"{local.year}年{local.month}月{local.day}日"


def moment(value: datetime | None) -> str:
    """2020年5月30日18:00; the midnight that ends a day is 24:00 of that day."""
    if value is None or isinstance(value, unreadable.Unreadable):
        return day(value)
    local = clock.local(value)
    if local.time() == time(0):
        return f"{day(local.date() - timedelta(days=1))}24:00"
    return f"{day(local)}{local:%H:%M}"


def short(value: datetime | str | None) -> str:
    """05-30 18:00 for cells of tables; ISO text is read, too."""
    if not value:
        return ""
    local = clock.local(datetime.fromisoformat(value) if isinstance(value, str) else value)
    if local.time() == time(0):
        return f"{local - timedelta(days=1):%m-%d} 24:00"
    return f"{local:%m-%d %H:%M}"


def hexagonal(number: str) -> str:
    """The year of a document number in hexagonal brackets: 沙扶办督〔2020〕3号."""
    return re.sub(r"[\[(（【〔](\d{4})[\])）】〕]", r"〔\1〕", number)


def paragraphs(text: Any) -> list[str]:
    """The paragraphs of a text that a person typed; empty lines are left out."""
    return [line.strip() for line in clean(text).split("\n") if line.strip()]


def yes_no(value: Any) -> str:
    return {True: "是", False: "否", "yes": "是", "no": "否"}.get(value, clean(value)) if isinstance(value, bool | str) else clean(value)


def signed(row: Signature, name: str, absent: str = "") -> str:
    """签字：张三 2020-05-30 — or 已盖章：张三 2020-05-30. A void one says so."""
    word = "已盖章" if row.manner == "seal" else "签字"
    for_whom = f"（代{absent}）" if absent else ""
    return f"{word}：{clean(name)}{for_whom} {clock.local(row.signed_at):%Y-%m-%d}{voided(row)}"


def voided(row: Signature | None) -> str:
    """（2020-05-30作废：退回修改） behind a signature that no longer counts; "" of others."""
    return f"（{clock.local(row.voided_at):%Y-%m-%d}作废：{clean(row.void_reason)}）" if row and row.voided_at else ""


def newest_of_roles(rows: Iterable[Signature], roles: Iterable[str]) -> list[Signature | None]:
    """The signature that stands on each role's line."""
    newest: dict[str, Signature] = {}
    for row in rows:
        held = newest.get(row.role)
        if held is None or held.voided_at is not None or row.voided_at is None:
            newest[row.role] = row
    return [newest.get(role) for role in roles]


def signature_lines(rows: Iterable[Signature], roles: Sequence[str], names: dict[str, str]) -> list[dict[str, str]]:
    """For each role that must sign: who it is and what stands there now; an empty line to sign when nobody has."""
    lines = []
    for role, last in zip(roles, newest_of_roles(rows, roles), strict=True):
        text = signed(last, names.get(last.signer, last.signer), names.get(last.on_behalf_of, last.on_behalf_of)) if last else ""
        lines.append({"职务": role_label(role, "zh"), "签字": text or TO_SIGN})
    return lines
