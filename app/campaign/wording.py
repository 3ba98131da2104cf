"""What codes are called on pages, and in which colour they stand."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString, get_locale
from flask_babel import lazy_gettext as _l

#: stage → (words, state for the badge)
STAGES: Mapping[str, tuple[LazyString, str]] = {
    "waiting": (_l("待入户"), "wait"),
    "submitted": (_l("待审核"), "here"),
    "returned": (_l("已退回"), "warn"),
    "reviewed": (_l("审核通过"), "here"),
    "joint_reviewed": (_l("会审通过"), "here"),
    "rereviewed": (_l("复审通过"), "done"),
    "entered": (_l("已录入"), "done"),
}

KINDS: Mapping[str, LazyString] = {"registered": _l("建档立卡贫困户"), "key_general": _l("一般农户中的重点户")}

KINDS_SHORT: Mapping[str, LazyString] = {"registered": _l("贫困户"), "key_general": _l("重点户")}

MODES: Mapping[str, LazyString] = {
    "on_site": _l("入户"),
    "remote": _l("举家外出·远程"),
    "proxy": _l("代为回答"),
    "lost_contact": _l("失联"),
}

METHODS: Mapping[str, LazyString] = {"first": _l("首次"), "revisit": _l("重新访问"), "phone": _l("电话核实"), "documents": _l("资料比对")}

PROBLEM_STATES: Mapping[str, tuple[LazyString, str]] = {
    "open": (_l("整改中"), "here"),
    "rectified": (_l("待复核销号"), "warn"),
    "closed": (_l("已销号"), "done"),
    "decided": (_l("已审定"), "done"),
}

PROBLEM_KINDS: Mapping[str, LazyString] = {
    "ledgers_differ": _l("账账不相符"),
    "ledger_differs_from_fact": _l("账实不相符"),
    "missed_risk": _l("漏评风险"),
    "shortfall": _l("标准未达"),
    "other": _l("其他"),
}

RUNGS: Mapping[int, LazyString] = {1: _l("一级 即知即改"), 2: _l("二级 专人整改"), 3: _l("三级 领导审定")}

VILLAGE_FORM: Mapping[str, tuple[LazyString, str]] = {
    "waiting": (_l("等待分户数据"), "wait"),
    "open": (_l("可以填写"), "here"),
    "returned": (_l("已退回"), "warn"),
    "filled": (_l("已填写"), "here"),
    "reviewed": (_l("自查组已复核"), "here"),
    "signed": (_l("两位领导已签字"), "here"),
    "town_approved": (_l("镇扶贫办已审核"), "here"),
    "county_sent": (_l("已报县普查办"), "here"),
    "county_accepted": (_l("县已反馈通过"), "done"),
    "entered": (_l("已录入"), "done"),
}

REPORTS: Mapping[str, tuple[LazyString, str]] = {
    "waiting": (_l("未起草"), "wait"),
    "drafted": (_l("已起草"), "here"),
    "signed": (_l("已签字"), "here"),
    "delivered": (_l("已报送"), "done"),
}

RELATIONS: Mapping[str, LazyString] = {
    "head": _l("户主"),
    "spouse": _l("配偶"),
    "child": _l("子女"),
    "child_in_law": _l("儿媳或女婿"),
    "grandchild": _l("孙子女"),
    "parent": _l("父母"),
    "sibling": _l("兄弟姐妹"),
    "other": _l("其他"),
}

SEXES: Mapping[str, LazyString] = {"male": _l("男"), "female": _l("女")}

POVERTY: Mapping[str, LazyString] = {
    "in_poverty": _l("未脱贫"),
    "out_enjoying_policy": _l("脱贫享受政策"),
    "out_of_poverty": _l("脱贫不享受政策"),
    "returned": _l("返贫"),
}

FORMS: Mapping[str, LazyString] = {
    "household_registered": _l("户表"),
    "household_key_general": _l("重点户表"),
    "verification": _l("三统一、四相符核对表"),
    "nine_documents": _l("九种资料核查表"),
    "review": _l("指导员审核"),
    "self_check": _l("逐项自查自核"),
    "joint_review": _l("会审"),
    "form_code": _l("编码确认"),
    "rereview": _l("复审"),
    "entry_assignment": _l("录入安排"),
    "app_entry": _l("APP录入登记"),
    "consultation": _l("比对佐证"),
    "spot_check": _l("抽查"),
}

DOCUMENTS: Mapping[str, LazyString] = {
    "village_form": _l("村表"),
    "village_report": _l("自查评估报告"),
    "village_problem_list": _l("村问题清单"),
    "principal_decision": _l("领导审定意见"),
    "spot_check_report": _l("抽查验收报告"),
}

JUDGEMENTS: Mapping[str, LazyString] = {
    "continue": _l("继续整改"),
    "assign": _l("落实专人"),
    "escalate": _l("提级办理"),
    "notice": _l("下达督办"),
    "breach": _l("另案移送"),
}

#: kinds of events as people say them
EVENTS: Mapping[str, LazyString] = {
    "problem.raised": _l("发现问题"),
    "problem.rectified": _l("报告已整改"),
    "problem.closed": _l("销号"),
    "problem.reopened": _l("退回继续整改"),
    "problem.moved": _l("层级变动"),
    "problem.decided": _l("领导审定"),
    "document.signed": _l("签字（盖章）"),
    "document.made": _l("生成文书"),
    "template.changed": _l("更换文书模板"),
    "template.withdrawn": _l("恢复原模板"),
    "question.asked": _l("请示"),
    "question.answered": _l("答复"),
    "task.opened": _l("产生任务"),
    "task.completed": _l("办结任务"),
    "task.canceled": _l("任务取消"),
    "task.claimed": _l("领取任务"),
    "task.released": _l("放回任务"),
    "task.handed_over": _l("转交任务"),
    "instance.started": _l("流程启动"),
    "instance.completed": _l("流程结束"),
    "instance.terminated": _l("流程终止"),
    "instance.suspended": _l("流程暂停"),
    "instance.resumed": _l("流程恢复"),
    "children.started": _l("启动子流程"),
    "timer.fired": _l("定时触发"),
    "message.published": _l("发出消息"),
    "message.correlated": _l("消息送达"),
    "signal.sent": _l("发出信号"),
    "variables.changed": _l("改动变量"),
    "incident.created": _l("出现异常"),
    "incident.resolved": _l("异常已处理"),
    "deployment.made": _l("部署"),
    "attachment.added": _l("上传附件"),
    "attachment.removed": _l("删除附件"),
    "comment.made": _l("批注"),
    "comment.answered": _l("回复批注"),
    "comment.resolved": _l("批注已处理"),
    "comment.withdrawn": _l("撤回批注"),
    "account.created": _l("新建账号"),
    "account.opened": _l("启用账号"),
    "account.closed": _l("停用账号"),
    "account.locked": _l("账号锁定"),
    "account.unlocked": _l("解除锁定"),
    "account.signed_in": _l("登录"),
    "account.sign_in_failed": _l("登录失败"),
    "account.signed_out": _l("退出登录"),
    "account.password_changed": _l("修改密码"),
    "account.second_factor_set": _l("启用第二重验证"),
    "account.second_factor_removed": _l("取消第二重验证"),
    "account.token_made": _l("生成接口密钥"),
    "account.token_revoked": _l("作废接口密钥"),
    "role.assigned": _l("授予角色"),
    "role.withdrawn": _l("收回角色"),
    "substitution.made": _l("设定代理"),
    "substitution.ended": _l("结束代理"),
    "personal.unmasked": _l("查看个人信息"),
    "campaign.created": _l("新建活动"),
    "campaign.started": _l("活动启动"),
    "campaign.dates": _l("调整日期"),
    "campaign.deadline": _l("调整期限"),
    "campaign.settings": _l("调整设置"),
    "campaign.holidays": _l("调整节假日"),
    "campaign.village": _l("设置村"),
    "campaign.group": _l("设置工作组"),
    "campaign.place_removed": _l("删除村或工作组"),
    "households.imported": _l("导入农户"),
    "households.exported": _l("导出农户"),
    "households.cleared": _l("移出农户"),
}

IMPORT_STATES: Mapping[str, tuple[LazyString, str]] = {
    "reading": (_l("正在读取"), "here"),
    "checking": (_l("正在校验"), "here"),
    "writing": (_l("正在写入"), "here"),
    "done": (_l("已导入"), "done"),
    "refused": (_l("有错误，未导入"), "late"),
    "failed": (_l("失败，未导入"), "late"),
}


def english() -> bool:
    """Whether this page is read in English."""
    locale = get_locale()
    return locale is not None and locale.language == "en"


def either(zh: str, en: str) -> str:
    """The word in the reader's language; Chinese where there is no English."""
    return en if en and english() else zh
