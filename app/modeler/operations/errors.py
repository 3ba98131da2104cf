"""What the operators' acts say when they cannot be done, and what a dry run says: Chinese and English beside each other."""

from __future__ import annotations

from datetime import datetime

from app.clock import local
from app.engine.errors import CONFLICTS, Conflict, EngineError
from app.engine.rehearsal import Plan

CONFLICTS.update(
    {
        "nothing_chosen": ("没有选中任何实例。", "No instance was chosen."),
        "act_incomplete": (
            "没有做：请把这项操作要的内容填全（变量名和 JSON 新值，或环节）。",
            "Nothing was done: fill in what this act needs (variable and JSON value, or activities).",
        ),
    }
)


class NotYet(EngineError):
    """A rehearsal found obstacles."""

    status = 409

    def __init__(self, found: Plan) -> None:
        super().__init__("cannot_migrate")
        self.found = found

    def text(self, locale: str = "zh") -> str:
        """Why, in ``zh`` or ``en``."""
        return "".join(each.text(locale) for each in self.found.obstacles)


def rehearsed(found: Plan) -> tuple[str, str]:
    """How an instance went on in a dry run, in Chinese and English."""
    steps = " → ".join(found.path) or "—"
    zh = f"可以迁移，接着走：{steps}" + ("；再往前要看表单怎么填" if found.stopped else "")
    en = f"can be migrated and goes on: {steps}" + ("; what follows depends on a form" if found.stopped else "")
    for timer, due, cycle in found.repeats:
        at = f"{local(datetime.fromisoformat(due)):%m-%d %H:%M}" if due else "—"
        zh += f"；定时“{timer}”仍按 {at} 触发，" + (f"以后按 {cycle} 重复" if cycle else "以后不再重复")
        en += f"; the timer “{timer}” still fires at {at} and then " + (f"repeats by {cycle}" if cycle else "no more")
    return zh, en


__all__ = ["Conflict", "NotYet", "rehearsed"]
