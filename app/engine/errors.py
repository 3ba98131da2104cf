"""What can go wrong in the engine. A message tells a user what to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.clock import local


class EngineError(Exception):
    """Base of all engine errors. ``status`` is the HTTP status that fits."""

    status = 500


class NotFound(EngineError):
    """There is nothing with this key. ``kind`` is what was looked for: task, instance, process, incident, activity."""

    status = 404

    def __init__(self, kind: str | None = "", key: int | str | None = None) -> None:
        super().__init__(f"there is no {kind} {key}" if key is not None else kind or NotFound.__doc__)
        self.kind = kind
        self.key = key


class Conflict(EngineError):
    """The state has changed meanwhile: the task is done, the instance has ended or somebody else holds it.

    ``code`` is a key of ``CONFLICTS`` (features may add theirs) or a sentence; ``params`` fill it (times are aware datetimes).
    """

    status = 409

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def text(self, locale: str = "zh") -> str:
        """The sentence in ``zh`` or ``en``; times are the campaign's."""
        if self.code not in CONFLICTS:
            return self.code
        chinese, english = CONFLICTS[self.code]
        shown = {name: f"{local(value):%m-%d %H:%M}" if isinstance(value, datetime) else value for name, value in self.params.items()}
        return (english if locale.startswith("en") else chinese).format(**shown)

    def __str__(self) -> str:
        return self.text("en")


#: Conflict sentences by code: Chinese, English.
CONFLICTS: dict[str, tuple[str, str]] = {
    "task_done": ("{by}已于 {at} 完成了这项任务。", "{by} completed this task at {at}."),
    "task_canceled": ("这项任务已于 {at} 取消，不需要再办理。", "This task was cancelled at {at}; nothing is left to do."),
    "task_held": ("{by}正在办理这项任务。", "{by} is working on this task."),
    "instance_suspended": ("流程已暂停，恢复后才能继续办理。", "The process is suspended; go on when it has been resumed."),
    "instance_ended": ("流程已经结束。", "The process has ended."),
    "instance_active": ("流程没有暂停。", "The process is not suspended."),
    "activity_gone": ("这一步已经结束。", "This activity is no longer open."),
    "message_not_awaited": (
        "没有流程在等待消息“{name}”，消息未送达，未作记录。",
        "No process is waiting for the message “{name}”: it was not delivered and nothing was recorded.",
    ),
    "decision_not_deployed": (
        "决策“{decision}”还没有部署，无法办理，未作记录。请告诉管理员部署后再试。",
        "The decision “{decision}” is not deployed: nothing was recorded. Tell an administrator, then try again.",
    ),
    "decision_without_rule": (
        "决策“{decision}”没有适用于此情形的规则，无法办理，未作记录。请告诉管理员补充规则后再试。",
        "The decision “{decision}” has no rule for this case: nothing was recorded. Tell an administrator, then try again.",
    ),
    "decision_wrong_answer": (
        "决策“{decision}”的输出“{output}”为“{value}”，不能使用，未作记录。请告诉管理员改正规则后再试。",
        "The decision “{decision}” answers “{value}” for “{output}”, which cannot be used: nothing was recorded. Tell an administrator, "
        "then try again.",
    ),
    "request_reused": (
        "这个请求编号已用于另一项内容，请刷新页面后重试。",
        "This request id was used for something else; reload the page and try again.",
    ),
    "retention_too_short": ("至少要保留 {days} 天（六个月）。", "At least {days} days (six months) must be kept."),
    "erasure_running_campaign": ("活动还没有结束，不能清除。", "The campaign has not ended; nothing can be erased."),
    "erasure_too_early": ("保留期未满，{at}以前不能清除。", "It must be kept until {at}."),
    "erasure_nothing": ("请选择要清除的内容。", "Please choose what to erase."),
    "erasure_decided": ("这项清除申请已经处理。", "This request has been decided already."),
    "erasure_same_person": ("申请人不能自己批准，须由另一个人批准。", "Another person than who asked must confirm."),
    "verification_running": ("正在核验，请等它结束。", "A verification is under way; please wait for its end."),
    "task_for_nobody": (
        "目前仍无人可以办理这项任务，异常没有关闭。请先授予角色或启用账号，再重试。",
        "Nobody can take this task yet: the incident stays. Grant the role or open the account, then retry.",
    ),
    "join_waits": (
        "汇合网关仍等不齐，异常没有关闭。请移动令牌补齐分支，或改图、发布后迁移。",
        "The join still waits for ever: the incident stays. Move a token to the missing branch, or release a mended diagram and migrate.",
    ),
    "incident_resolved": ("这个异常已经处理。", "This incident has been resolved already."),
}


