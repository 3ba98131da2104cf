# ruff: noqa: E501  (a table: one row, one line)
"""The elements and behaviours that run. Deployment refuses whatever is not in this table; each row names its conformance test."""

from __future__ import annotations

from dataclasses import dataclass

from app.engine.bpmn_model import Element, Process


@dataclass(frozen=True, slots=True)
class Supported:
    """One behaviour: BPMN tag, event kind ("" for none), variant, what it is called, and the test that executes it."""

    kind: str
    event: str
    variant: str
    zh: str
    en: str
    #: file stem in tests/engine/conformance/diagrams
    test: str


def _rows(lines: str) -> tuple[Supported, ...]:
    """Rows from lines of six cells; ``-`` is an empty one."""
    cells = ([cell.strip() for cell in line.split("|")] for line in lines.strip().splitlines())
    return tuple(Supported(*("" if cell == "-" else cell for cell in row)) for row in cells)


STARTS = _rows("""
startEvent | - | - | 空开始事件 | None start event | none-start-end
startEvent | message | - | 消息开始事件 | Message start event | message-start
startEvent | signal | - | 信号开始事件 | Signal start event | signal-start
startEvent | timer | date | 定时开始事件（日期） | Timer start event (date) | timer-start-date
startEvent | timer | duration | 定时开始事件（时长） | Timer start event (duration) | timer-start-duration
startEvent | timer | cycle | 定时开始事件（循环） | Timer start event (cycle) | timer-start-cycle
""")

TASKS = _rows("""
userTask | - | - | 用户任务 | User task | user-task
manualTask | - | - | 手工任务 | Manual task | manual-task
task | - | - | 未定类型的任务（直接通过） | Undefined task (passes through) | undefined-task
scriptTask | - | - | 脚本任务（FEEL） | Script task (FEEL) | script-task
serviceTask | - | - | 服务任务 | Service task | service-task
sendTask | - | job | 发送任务（处理程序） | Send task (handler) | send-task-job
sendTask | message | - | 发送任务（消息） | Send task (message) | send-task
receiveTask | message | - | 接收任务 | Receive task | receive-task
businessRuleTask | - | - | 业务规则任务（DMN） | Business rule task (DMN) | business-rule-task
callActivity | - | - | 调用活动 | Call activity | call-activity
callActivity | - | parallel | 调用活动（多实例，并行） | Call activity (multi-instance, parallel) | call-activity-multi-parallel
callActivity | - | sequential | 调用活动（多实例，顺序） | Call activity (multi-instance, sequential) | call-activity-multi-sequential
subProcess | - | - | 嵌入子流程 | Embedded subprocess | subprocess
""")

EVENT_SUBPROCESSES = _rows("""
subProcess | message | interrupting | 事件子流程（消息，中断） | Event subprocess (message, interrupting) | event-subprocess-message-interrupting
subProcess | message | noninterrupting | 事件子流程（消息，非中断） | Event subprocess (message, non-interrupting) | event-subprocess-message-noninterrupting
subProcess | timer | interrupting | 事件子流程（定时，中断） | Event subprocess (timer, interrupting) | event-subprocess-timer-interrupting
subProcess | timer | noninterrupting | 事件子流程（定时，非中断） | Event subprocess (timer, non-interrupting) | event-subprocess-timer-noninterrupting
subProcess | timer | cycle | 事件子流程（定时循环，非中断） | Event subprocess (timer cycle, non-interrupting) | event-subprocess-timer-cycle
subProcess | signal | interrupting | 事件子流程（信号，中断） | Event subprocess (signal, interrupting) | event-subprocess-signal
subProcess | signal | noninterrupting | 事件子流程（信号，非中断） | Event subprocess (signal, non-interrupting) | event-subprocess-signal-noninterrupting
subProcess | escalation | interrupting | 事件子流程（升级，中断） | Event subprocess (escalation, interrupting) | event-subprocess-escalation-interrupting
subProcess | escalation | noninterrupting | 事件子流程（升级，非中断） | Event subprocess (escalation, non-interrupting) | event-subprocess-escalation-noninterrupting
subProcess | error | interrupting | 事件子流程（错误） | Event subprocess (error) | event-subprocess-error
""")

