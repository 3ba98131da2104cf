"""What each kind of record says, Chinese and English beside each other. Placeholders are filled by ``descriptions.py``."""

from __future__ import annotations

from collections.abc import Mapping

from app.audit.sentence_templates import accounts, campaign, work

#: (name of the kind, predicate), each in Chinese and in English
Texts = tuple[str, str, str, str]

TEXTS: Mapping[str, Texts] = {**work.TEXTS, **campaign.TEXTS, **accounts.TEXTS}

#: groups of kinds, for filters
GROUPS: Mapping[str, tuple[str, str]] = {
    "task": ("任务", "Tasks"),
    "instance": ("流程", "Process instances"),
    "problem": ("问题", "Problems"),
    "question": ("请示", "Questions"),
    "comment": ("批注", "Remarks"),
    "attachment": ("附件", "Attachments"),
    "document": ("文书与签字", "Documents and signatures"),
    "timer": ("定时", "Timers"),
    "message": ("消息", "Messages"),
    "incident": ("异常", "Incidents"),
    "campaign": ("活动设置", "Campaign settings"),
    "households": ("农户名册", "Register of households"),
    "deployment": ("部署", "Deployments"),
    "account": ("账号", "Accounts"),
    "role": ("角色", "Roles"),
    "substitution": ("代理", "Substitutions"),
    "form": ("表册", "Forms"),
    "release": ("发布", "Releases"),
    "batch": ("批量处理", "Batches"),
    "records": ("封印", "Seals"),
    "rows": ("业务表", "Tables"),
    "seal": ("寄出封印", "Seals sent by mail"),
    "verification": ("核验", "Verifications"),
    "export": ("导出", "Exports"),
    "personal": ("查看个人信息", "Personal data shown"),
}