class Refused(EngineError):
    """A deployment was refused; ``problems`` says where and why (``definitions.Problem``)."""

    status = 422

    def __init__(self, problems: list[Any]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


class Unreadable(EngineError):
    """A deployed diagram cannot be read: ``id`` and ``version`` say which. Nothing of what runs on it moves, nothing is lost."""

    status = 409

    def __init__(self, id: str, version: int) -> None:
        super().__init__(id, version)
        self.id = id
        self.version = version

    def text(self, locale: str = "zh") -> str:
        """The sentence in ``zh`` or ``en``."""
        if locale.startswith("en"):
            return f"Version {self.version} of the process “{self.id}” cannot be read. Ask an administrator to release it anew and migrate."
        return f"流程“{self.id}”第 {self.version} 版的图无法读取。数据仍在；请管理员改图、发布，再迁移到新版本。"

    def __str__(self) -> str:
        return self.text()


class ExpressionError(EngineError):
    """An expression cannot be evaluated; the message (Chinese, ``english`` beside it) names the expression and the reason."""

    status = 422

    def __init__(self, message: str, *, english: str = "") -> None:
        super().__init__(message)
        self.english = english or message

    def text(self, locale: str = "zh") -> str:
        """The sentence in ``zh`` or ``en``."""
        return self.english if locale.startswith("en") else str(self)


class PrefillFailed(EngineError):
    """A form's formula gave nothing: which field's, and why."""

    def __init__(self, path: str, error: Exception) -> None:
        super().__init__(f"prefill {path}: {error or type(error).__name__}")


class ExpressionLimit(ExpressionError):
    """An expression used more than 0.5 s, 32 MiB or the allowed output size."""


#: The kind of a failure at a limit of time, memory or size: it may work in a moment.
LIMIT = "limit"


class StepFailed(EngineError):
    """A step of a process instance failed; nothing of it was kept. It becomes an incident.

    ``element_id`` is the element at fault, ``kind`` one of ``expression``, ``gateway``, ``error`` (an uncaught BPMN error),
    ``limit``, ``timer``, ``decision``, ``process`` (an unknown called process), ``handler`` (an unknown task type), ``unsupported`` or
    ``gone`` (the activity is no longer open).
    """

    status = 422

    def __init__(self, message: str, *, element_id: str, kind: str = "expression") -> None:
        super().__init__(message)
        self.element_id = element_id
        self.kind = kind

    @classmethod
    def of(cls, error: EngineError, *, element_id: str, kind: str = "expression", message: str = "") -> StepFailed:
        """The failure that *error* is: one at a limit is a matter of the moment, and keeps that name."""
        return cls(message or str(error), element_id=element_id, kind=LIMIT if isinstance(error, ExpressionLimit) else kind)


def cut_off(error: BaseException | None) -> bool:
    """Whether it comes of an expression that was cut off at a limit: on a machine that was busy, this says nothing about the expression."""
    while error is not None and not isinstance(error, ExpressionLimit):
        error = error.__cause__
    return error is not None


class BpmnError(Exception):
    """Raised by a service-task handler to throw a BPMN error with *code* at its task."""

    def __init__(self, code: str, message: str = "", variables: dict[str, Any] | None = None) -> None:
        super().__init__(message or code)
        self.code = code
        self.variables = variables or {}