GATEWAYS = _rows("""
exclusiveGateway | - | - | 排他网关 | Exclusive gateway | exclusive-gateway
parallelGateway | - | - | 并行网关 | Parallel gateway | parallel-gateway
inclusiveGateway | - | - | 包容网关 | Inclusive gateway | inclusive-gateway
eventBasedGateway | - | - | 事件网关 | Event-based gateway | event-based-gateway
""")

BOUNDARIES = _rows("""
boundaryEvent | timer | interrupting | 边界定时事件（中断） | Timer boundary event (interrupting) | boundary-timer-interrupting
boundaryEvent | timer | noninterrupting | 边界定时事件（非中断） | Timer boundary event (non-interrupting) | boundary-timer-noninterrupting
boundaryEvent | timer | cycle | 边界定时事件（循环，非中断） | Timer boundary event (cycle, non-interrupting) | boundary-timer-cycle
boundaryEvent | message | interrupting | 边界消息事件（中断） | Message boundary event (interrupting) | boundary-message-interrupting
boundaryEvent | message | noninterrupting | 边界消息事件（非中断） | Message boundary event (non-interrupting) | boundary-message-noninterrupting
boundaryEvent | signal | interrupting | 边界信号事件（中断） | Signal boundary event (interrupting) | boundary-signal-interrupting
boundaryEvent | signal | noninterrupting | 边界信号事件（非中断） | Signal boundary event (non-interrupting) | boundary-signal-noninterrupting
boundaryEvent | error | interrupting | 边界错误事件 | Error boundary event | boundary-error-service
boundaryEvent | escalation | interrupting | 边界升级事件（中断） | Escalation boundary event (interrupting) | boundary-escalation-interrupting
boundaryEvent | escalation | noninterrupting | 边界升级事件（非中断） | Escalation boundary event (non-interrupting) | boundary-escalation-call
""")

INTERMEDIATE = _rows("""
intermediateCatchEvent | message | - | 中间消息捕获事件 | Message intermediate catch event | catch-message
intermediateCatchEvent | timer | date | 中间定时事件（日期） | Timer intermediate catch event (date) | catch-timer-date
intermediateCatchEvent | timer | duration | 中间定时事件（时长） | Timer intermediate catch event (duration) | catch-timer-duration
intermediateCatchEvent | signal | - | 中间信号捕获事件 | Signal intermediate catch event | catch-signal
intermediateCatchEvent | link | - | 链接捕获事件 | Link catch event | link
intermediateThrowEvent | - | - | 空中间抛出事件 | None intermediate throw event | throw-none
intermediateThrowEvent | message | - | 中间消息抛出事件 | Message intermediate throw event | throw-message
intermediateThrowEvent | message | job | 中间消息抛出事件（处理程序） | Message intermediate throw event (handler) | throw-message-job
intermediateThrowEvent | signal | - | 中间信号抛出事件 | Signal intermediate throw event | throw-signal
intermediateThrowEvent | escalation | - | 中间升级抛出事件 | Escalation intermediate throw event | throw-escalation
intermediateThrowEvent | link | - | 链接抛出事件 | Link throw event | link
""")

ENDS = _rows("""
endEvent | - | - | 空结束事件 | None end event | none-start-end
endEvent | message | - | 消息结束事件 | Message end event | end-message
endEvent | message | job | 消息结束事件（处理程序） | Message end event (handler) | end-message-job
endEvent | signal | - | 信号结束事件 | Signal end event | end-signal
endEvent | error | - | 错误结束事件 | Error end event | end-error
endEvent | escalation | - | 升级结束事件 | Escalation end event | end-escalation
endEvent | terminate | - | 终止结束事件 | Terminate end event | end-terminate
""")

