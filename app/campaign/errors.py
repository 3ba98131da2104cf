"""The campaign's own conflict sentences, beside the engine's."""

from __future__ import annotations

from app.engine.errors import CONFLICTS, Conflict, NotFound

CONFLICTS.update(
    {
        "problem_without_evidence": (
            "问题 {number} 没有整改佐证，不能销号。请先由整改人补充佐证材料。",
            "Problem {number} has no evidence of its rectification; it cannot be closed. Ask who rectified it to add evidence.",
        ),
        "problem_same_person": (
            "问题 {number} 由本人整改，不能自己销号。请由另一人复核。",
            "You rectified problem {number} yourself; a second person must close it.",
        ),
        "problem_settled": (
            "问题 {number} 已经销号或已审定，不能再改。请刷新页面查看结果。",
            "Problem {number} is closed or decided already. Reload the page to see the outcome.",
        ),
        "campaign_running": (
            "活动已经启动，不能再这样改动。请由管理员在流程实例中处理。",
            "The campaign runs already; this can no longer be changed here. An administrator can change the instance.",
        ),
        "campaign_incomplete": ("还不能启动：{missing}。", "It cannot start yet: {missing}."),
        "import_running": (
            "已有一份表正在导入，请等它结束。",
            "An import is running already; wait until it has ended.",
        ),
        "household_in_work": (
            "农户 {code} 已经开始核查，不能删除。",
            "Household {code} is being worked on and cannot be removed.",
        ),
        "form_code_fixed": ("农户 {code} 的编码已经确定，不能再改。", "The code of household {code} is fixed and cannot change."),
        "receipt_used": ("回执号 {receipt} 已经用过，请核对。", "Receipt number {receipt} has been used already; please check it."),
    }
)

__all__ = ["Conflict", "NotFound"]
