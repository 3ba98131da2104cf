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
            "问题 {number} 已销号或已审定，本次提交不再有接收环节，未作记录，所填内容已保留。请刷新页面查看办理结果。",
            "Problem {number} is closed or decided already: nothing waits for this and nothing was recorded; what you entered is kept. "
            "Reload the page to see the outcome.",
        ),
        "judgement_not_awaited": (
            "问题 {number} 已不在整改环节，研判意见无人接收，本次未提交、未作记录，所填内容已保留。请将该问题改为“继续整改”后再提交。",
            "Problem {number} is no longer being rectified: nobody receives this decision. Nothing was submitted or recorded; what you "
            "entered is kept. Set this problem to “Go on” and submit again.",
        ),
        "question_at_the_office": (
            "请示 {number} 已报到镇扶贫办，请直接答复。本次未提交，所填内容已保留。",
            "Question {number} lies with the office already: please answer it. Nothing was submitted; what you entered is kept.",
        ),
        "nothing_to_record": (
            "“{task}”所办理的{what}不存在或已被移除，本次提交未作记录，所填内容已保留。请联系镇扶贫办核对后再提交。",
            "There is no {what_en} that “{task}” is about: nothing was recorded; what you entered is kept. Ask the office to look into it, "
            "then submit again.",
        ),
        "signed_figures_changed": (
            "前一签字之后，文件所列数据已有变化（见“起草（上次签字）以来的变化”），不能再签同一份文件，本次未签字。"
            "请选择“退回修改”：前一签字随即作废，签字人都会收到通知，按新数据重新签字。",
            "Figures of this paper changed after the first signature (see what changed): it cannot be signed as it stands, and nothing was "
            "signed. Choose “Return”: the first signature becomes void, both signers are told, and the paper is signed anew.",
        ),
        "campaign_running": (
            "活动已经启动，不能再这样改动。请由管理员在流程实例中处理。",
            "The campaign runs already; this can no longer be changed here. An administrator can change the instance.",
        ),
        "no_schedule": (
            "还没有部署写明工期的流程图（其中须有写作“=deadline”的截止日期）。请先部署，再设置活动；没有保存任何内容。",
            "No diagram with a schedule is deployed (one of its dates must be “=deadline”). Deploy it first; nothing was saved.",
        ),
        "dates_the_same": (
            "这个活动的日期与已发布的流程图一致，没有需要更新的。",
            "The dates of this campaign are those of the released diagram; nothing is to be updated.",
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

#: what a task may be about, in Chinese and English
SPOKEN = {
    "household": ("农户", "household"),
    "village": ("村（社区）", "village"),
    "group": ("工作组", "work group"),
    "form": ("已报送的户表", "submitted household form"),
    "problem": ("问题", "problem"),
    "question": ("请示", "question"),
    "list": ("村级问题清单", "list of problems"),
    "notice": ("督办通知", "supervision notice"),
    "sample": ("抽查样本", "sample of the spot check"),
    "handover": ("移交记录", "hand-over"),
    "ledger": ("当日台账", "ledger of the day"),
}

__all__ = ["SPOKEN", "Conflict", "NotFound"]