#: Behaviours beyond single elements; their rows are for readers, deployment does not look them up.
BEHAVIOURS = _rows("""
sequenceFlow | - | implicit | 任务的多条流出与流入 | Several flows out of and into a task | implicit-fork-and-merge
callActivity | - | completion | 多实例完成条件 | Completion condition of a multi-instance | call-activity-multi-completion
callActivity | - | isolated | 不传递全部变量的调用活动 | Call activity that does not pass all variables | call-activity-isolated
inclusiveGateway | - | unbalanced | 不成对的包容网关 | Inclusive gateways that are not paired | inclusive-gateway-unbalanced
parallelGateway | - | loop | 循环中的并行网关 | Parallel gateway in a loop | parallel-gateway-in-loop
userTask | - | loop | 绕行多次的循环 | A loop that goes round many times | user-task-loop
ioMapping | - | - | 输入与输出映射、变量作用域 | Input and output mappings, scopes of variables | variables-scopes
dataObjectReference | - | - | 数据对象、注释与分组（不影响执行） | Data objects, annotations and groups (without effect) | data-objects
boundaryEvent | error | call | 错误穿过调用活动 | An error crosses a call activity | boundary-error-call
""")

TABLE: tuple[Supported, ...] = (*STARTS, *TASKS, *EVENT_SUBPROCESSES, *GATEWAYS, *BOUNDARIES, *INTERMEDIATE, *ENDS)
_KEYS = frozenset((row.kind, row.event, row.variant) for row in TABLE)
_EVENTS = frozenset((row.kind, row.event) for row in TABLE)
_KINDS = frozenset(row.kind for row in TABLE)


def supported_elements() -> tuple[Supported, ...]:
    """All rows, for the users' list."""
    return TABLE + BEHAVIOURS


def refusal(element: Element, process: Process) -> tuple[str, dict[str, str]] | None:
    """Problem code and parameters if *element* is not in the table; None if it runs."""
    event = element.event.kind if element.event else ""
    if element.kind not in _KINDS:
        return "unsupported_element", {"kind": element.kind}
    if event == "error" and not element.interrupting:
        return "error_noninterrupting", {}
    if element.kind == "sendTask" and element.task_type:
        event = ""
    if in_event_subprocess(element, process):
        kind, variant = "subProcess", _interrupting(element)
        if ("subProcess", event) not in _EVENTS or not event:
            return "event_subprocess_trigger", {"event": event or "none"}
    else:
        kind, variant = element.kind, _variant(element)
    if (kind, event, variant) in _KEYS:
        return None
    if element.loop is not None and (kind, event, "") in _KEYS:
        return "multi_instance", {"kind": kind}
    if event == "timer" and element.event is not None and element.event.timer == "cycle":
        return "timer_cycle_here", {"kind": kind}
    return "unsupported_event", {"kind": kind, "event": event or "none"}


def in_event_subprocess(element: Element, process: Process) -> bool:
    """Whether *element* is the start event of an event subprocess."""
    scope = process.elements.get(element.scope)
    return element.kind == "startEvent" and scope is not None and scope.triggered_by_event


def _variant(element: Element) -> str:
    event = element.event
    if element.kind == "boundaryEvent":
        return _interrupting(element)
    if element.loop is not None:
        return "sequential" if element.loop.sequential else "parallel"
    if event is not None and event.kind == "timer":
        # without a kind of timer another check speaks
        return event.timer or "duration"
    if element.task_type and element.kind in {"intermediateThrowEvent", "endEvent", "sendTask"}:
        return "job"
    return ""


def _interrupting(element: Element) -> str:
    if element.interrupting:
        return "interrupting"
    return "cycle" if element.event is not None and element.event.timer == "cycle" else "noninterrupting"
