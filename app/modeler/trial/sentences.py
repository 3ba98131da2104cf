"""What happened in a trial, in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app import clock
from app.auth.language import locale
from app.engine.errors import Conflict, Refused
from app.modeler.trial import stubs
from app.modeler.trial.observing import Difference
from app.modeler.trial.steps import StepRefused


def refused(why: StepRefused) -> str:
    """Why a step cannot be carried out."""
    params: dict[str, Any] = {name: _plain(value) for name, value in why.params.items()}
    if "outcome" in params:
        params["errors"] = _wrong(why.params["outcome"])
    written = _REFUSALS[why.code]()
    return str(written.format(**params))


#: code → sentence; functions, so that the reader's language is asked each time
_REFUSALS = {
    "not_a_play": lambda: _("这份内容不是试运行的步骤：要有流程、带时区的开始时间和步骤清单。"),
    "not_a_step": lambda: _("看不懂这一步：{step}"),
    "too_many_steps": lambda: _("步骤超过 {most} 步，请拆成几个场景。"),
    "not_found": lambda: _("找不到要办的对象：{what}"),
    "conflict": lambda: _("这一步做不了：{what}"),
    "too_many_timers": lambda: _("时钟走到这里途中触发的定时器太多，已停下。请检查循环定时器，或分几步推进。"),
    "too_much_work": lambda: _("这一步引起的后续工作没完没了，已停下。请检查图上有没有不等待的循环、互相发个不停的消息。"),
    "start_failed": lambda: _("流程没有启动起来：{what}"),
    "never_there": lambda: _("流程没有走到“{element}”（第 {nth} 次）。"),
    "already_left": lambda: _("流程已经离开“{element}”。"),
    "no_task": lambda: _("“{element}”不是等人办理的任务。"),
    "form_refused": lambda: _("表单没有通过检查（{element}）：{errors}"),
    "no_service_task": lambda: _("“{element}”没有等待回答的服务任务。"),
    "no_timer": lambda: _("没有等待中的定时器。"),
    "backward": lambda: _("时钟只能往前走：{to} 早于现在的 {now}。"),
    "not_a_moment": lambda: _("“{text}”不是带时区的时间，也不是算得出时间的 FEEL 表达式。"),
    "no_incident": lambda: _("“{element}”没有等待处理的异常。"),
}


def _plain(value: Any) -> Any:
    if isinstance(value, Conflict):
        return value.text(locale())
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else value


def _wrong(outcome: Any) -> str:
    said = [f"{path}: {'；'.join(texts)}" for path, texts in outcome.errors.items()]
    said += [finding.text() for finding in outcome.unexplained]
    return "；".join(said[:5])


def not_deployable(why: Refused) -> str:
    """The files cannot be deployed, so nothing can be tried."""
    first = why.problems[0]
    where = f"{first.resource} {first.element_name or first.element_id}".strip()
    return str(_("这些文件不能部署，所以无法试运行：%(where)s：%(what)s", where=where, what=first.text(locale())))


def difference(found: Difference, names: Mapping[str, str] | None = None) -> str:
    """What was not as expected; *names* says what elements are called."""

    def said(elements: list[str]) -> str:
        return "、".join((names or {}).get(element, element) for element in elements)

    if found.kind == "stuck":
        return stuck(said(found.found))
    if found.kind == "ended":
        return str(_("流程已经结束，应当还在进行。") if found.found else _("流程还在进行，应当已经结束。"))
    if found.kind in ("due", "variable"):
        written = (_value(found.expected), _value(found.found))
        if found.kind == "due":
            name = said([found.name])
            return str(_("“%(name)s”的期限应为 %(expected)s，实际为 %(found)s。", name=name, expected=written[0], found=written[1]))
        return str(_("变量 %(name)s 应为 %(expected)s，实际为 %(found)s。", name=found.name, expected=written[0], found=written[1]))
    parts = []
    if found.missing:
        parts.append(_("少了 %(elements)s", elements=said(found.missing)))
    if found.extra:
        parts.append(_("多了 %(elements)s", elements=said(found.extra)))
    what = {"open": _("停留的位置不同"), "path": _("走过的路不同"), "incidents": _("出现的异常不同")}[found.kind]
    return f"{what}：{'；'.join(parts) or _('次序不同')}"


def stuck(where: str) -> str:
    """The process hangs at *where*."""
    return str(_("停在“%(where)s”，没有人或事件能使其继续。", where=where))


def _value(value: Any) -> str:
    if value in (None, ""):
        return str(_("（没有）"))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def step(done: dict[str, Any], names: dict[tuple[str, str], str]) -> str:
    """One step as a line: what was done."""
    at = names.get((done.get("process", ""), done.get("at", "")), "") or done.get("at", "")
    if at == stubs.ELEMENT:
        at = str(_("替身：%(process)s", process=done.get("process", "")))
    kind = done["do"]
    if kind == "start":
        return str(_("启动流程"))
    if kind == "complete":
        return str(_("办结“%(name)s”", name=at))
    if kind == "answer":
        if done.get("failure"):
            return str(_("“%(name)s”执行失败", name=at))
        if done.get("error"):
            return str(_("“%(name)s”返回错误 %(code)s", name=at, code=done["error"]))
        return str(_("回答“%(name)s”", name=at))
    if kind == "message":
        return str(_("发布消息 %(name)s", name=done.get("name", "")))
    if kind == "signal":
        return str(_("广播信号 %(name)s", name=done.get("name", "")))
    if kind == "clock":
        return str(_("时钟走到下一个定时器") if done.get("to") == "next" else _("时钟走到 %(to)s", to=_moment(done.get("to", ""))))
    return str(_("重试“%(name)s”", name=at))


def _moment(written: str) -> str:
    try:
        return f"{clock.local(datetime.fromisoformat(written)):%Y-%m-%d %H:%M}"
    except ValueError:
        return written
