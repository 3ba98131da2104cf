"""Sentences about diagrams: code -> (Chinese, English). Each says what is wrong and what to do."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    # --- the file -----------------------------------------------------------------------------------------------------
    "file_too_large": ("文件有 {size} KB，超过上限 {limit} KB。请拆分文件。", "The file has {size} KB; the limit is {limit} KB. Split it."),
    "xml_malformed": ("不是格式正确的 XML：{reason}。请重新导出文件。", "This is not well-formed XML: {reason}. Export the file again."),
    "xml_encoding": ("不接受编码 {encoding}。请另存为 UTF-8。", "The encoding {encoding} is not accepted. Save the file as UTF-8."),
    "xml_doctype": ("不允许 DOCTYPE 声明。请删除后再上传。", "A DOCTYPE is not allowed. Remove it and try again."),
    "xml_too_deep": ("元素嵌套超过 {limit} 层。请简化文件。", "Elements are nested more than {limit} deep. Simplify the file."),
    "xml_too_many_nodes": (
        "文件的 XML 元素超过 {limit} 个。请拆分流程图。",
        "The file has more than {limit} XML elements. Split the diagram.",
    ),
    "not_bpmn": (
        "根元素“{root}”不是 BPMN 2.0 的 definitions。请用 BPMN 建模工具导出。",
        "The root element “{root}” is not BPMN 2.0 definitions. Export the file from a BPMN modeler.",
    ),
    "no_process": (
        "文件中没有可执行流程。请添加流程并设为可执行。",
        "There is no executable process in the file. Add one and mark it as executable.",
    ),
    "process_without_id": ("流程没有 id。请填写 id。", "The process has no id. Give it one."),
    "process_not_executable": (
        '流程未设为可执行，已跳过。需要运行时请设 isExecutable="true"。',
        'The process is not executable and was skipped. Set isExecutable="true" if it is to run.',
    ),
    "element_without_id": ("元素 {tag} 没有 id。请填写 id。", "An element {tag} has no id. Give it one."),
    "duplicate_id": ("id “{id}”重复。每个元素的 id 必须唯一。", "The id “{id}” is used twice. Give each element an id of its own."),
    "unknown_element": (
        "不认识 BPMN 元素“{tag}”。请删除或改用支持的元素。",
        "The BPMN element “{tag}” is not known. Remove it or use a supported one.",
    ),
    "reference_missing": (
        "引用的 {kind}“{reference}”不存在。请重新选择。",
        "The {kind} “{reference}” that it refers to does not exist. Choose it again.",
    ),
    # --- extension elements -------------------------------------------------------------------------------------------
    "listeners": (
        "不支持监听器（{extension}）。请改用服务任务。",
        "Listeners ({extension}) are not supported. Use a service task instead.",
    ),
    "embedded_form": (
        "不支持内嵌表单。请把表单存为 .form 文件，并在任务上填写表单 id。",
        "Forms inside the diagram are not supported. Save it as a .form file and give the task its form id.",
    ),
    "extension_unsupported": (
        "不支持扩展“{extension}”。请删除。",
        "The extension “{extension}” is not supported. Remove it.",
    ),
    "extension_ignored": ("不认识扩展“{extension}”，运行时忽略。", "The extension “{extension}” is not known and has no effect."),
    "camunda_7": (
        "文件含 Camunda 7 的扩展（camunda:{names}），不会执行。请按 Camunda 8 在属性面板中重新填写。",
        "The file has extensions of Camunda 7 (camunda:{names}), which have no effect. Enter them again as for Camunda 8.",
    ),
    "form_key": (
        "表单用键“{key}”引用，不支持。请改用表单 id（Camunda Form, linked）。",
        "The form is referred to by the key “{key}”, which is not supported. Use a form id (Camunda Form, linked).",
    ),
    "binding_unsupported": (
        "不支持绑定方式“{binding}”。请改为 latest：总是使用最新版本。",
        "The binding “{binding}” is not supported. Use latest: the newest version is always used.",
    ),
    "script_not_feel": (
        "脚本格式“{format}”不支持。脚本只能用 FEEL 表达式（实现方式选 FEEL expression）。",
        "The script format “{format}” is not supported. A script must be a FEEL expression (implementation: FEEL expression).",
    ),
    "script_missing": ("脚本任务没有表达式。请填写 FEEL 表达式。", "The script task has no expression. Fill in a FEEL expression."),
    "flow_missing": (
        "此元素列出的连线“{flow}”不存在。请重新连线。",
        "The flow “{flow}” listed at this element does not exist. Connect it again.",
    ),
    "condition_not_feel": (
        "条件“{expression}”不是 FEEL 表达式。请在前面加“=”。",
        "The condition “{expression}” is not a FEEL expression. Put “=” in front.",
    ),
    # --- not supported ------------------------------------------------------------------------------------------------
    "unsupported_element": ("不支持{kind}。请改用支持的元素。", "{kind} is not supported. Use a supported element."),
    "unsupported_event": (
        "{kind}不支持“{event}”类型。请改用支持的事件。",
        "{kind} does not support the kind “{event}”. Use a supported event.",
    ),
    "timer_cycle_here": (
        "{kind}不能用循环定时。请用日期或时长。",
        "{kind} cannot have a cycle timer. Use a date or a duration.",
    ),
    "event_subprocess_trigger": (
        "事件子流程的开始事件不支持“{event}”类型。请用消息、定时、信号、错误或升级事件。",
        "The start event of an event subprocess cannot be of the kind “{event}”. Use a message, timer, signal, error or escalation event.",
    ),
    "multi_instance": (
        "多实例只支持调用活动。请把要重复的部分放进单独的流程，用调用活动调用。",
        "Only call activities can be multi-instance. Move what repeats into a process of its own and call it.",
    ),
    "error_noninterrupting": ("错误事件必须是中断的。", "An error event must be interrupting."),
    "marker_compensation": (
        "不支持补偿。请用普通流程表达撤销步骤。",
        "Compensation is not supported. Draw the undoing steps as ordinary flow.",
    ),
    "marker_standardLoop": (
        "不支持标准循环标记。请用网关画出循环。",
        "The standard loop marker is not supported. Draw the loop with a gateway.",
    ),
    "marker_loopCardinality": (
        "不支持循环次数（loopCardinality）。请填写输入集合。",
        "A loop cardinality is not supported. Give an input collection.",
    ),
    "marker_instantiate": (
        "不支持由此元素启动流程。请用开始事件。",
        "Starting a process with this element is not supported. Use a start event.",
    ),
    "marker_parallelEvents": ("不支持并行的事件网关。", "A parallel event-based gateway is not supported."),
    "marker_tokenQuantity": ("不支持 startQuantity 与 completionQuantity。", "startQuantity and completionQuantity are not supported."),
    "marker_multiple": ("一个事件只能有一种触发方式。请拆分成多个事件。", "An event can have one trigger only. Use several events."),
    "marker_parallelMultiple": (
        "不支持并行多重事件。请用并行网关和多个事件。",
        "Parallel multiple events are not supported. Use a parallel gateway and several events.",
    ),
    # --- the drawing --------------------------------------------------------------------------------------------------
    "too_many_elements": (
        "流程有 {count} 个元素，上限 {limit} 个。请拆分成子流程并用调用活动连接。",
        "The process has {count} elements; the limit is {limit}. Split it into processes that call each other.",
    ),
    "id_invalid": (
        "id “{id}”无效。请以字母或下划线开头，只用字母、数字、点、连字符和下划线，不超过 {limit} 个字符。",
        "The id “{id}” is not valid. Begin with a letter or underscore, use letters, digits, dots, hyphens, underscores; at most {limit}.",
    ),
    "name_too_long": ("名称超过 {limit} 个字符。请缩短。", "The name has more than {limit} characters. Shorten it."),
    "flow_ends_nowhere": (
        "连线的一端“{missing}”不存在。请把两端都连到元素上。",
        "The flow ends nowhere: “{missing}” does not exist. Connect both ends to elements.",
    ),
    "flow_crosses_scope": (
        "连线“{source}”→“{target}”跨越了子流程边界。请在同一层内连线。",
        "The flow from “{source}” to “{target}” crosses the border of a subprocess. Connect elements of one level.",
    ),
    "flow_into_start": ("连线不能进入开始事件。", "A flow cannot lead into a start event."),
    "flow_into_boundary": ("连线不能进入边界事件。", "A flow cannot lead into a boundary event."),
    "flow_out_of_end": ("连线不能从结束事件引出。", "A flow cannot leave an end event."),
    "flow_at_event_subprocess": ("事件子流程不能有连线。", "An event subprocess cannot have flows."),
    "no_start": ("流程没有开始事件。请添加一个。", "The process has no start event. Add one."),
    "several_none_starts": (
        "流程只能有一个空开始事件，已有“{first}”。",
        "A process can have one none start event only, and there is “{first}” already.",
    ),
    "duplicate_start_name": (
        "两个开始事件使用同一名称“{name}”。请合并。",
        "Two start events have the same name “{name}”. Make them one.",
    ),
    "subprocess_start": (
        "嵌入子流程须有且只有一个空开始事件，现有 {count} 个开始事件。",
        "An embedded subprocess needs exactly one none start event; it has {count} start events.",
    ),
    "event_subprocess_starts": (
        "事件子流程须有且只有一个开始事件，现有 {count} 个。",
        "An event subprocess needs exactly one start event; it has {count}.",
    ),
    "ends_nowhere": (
        "此元素没有流出的连线。请连到下一步或结束事件。",
        "Nothing follows this element. Connect it to the next step or to an end event.",
    ),
    "implicit_end": (
        "此元素没有流出的连线，流程在此结束一路；同层另有结束事件，请确认不是漏画。",
        "Nothing follows this element: its path ends here. There are end events on this level; check that no flow was forgotten.",
    ),
    "join_never_complete": (
        "汇合网关等不齐：从排他网关出来的路只走一条，其余的连线永远等不到，流程会停在这里。请改用排他网关汇合，或改画分支。",
        "This join can never be complete: after an exclusive choice one of its flows never brings a token, and it waits for ever. "
        "Join with an exclusive gateway, or draw the branches otherwise.",
    ),
    "join_may_wait": (
        "走某些分支时，这个汇合网关等不齐，流程会停在这里。请检查它前面的排他网关。",
        "On some branches this join is never complete, and the process waits for ever. Look at the exclusive gateways before it.",
    ),
    "foreign_extensions": (
        "此元素含 {product} 的扩展（{names}），不会执行。请在属性面板中重新填写。",
        "This element has extensions of {product} ({names}), which have no effect. Enter them again in the properties panel.",
    ),
    # --- the schedule -------------------------------------------------------------------------------------------------
    "schedule_name": (
        "日期或时间“{name}”重名，或与活动自带的名称（id、name、days、calendar）相同。请换一个名称。",
        "The date or time “{name}” stands twice, or is a name of the campaign itself (id, name, days, calendar). Choose another.",
    ),
    "schedule_deadline": (
        "须有且只有一个日期写作“=deadline”，即用户填写的截止日；现在是：{dates}。",
        "Exactly one date must be “=deadline”, the date that the user gives; now it is: {dates}.",
    ),
    "schedule_time": (
        "每日时间“{name}”写作“{value}”，应为 HH:MM，如 19:30。",
        "The time of day “{name}” is written “{value}”; write HH:MM, e.g. 19:30.",
    ),
    "schedule_unknown": (
        "没有名为“{name}”的日期。请检查名称，相近的有：{known}。",
        "There is no date “{name}”. Check the name. Similar: {known}.",
    ),
    "gate_count": (
        "关口（gate.count）不能统计“{name}”。请检查写法，相近的有：{known}。",
        "A gate cannot count “{name}” (gate.count). Check how it is written. Similar: {known}.",
    ),
    "schedule_formula": ('{reason}。请改公式，如 =back(11, "08:30")。', '{reason_en}. Write a formula such as =back(11, "08:30").'),
    "schedule_circle": (
        "日期互相引用，无法计算：{dates}。请改其中一个公式。",
        "These dates are computed from each other: {dates}. Change one of the formulas.",
    ),
    "schedule_order": ("“{name}”早于“{other}”。请改公式。", "“{name}” comes before “{other}”. Change the formula."),
    "schedule_late": ("“{name}”晚于“{other}”。请改公式。", "“{name}” comes after “{other}”. Change the formula."),
    "schedule_unused": (
        "没有流程图、决策表或表单读取这些日期：{dates}。不需要的请删除。",
        "No diagram, decision or form reads these dates: {dates}. Delete those that are not needed.",
    ),
    "default_unknown": ("默认流“{flow}”不是从此元素引出的连线。", "The default flow “{flow}” does not leave this element."),
    "unreachable": ("无法到达此元素。请连线或删除。", "This element cannot be reached. Connect it or remove it."),
    "loop_without_wait": (
        "循环（{elements}）中没有任何等待，可能永不停止。请加入用户任务、定时器或次数条件。",
        "The loop ({elements}) never waits and may go on for ever. Put a user task, a timer or a count into it.",
    ),
    "file_name": ("id “{id}”与文件名“{file}”不同。建议一致。", "The id “{id}” differs from the file name “{file}”. Let them agree."),
    "defined_twice": ("{kind}“{id}”在“{other}”中已定义。请改 id。", "The {kind} “{id}” is defined in “{other}” already. Change its id."),
    "file_kind": ("不支持这种文件。请上传 {suffixes}。", "Files of this kind are not supported. Use {suffixes}."),
    # --- gateways -----------------------------------------------------------------------------------------------------
    "gateway_no_way_out": (
        "条件可能全都不成立{example}，流程会卡住。请把一条流出的连线设为默认流。",
        "All conditions may be false{example}, and no way out is left. Mark one of the outgoing flows as the default flow.",
    ),
    "gateway_other_value": (
        "遇到没有列出的值{example}时没有路可走，届时会成为异常，要人处理。请把一条流出的连线设为默认流。",
        "A value that is not listed{example} leaves no way out: that would be an incident for a person. Mark one flow as the default flow.",
    ),
    "flow_without_condition": (
        "网关“{gateway}”的此连线没有条件，也不是默认流。请填写条件或设为默认流。",
        "This flow of gateway “{gateway}” has no condition and is not the default. Give it a condition or mark it as the default flow.",
    ),
    "condition_unexpected": (
        "“{element}”的流出连线不能有条件。请在其后加排他网关。",
        "A flow out of “{element}” cannot have a condition. Put an exclusive gateway behind it.",
    ),
    "default_unexpected": (
        "只有排他网关和包容网关有默认流，此处无效。",
        "Only exclusive and inclusive gateways have a default flow; it has no effect here.",
    ),
    "default_with_condition": ("默认流上的条件不起作用。", "The condition on the default flow has no effect."),
    "event_gateway_flows": (
        "事件网关至少要有两条流出的连线。",
        "An event-based gateway needs at least two outgoing flows.",
    ),
    "event_gateway_target": (
        "事件网关后面只能是消息、定时、信号捕获事件或接收任务，“{target}”不是。",
        "Only message, timer and signal catch events and receive tasks may follow an event-based gateway; “{target}” is none of them.",
    ),
    "event_gateway_target_incoming": (
        "事件网关后面的事件只能有一条流入的连线。",
        "An event behind an event-based gateway can have one incoming flow only.",
    ),
    "event_gateway_same_name": (
        "事件网关后面有两个事件等待同一“{name}”。请合并。",
        "Two events behind the event-based gateway wait for the same “{name}”. Make them one.",
    ),
    # --- events -------------------------------------------------------------------------------------------------------
    "message_without_name": ("没有消息名称。请选择或新建消息。", "There is no message name. Choose a message or make one."),
    "correlation_key_missing": (
        "消息“{name}”没有关联键，无法找到等待它的实例。请填写 correlationKey。",
        "The message “{name}” has no correlation key, so it cannot find the instance that waits. Fill in the subscription correlation key.",
    ),
    "signal_without_name": ("没有信号名称。请选择或新建信号。", "There is no signal name. Choose a signal or make one."),
    "timer_missing": (
        "定时事件须填写一种时间：日期、时长或循环。",
        "A timer event needs exactly one time: a date, a duration or a cycle.",
    ),
    "catch_up": (
        "catchUp 只能写 all（误点几次补几次）或 once（只补一次），这里写的是“{value}”。",
        "catchUp is all (each time that was missed is made up for) or once, not “{value}”.",
    ),
    "catch_up_unused": (
        "catchUp 只对循环定时起作用，写在这里没有效果。",
        "catchUp says something about repeating timers only; here it has no effect.",
    ),
    "code_missing": ("抛出的{event}没有代码。请填写代码。", "The {event} that is thrown has no code. Give it one."),
    "start_name_not_constant": (
        "开始事件的名称“{name}”不能使用变量：启动前还没有变量。",
        "The name “{name}” of a start event cannot use variables: there are none before the start.",
    ),
    "boundary_without_event": (
        "边界事件没有触发方式。请选择消息、定时、信号、错误或升级。",
        "The boundary event has no trigger. Choose one.",
    ),
    "boundary_without_host": (
        "边界事件没有附着在同一层的活动上。请拖到任务或子流程的边框上。",
        "The boundary event is not attached to an activity of its level. Drag it onto the border of a task or subprocess.",
    ),
    "boundary_host": (
        "边界事件不能附着在“{host}”上，只能附着在活动上。",
        "A boundary event cannot stand on “{host}”, only on an activity.",
    ),
    "boundary_never_fires": (
        "“{host}”不会抛出升级事件，此边界事件永不触发。",
        "“{host}” never throws an escalation: this boundary event will not fire.",
    ),
    "link_without_name": ("链接事件没有名称。请填写。", "The link event has no name. Give it one."),
    "link_without_target": (
        "链接“{name}”没有对应的捕获事件，流程会消失。请添加同名的链接捕获事件。",
        "The link “{name}” has no catch event, the flow would end nowhere. Add a link catch event of that name on the same level.",
    ),
    "link_several_targets": ("链接“{name}”有多个捕获事件。只留一个。", "The link “{name}” has several catch events. Keep one."),
    "link_throw_outgoing": ("链接抛出事件不能有流出的连线。", "A link throw event cannot have an outgoing flow."),
    "link_catch_incoming": ("链接捕获事件不能有流入的连线。", "A link catch event cannot have an incoming flow."),
    "same_catch_twice": (
        "与“{other}”等待同样的{event}。请合并或改用不同的名称、代码。",
        "It waits for the same {event} as “{other}”. Make them one or use another name or code.",
    ),
    "requirement_lost": (
        "{requirement} 原来由 {elements} 落实，现在没有任何流程落实它。请在承接它的元素说明中写上编号。",
        "{requirement} was covered by {elements}; no diagram covers it now. Name it in the documentation of the element that does.",
    ),
    "requirement_moved": (
        "{requirement} 原来由 {elements} 落实，本图不再落实它（其他流程仍有）。",
        "{requirement} was covered by {elements}; this diagram no longer does (another one still does).",
    ),
    "variable_unknown": (
        "{what} 用到变量“{name}”，但没有元素或启动方给它赋值。请检查拼写，或用映射赋值；启动时才有的，写进开始事件示例。",
        "{what} reads the variable “{name}”, which no element or caller sets. Check its spelling or map it; if it comes with the start, "
        "name it in the start event's example data.",
    ),
    "gateway_without_default": (
        "这个网关没有默认流。现在的条件总有一个成立，但以后改条件容易卡住；请把一条流出的连线设为默认流。",
        "This gateway has no default flow. One of its conditions always holds today; a later change may leave no way out. "
        "Mark one flow as default.",
    ),
}
