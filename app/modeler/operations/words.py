"""What the pages of the operators call states, jobs and acts."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.element_names import spoken
from app.engine import bpmn

#: state of an instance → (word, badge)
STATES: Mapping[str, tuple[LazyString, str]] = {
    "ACTIVE": (_l("运行中"), "here"),
    "SUSPENDED": (_l("已暂停"), "warn"),
    "COMPLETED": (_l("已完成"), "done"),
    "TERMINATED": (_l("已终止"), "wait"),
}
#: kind of job → word
JOBS: Mapping[str, LazyString] = {
    "timer": _l("定时"),
    "timer_start": _l("定时启动"),
    "message_expiry": _l("消息到期"),
    "service": _l("系统任务"),
    "children": _l("启动子流程"),
    "child_ended": _l("子流程结束"),
    "child_escalated": _l("子流程升级"),
    "cancel_children": _l("取消子流程"),
    "message": _l("投递消息"),
    "subscription": _l("查找消息"),
    "restart": _l("再次启动"),
    "signal": _l("广播信号"),
    "signal_delivery": _l("投递信号"),
    "batch": _l("批量操作"),
    "outside": _l("寄出或封印"),
}
#: state of a job → (word, badge)
JOB_STATES: Mapping[str, tuple[LazyString, str]] = {
    "READY": (_l("等待"), "wait"),
    "FAILED": (_l("失败"), "late"),
    "SUSPENDED": (_l("随实例暂停"), "warn"),
}
#: verdict of a migration → (word, badge)
VERDICTS: Mapping[str, tuple[LazyString, str]] = {
    "fine": (_l("可迁移"), "done"),
    "needs": (_l("需指定对应"), "warn"),
    "cannot": (_l("不能迁移"), "late"),
}
#: act on many → word
BATCHES: Mapping[str, LazyString] = {
    "migrate": _l("迁移"),
    "rehearse": _l("试迁移"),
    "take_back": _l("撤回迁移"),
    "cancel": _l("终止"),
    "suspend": _l("暂停"),
    "resume": _l("恢复"),
    "retry": _l("重试"),
    "variable": _l("更正变量"),
    "move": _l("移动令牌"),
    "timer": _l("提前定时"),
}
#: state of an item of a batch → (word, badge)
ITEMS: Mapping[str, tuple[LazyString, str]] = {
    "WAITING": (_l("等待"), "wait"),
    "DONE": (_l("成功"), "done"),
    "FAILED": (_l("失败"), "late"),
}
#: kind of definition → word
KINDS: Mapping[str, LazyString] = {"process": _l("流程"), "decision": _l("决策"), "form": _l("表单")}


#: a name that stands in a diagram, in the reader's language where the catalogue knows it
named = spoken


def option(element: bpmn.Element) -> tuple[str, str]:
    """An element to choose: its id and name."""
    return element.id, named(element.name) or element.id
