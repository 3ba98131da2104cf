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
