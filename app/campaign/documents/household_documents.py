"""The household form on paper (R06, R56) and the sheet from which it is keyed into 渝扶贫APP (R10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Identity
from app.campaign import people, visibility
from app.campaign.documents import app_screens, disclosure, form_words, frozen, phrases
from app.campaign.documents.content import Column, Document, PaperForm, Sheet
from app.campaign.models import FormCode, Household
from app.engine.actor import Actor
from app.forms.models import Submission

#: how the respondent confirmed the form
_CONFIRMED = {"signed": "已签字", "fingerprint": "已捺手印", "recorded": "已远程录音录像确认", "refused": "拒绝签字"}


def household_form(session: Session, who: Identity, about: str) -> Document | None:
    """户表: every field with its members and, as notes, the indicators' explanations."""
    found = _filled(session, who, about)
    if found is None:
        return None
    home, (form, data, last), clear = found
    words = _words(session, home, last)
    lead = "  ".join(part for part in (f"表编码：{words['code']}", f"户编号：{home.code}", _state(last)) if part)
    paper = PaperForm(
        title=form.title(),
        lead=lead,
        sections=form_words.sections(form, data, words["lists"]),
        signatures=_signatures(words, data, last),
        notes=form_words.explanations(form),
    )
    name = f"{form.title()}_{home.code}_{words['head']}"
    detail = {"households": 1, "masked": not clear}
    return Document(name, f"household:{home.code}", form=paper, detail=detail)


def app_entry(session: Session, who: Identity, about: str) -> Document | None:
    """渝扶贫APP录入单: the approved form's values in the order of the App's screens, a box to tick beside each."""
    found = _filled(session, who, about, keying=True)
    if found is None or found[0].approved_at is None:
        return None  # 审核无误后…分户录入: nothing is keyed in before the complete re-review has passed
    home, (form, data, last), clear = found
    words = _words(session, home, last)
    keying = app_screens.of_form(session, form, data, words["lists"])
    keyed = [(screen.title, each.label, f"{each.value} {each.unit}".strip()) for screen in keying.screens for each in screen.values]
    rows = [(number, *line, "□") for number, line in enumerate(keyed, start=1)]
    sheet = Sheet(
        name=home.code,
        title="“渝扶贫APP”录入单",
        lead=f"{words['village']} {home.group_no}组 {words['head']}  户编号：{home.code}  表编码：{words['code']}",
        columns=(
            Column("序号", 6, "center"),
            Column("APP界面", 20),
            Column("指标", 28),
            Column("录入内容", 34),
            Column("核对", 7, "center"),
        ),
        rows=rows,
        notes=(
            f"{_state(last)}，复审通过：{phrases.moment(home.approved_at)}",
            "录入完成后登记APP回执号：____________________  录入人：____________  日期：____________",
        ),
        landscape=False,
    )
    detail = {"households": 1, "masked": not clear}
    return Document(f"渝扶贫APP录入单_{home.code}_{words['head']}", f"household:{home.code}", sheets=(sheet,), detail=detail)


def _filled(session: Session, who: Identity, code: str, *, keying: bool = False) -> tuple[Household, Any, bool] | None:
    """The household among those open to *who*, its form in words, and whether it is in the clear."""
    home = session.scalar(visibility.households_open_to(who).where(Household.code == code))
    if home is None:
        return None
    clear = disclosure.keys_in(who, home) if keying else disclosure.in_the_clear(who, home)
    form = disclosure.filled(session, home, clear=clear)
    return (home, form, clear) if form is not None else None


def keep_approved(session: Session, home: Household, last: Submission, actor: Actor, *, at: datetime) -> None:
    """An approved form is printed with the words of then. Its answers stay in the submission, encrypted, with the version of the form that
    was filled in; what is kept beside it are labels of code lists, names, and who passed it when."""
    session.flush()
    document = Document(f"户表_{home.code}", f"household:{home.code}")
    about: dict[str, Any] = {"stage": "issued", "at": at, "data": _live_words(session, home, last), "submission_key": last.key}
    frozen.keep(session, home.campaign_id, "household_form", document.subject, document, actor, **about)


def _words(session: Session, home: Household, last: Submission | None) -> Mapping[str, Any]:
    """What codes and accounts are called: as kept when this very form was approved, otherwise now."""
    subject = f"household:{home.code}"
    kept = frozen.newest(session, home.campaign_id, "household_form", subject, form=last.key) if last is not None else None
    return kept.data if kept is not None else _live_words(session, home, last)


def _live_words(session: Session, home: Household, last: Submission | None) -> dict[str, Any]:
    names = people.names(session, [home.investigator, last.actor if last else ""])
    return {
        "lists": disclosure.code_lists(session, home.campaign_id),
        "code": _code(session, home),
        "village": disclosure.village_name(session, home),
        "head": home.head,
        "investigator": names.get(last.actor, last.actor) if last else "",
        "reviewed": _reviewed(home),
    }


def _code(session: Session, home: Household) -> str:
    """R36: the confirmed code of the form."""
    query = select(FormCode.code).where(FormCode.campaign_id == home.campaign_id, FormCode.household == home.code)
    return session.scalar(query) or "（未编码）"


def _state(last: Submission | None) -> str:
    if last is None:
        return "尚未报送，所填为系统已知数据"
    return f"第{last.revision}次报送：{phrases.moment(last.at)}"


def _signatures(words: Mapping[str, Any], data: dict[str, Any], last: Submission | None) -> list[str]:
    """Who answered and who asked, as recorded; lines to sign when nobody has."""
    visit: dict[str, Any] = data.get("visit") or {}
    how = _CONFIRMED.get(str(visit.get("signature")), "")
    note = f"（{visit['signature_note']}）" if visit.get("signature_note") else ""
    respondent = (
        f"受访人：{visit.get('respondent') or ''} {how}{note}" if how else "受访人（签字、捺印）：______________ ______年____月____日"
    )
    if last is None:
        return [respondent, f"调查员{phrases.TO_SIGN}"]
    return [respondent, f"调查员：签字：{words['investigator']} {phrases.day(last.at)}", f"审核（指导员）：{words['reviewed']}"]


def _reviewed(home: Household) -> str:
    parts = (("指导员审核通过", home.reviewed_at), ("会审通过", home.joint_reviewed_at), ("复审通过", home.approved_at))
    return "；".join(f"{word} {phrases.day(at)}" for word, at in parts if at is not None) or "（待审核）"
