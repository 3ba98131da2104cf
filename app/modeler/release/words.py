"""Words for what differs: properties, element kinds. Codes that are not here are shown as they stand in the file."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.auth.language import locale
from app.engine.problem_words import WORDS

#: path of a property (without the name of an item in brackets) → what people call it
LABELS = {
    "type": _l("种类"),
    "name": _l("名称"),
    "documentation": _l("说明"),
    "description": _l("说明"),
    "lane": _l("泳道"),
    "place": _l("位置"),
    "event": _l("事件种类"),
    "default": _l("默认分支"),
    "sourceRef": _l("起点"),
    "targetRef": _l("终点"),
    "attachedToRef": _l("附着于"),
    "cancelActivity": _l("中断所附任务"),
    "isInterrupting": _l("中断"),
    "triggeredByEvent": _l("由事件触发"),
    "conditionExpression": _l("条件"),
    "isExecutable": _l("可执行"),
    "timeDate": _l("定时：日期"),
    "timeDuration": _l("定时：时长"),
    "timeCycle": _l("定时：周期"),
    "message.name": _l("消息"),
    "message.subscription.correlationKey": _l("消息的关联键"),
    "signal.name": _l("信号"),
    "error.name": _l("错误"),
    "error.errorCode": _l("错误代码"),
    "escalation.name": _l("升级"),
    "escalation.escalationCode": _l("升级代码"),
    "assignmentDefinition.assignee": _l("办理人"),
    "assignmentDefinition.candidateGroups": _l("候选角色"),
    "assignmentDefinition.candidateUsers": _l("候选人员"),
    "formDefinition.formId": _l("表单"),
    "taskSchedule.dueDate": _l("到期时间"),
    "taskSchedule.followUpDate": _l("跟进时间"),
    "priorityDefinition.priority": _l("优先级"),
    "ioMapping.input": _l("输入"),
    "ioMapping.output": _l("输出"),
    "taskHeaders.header": _l("任务头"),
    "properties.property": _l("扩展属性"),
    "taskDefinition.type": _l("任务类型"),
    "taskDefinition.retries": _l("重试次数"),
    "script.expression": _l("脚本"),
    "script.resultVariable": _l("结果变量"),
    "calledDecision.decisionId": _l("决策"),
    "calledDecision.resultVariable": _l("结果变量"),
    "calledElement.processId": _l("调用的流程"),
    "calledElement.propagateAllChildVariables": _l("带回全部变量"),
    "calledElement.propagateAllParentVariables": _l("传入全部变量"),
    "loop.isSequential": _l("多实例：依次"),
    "loop.loopCharacteristics.inputCollection": _l("多实例：输入集合"),
    "loop.loopCharacteristics.inputElement": _l("多实例：输入元素"),
    "loop.loopCharacteristics.outputCollection": _l("多实例：输出集合"),
    "loop.loopCharacteristics.outputElement": _l("多实例：输出元素"),
    "loop.completionCondition": _l("多实例：完成条件"),
    "userTask": _l("用户任务（引擎管理）"),
    "versionTag.value": _l("版本标签"),
    # forms
    "key": _l("数据键"),
    "path": _l("数据路径"),
    "label": _l("标签"),
    "text": _l("文字"),
    "content": _l("内容"),
    "readonly": _l("只读"),
    "disabled": _l("停用"),
    "defaultValue": _l("默认值"),
    "validate.required": _l("必填"),
    "validate.min": _l("最小值"),
    "validate.max": _l("最大值"),
    "validate.minLength": _l("最短"),
    "validate.maxLength": _l("最长"),
    "validate.pattern": _l("格式"),
    "validate.validationType": _l("校验"),
    "conditional.hide": _l("隐藏条件"),
    "valuesExpression": _l("选项表达式"),
    "values": _l("选项"),
    "expression": _l("表达式"),
    "layout.columns": _l("宽度（16 格）"),
    "appearance.suffixAdorner": _l("后缀"),
    "appearance.prefixAdorner": _l("前缀"),
    "properties.title": _l("标题"),
    "properties.titleEn": _l("英文标题"),
    "properties.labelEn": _l("英文标签"),
    "properties.requirement": _l("要求编号"),
    "decimalDigits": _l("小数位"),
    # decisions
    "decisionTable.hitPolicy": _l("命中策略"),
    "decisionTable.aggregation": _l("汇总方式"),
    "literalExpression.text": _l("表达式"),
    "informationRequirement.requiredDecision": _l("依赖的决策"),
    "informationRequirement.requiredInput": _l("依赖的输入"),
    "variable.typeRef": _l("结果类型"),
}

_KINDS = {
    "SequenceFlow": _l("顺序流"),
    "MessageFlow": _l("消息流"),
    "Association": _l("关联"),
    "TextAnnotation": _l("注释"),
    "Group": _l("分组"),
    "DataObjectReference": _l("数据对象"),
    "DataStoreReference": _l("数据存储"),
    "Lane": _l("泳道"),
    "Participant": _l("参与者"),
    "form": _l("表单"),
    "group": _l("分组"),
    "dynamiclist": _l("动态列表"),
    "textfield": _l("文本"),
    "textarea": _l("多行文本"),
    "number": _l("数字"),
    "datetime": _l("日期时间"),
    "checkbox": _l("勾选"),
    "checklist": _l("多选"),
    "radio": _l("单选"),
    "select": _l("下拉"),
    "taglist": _l("标签多选"),
    "text": _l("文字"),
    "html": _l("文字"),
    "table": _l("表格"),
    "image": _l("图片"),
    "filepicker": _l("文件"),
    "expression": _l("计算"),
    "separator": _l("分隔线"),
    "spacer": _l("空白"),
    "button": _l("按钮"),
    "inputData": _l("输入数据"),
    "businessKnowledgeModel": _l("业务知识模型"),
    "itemDefinition": _l("类型"),
}

WHAT = {"added": _l("新增"), "removed": _l("删除"), "changed": _l("改动"), "moved": _l("移动")}
STATES = {
    "WAITING": (_l("待发布"), "warn"),
    "RELEASED": (_l("已发布"), "done"),
    "REJECTED": (_l("已退回"), "late"),
    "WITHDRAWN": (_l("已撤回"), "wait"),
}
FILE_KINDS = {"process": _l("流程"), "decision": _l("决策"), "form": _l("表单")}


def label(path: str) -> str:
    """``values[b].label`` → 选项“b”label; a path that has no word is shown as it is."""
    if path in LABELS:
        return str(LABELS[path])
    head, opened, rest = path.partition("[")
    item, _closed, tail = rest.partition("]")
    if not opened or head not in LABELS:
        return path
    inner = tail.lstrip(".")
    return f"{LABELS[head]} “{item}”" + (f" {LABELS.get(inner, inner)}" if inner else "")


def kinds() -> dict[str, str]:
    """Every kind of element → its word in the reader's language; BPMN's tags also as moddle spells them."""
    index = 1 if locale().startswith("en") else 0
    engine = {code: words[index].removeprefix("An ").removeprefix("A ") for code, words in WORDS.items()}
    return {**engine, **{code[:1].upper() + code[1:]: word for code, word in engine.items()}, **{k: str(v) for k, v in _KINDS.items()}}


def labels() -> dict[str, str]:
    """``LABELS`` in the reader's language, for the browser."""
    return {path: str(word) for path, word in LABELS.items()}
