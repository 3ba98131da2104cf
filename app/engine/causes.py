"""Causes of incidents in plain words: what happened and what to do."""

from __future__ import annotations

import hashlib
import re

from app.engine import assignment, stuck_joins

#: Incidents that are over by themselves when their cause is gone: trying again changes nothing.
LASTING = frozenset({assignment.KIND, stuck_joins.KIND})

#: kind of incident → (what happened, what to do), Chinese and English
_WORDS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "expression": (
        ("表达式算不出来", "变量缺少或不是想要的样子。更正变量后重试；若是图上写错，改图、发布并迁移后重试。"),
        (
            "An expression cannot be evaluated",
            "A variable is missing or of another shape. Correct it and retry; or change the diagram, release, migrate, retry.",
        ),
    ),
    "gateway": (
        ("网关不知道往哪走", "没有一个条件成立，也没有默认的线。更正条件里用到的变量后重试，或移动令牌。"),
        (
            "A gateway does not know where to go",
            "No condition is true, no flow is default. Correct the variables and retry, or move the token.",
        ),
    ),
    "error": (
        ("办理时出错，没有人接住", "看下面的技术原因。外部原因排除后重试；仍失败，把编号交给开发人员。"),
        ("A failure that nothing catches", "See the technical cause below. Retry when it is gone; if it fails again, tell the developers."),
    ),
    "limit": (
        ("超出限度", "一步里循环或启动的实例太多，或表达式太慢。请检查图上有没有不等待的循环。"),
        ("A limit was exceeded", "One step turned or started too much, or an expression was too slow. Look for a loop that never waits."),
    ),
    "timer": (
        ("时间读不懂", "定时或期限的写法不对，或时间没有时区。更正变量或改图后重试。"),
        ("A time cannot be read", "A timer or due date is written wrongly or has no zone. Correct the variable or the diagram and retry."),
    ),
    "decision": (
        ("决策表得不出结果", "没有规则适用，或适用的规则互相矛盾。改决策表并发布后重试。"),
        ("A decision has no result", "No rule applies, or the rules contradict each other. Change the table, release it and retry."),
    ),
    "process": (
        ("要调用的流程不存在", "发布这个流程，或改图后重试。"),
        ("The called process does not exist", "Release it, or change the diagram, and retry."),
    ),
    "handler": (
        ("没有程序承办这类任务", "任务类型写错，或这台机器上没有装这个程序。改图、发布、迁移后重试。"),
        ("No handler does this kind of task", "Its type is misspelt or not installed here. Change the diagram, release, migrate, retry."),
    ),
    "assignment": (
        (
            "任务无人可以办理",
            "候选人为空，角色无人担任，或账号未开。授予角色、启用账号后自动关闭；候选人写错的，更正变量后移动令牌，让任务重新产生。",
        ),
        (
            "Nobody can take a task",
            "No candidates, a role that nobody holds, or no account. Grant it and this ends; or correct the variable and move the token.",
        ),
    ),
    "stuck": (
        ("流程的一支停住了", "汇合网关在等一支再也不会来的分支，其余各支照常进行。移动令牌补上缺的一支，或改图、发布后迁移。"),
        (
            "One branch of the process stands still",
            "A join waits for a branch that can never come; the others go on. Move a token, or change the diagram, release and migrate.",
        ),
    ),
    "mail": (
        ("封印的邮件寄不出去", "系统会一直再试，不影响办事。看下面的技术原因，检查 DAOPAI_SMTP 开头的设置、收件地址和邮件服务器。"),
        (
            "A seal cannot be sent by mail",
            "It is tried again and again, and holds up no work. See the cause below; check the settings DAOPAI_SMTP…, recipients, server.",
        ),
    ),
    "seal": (
        ("活动结束时的封印做不成", "系统会一直再试，不影响办事。看下面的技术原因，检查 DAOPAI_ANCHORS 的文件夹能否写入。"),
        (
            "The seal at a campaign's end cannot be made",
            "It is tried again and again, and holds up no work. See the cause below; check that the folder DAOPAI_ANCHORS can be written.",
        ),
    ),
    "unsupported": (
        ("图上有引擎不支持的元素", "改图并发布后迁移。"),
        ("The diagram has an unsupported element", "Change the diagram, release it, migrate."),
    ),
}
_OTHER = (("出错了", "看下面的技术原因，排除后重试。"), ("Something failed", "See the technical cause below; retry when it is gone."))

_VALUES = re.compile(r"“[^”]*”|'[^']*'|\"[^\"]*\"|\d+")


def plain(kind: str, locale: str) -> tuple[str, str]:
    """What happened and what to do, in ``zh`` or ``en``."""
    chinese, english = _WORDS.get(kind, _OTHER)
    return english if locale.startswith("en") else chinese


def fingerprint(kind: str, process_id: str, element_id: str, message: str) -> str:
    """The same for incidents of one cause: values and numbers in the message do not count."""
    told = "|".join((kind, process_id, element_id, _VALUES.sub("?", message)))
    return hashlib.sha256(told.encode()).hexdigest()[:16]
