"""What exports say in both languages, whoever takes them."""

from __future__ import annotations

#: Chinese, English, width
COLUMNS = (
    ("记录编号", "record", 20),
    ("活动时间", "campaign time", 20),
    ("机器时间", "machine time", 20),
    ("种类", "kind", 22),
    ("种类名称", "name of the kind", 16),
    ("经过", "what happened (Chinese)", 70),
    ("经过（英文）", "what happened (English)", 70),
    ("人员", "person", 14),
    ("代谁", "on behalf of", 14),
    ("来源", "origin", 14),
    ("活动", "campaign", 10),
    ("流程", "process", 20),
    ("流程实例", "process instance", 20),
    ("元素", "element", 20),
    ("对象", "subject", 22),
    ("村", "village", 8),
    ("户", "household", 12),
    ("明细", "detail", 60),
    ("链", "chain", 20),
    ("链上位置", "place in the chain", 10),
    ("摘要", "hash", 66),
)
CONFLICTS = {
    "export_decided": ("这项导出申请已经处理。", "This request has been decided already."),
    "export_same_person": ("申请人不能自己批准，须由另一位审计员批准。", "Another auditor than who asked must confirm."),
    "export_not_confirmed": ("这项导出还没有获批，或者已经过期。", "This export is not confirmed, or its day is over."),
    "export_reason": ("请写明理由。", "Please give a reason."),
}
