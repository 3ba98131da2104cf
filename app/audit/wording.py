"""What codes in records are called, Chinese and English beside each other: exports need both, whatever the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.auth import roles

_SUBJECTS: Mapping[str, tuple[str, str]] = {
    "household": ("农户 {0}", "household {0}"),
    "problem": ("问题 {0}", "problem {0}"),
    "question": ("请示 {0}", "question {0}"),
    "village": ("村（社区）{0}", "village {0}"),
    "group": ("工作组 {0}", "work group {0}"),
    "list": ("问题清单 {0}", "problem list {0}"),
    "campaign": ("活动 {0}", "campaign {0}"),
    "seals": ("封印邮件", "seals by mail"),
}
_DOCUMENTS: Mapping[str, tuple[str, str]] = {
    "village_form": ("村表", "village form"),
    "village_report": ("自查评估报告", "self-assessment report"),
    "village_problem_list": ("村问题清单", "village's list of problems"),
    "principal_decision": ("领导审定意见", "principals' decision"),
    "spot_check_report": ("抽查验收报告", "spot check report"),
    "town_report": ("镇自查评估报告", "town's self-assessment report"),
}
_MANNERS: Mapping[str, tuple[str, str]] = {"signature": ("签字", "signed"), "seal": ("盖章", "sealed")}
_ORIGINS: Mapping[str, tuple[str, str]] = {
    "worker": ("系统后台", "background worker"),
    "cli": ("命令行", "command line"),
    "simulation": ("模拟", "simulation"),
    "demonstration": ("演示", "demonstration"),
    "api": ("接口", "API"),
}
_MACHINES: Mapping[str, tuple[str, str]] = {
    "system": ("系统", "System"),
    "cli": ("命令行", "The command line"),
    "trial": ("试运行", "A trial"),
}
#: Codes of the classification and of the evening's judgement (R45–R47), and the step that lists what cannot be rectified.
_REASONS: Mapping[str, tuple[str, str]] = {
    "at_once": ("立行立改", "to be rectified at once"),
    "timed": ("限时整改", "to be rectified by a date"),
    "long": ("无法当场整改", "cannot be rectified on the spot"),
    "assign": ("落实专人", "given to a named person"),
    "notice": ("下达督办通知", "a supervision notice is issued"),
    "escalate": ("提级办理", "judged to go up"),
    "breach": ("另案移送", "handed over as a breach"),
    "climb": ("登记提级、报审", "put on the list for the principals"),
}
#: Why a user task ended that nobody completed.
_CAUSES: Mapping[str, tuple[str, str]] = {
    "": ("流程走了另一条路", "the process took another way"),
    "parent": ("上级流程结束", "the process above it ended"),
    "terminate": ("流程终止", "the process was terminated"),
}


#: A line break between Chinese characters is nobody's blank.
_BROKEN = re.compile("(?<=[\u3000-\u9fff\uff00-\uffef])\\s+(?=[\u3000-\u9fff\uff00-\uffef])")


def flat(name: str) -> str:
    """A name as one line."""
    return " ".join(_BROKEN.sub("", name).split())


def title(name: str, locale: str) -> str:
    """The title of a process or form, in its marks."""
    return f"“{name}”" if locale == "en" or "《" in name else f"《{name}》"


def within(name: str) -> str:
    """A title to stand in title marks: those in it become the inner ones, 《〈户表〉逐项自查自核》."""
    return name.replace("《", "〈").replace("》", "〉")


def both(zh: str, en: str, locale: str) -> str:
    """The text in the reader's language."""
    return en if locale == "en" else zh


def subject(text: str, locale: str) -> str:
    """``problem:V05-012`` as people say it."""
    kind, colon, code = text.partition(":")
    if not colon or kind not in _SUBJECTS:
        return text
    return both(*_SUBJECTS[kind], locale).format(code)


def document(code: str, locale: str) -> str:
    return both(*_DOCUMENTS[code], locale) if code in _DOCUMENTS else code


def manner(code: str, locale: str) -> str:
    return both(*_MANNERS.get(code, _MANNERS["signature"]), locale)


def origin(code: str, locale: str) -> str:
    """Where an act came from; an address is shown as it is."""
    return both(*_ORIGINS[code], locale) if code in _ORIGINS else code


def cause(code: str, locale: str) -> str | None:
    """Why something was cancelled, when it was no event of the diagram."""
    return both(*_CAUSES[code], locale) if code in _CAUSES else None


def reason(code: str, locale: str) -> str:
    """Why a problem went to another rung: its category or the evening's judgement; anything else as it was written."""
    return both(*_REASONS[code], locale) if code in _REASONS else code


def machine(username: str, locale: str) -> str:
    """What acts without being a person; any other name as it is."""
    return both(*_MACHINES[username], locale) if username in _MACHINES else username


def group(code: str, locale: str) -> str:
    """``investigator:G03`` as people say it."""
    role, _colon, scope = code.partition(":")
    return f"{roles.label(role, locale)} {scope}".strip()


def canceled_by(element: str, locale: str) -> str:
    return both(f"由“{element}”取消", f"cancelled by “{element}”", locale)


def unnamed(locale: str) -> str:
    """An element that the diagram gives no name."""
    return both("未命名的环节", "an unnamed step", locale)
