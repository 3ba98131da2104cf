"""Sentences about decisions: code -> (Chinese, English)."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    # --- at deployment ------------------------------------------------------------------------------------------------
    "not_dmn": (
        "根元素“{root}”不是 DMN 的 definitions。请用 DMN 建模工具导出。",
        "The root element “{root}” is not DMN definitions. Export the file from a DMN modeler.",
    ),
    "dmn_no_decision": ("文件中没有决策。请添加决策。", "There is no decision in the file. Add one."),
    "dmn_no_logic": ("没有决策逻辑。请添加决策表或表达式。", "There is no logic. Add a decision table or an expression."),
    "dmn_unused": (
        "此处没有逻辑，也没有决策用到它：不会部署，流程图不能调用它。",
        "This has no logic and nothing requires it: it is not deployed, and no diagram can call it.",
    ),
    "dmn_empty": (
        "决策中有一处没有填写表达式，此处的结果总是空（null）。请填写，或确认就是要空。",
        "An expression in this decision is empty: its result is always null. Fill it in, or make sure that null is meant.",
    ),
    "dmn_type_circle": (
        "类型“{name}”由自己定义，没有任何值。请改成基本类型。",
        "The type “{name}” is defined by itself and has no values. Base it on another type.",
    ),
    "dmn_import": (
        "文件引入了另一个模型：{name}。不支持引入（import）。请把用到的决策和类型复制到本文件，再删除引入。",
        "The file imports another model: {name}. Imports are not supported. Copy the decisions and types that it uses into this file and "
        "remove the import.",
    ),
    "dmn_language": ("不支持表达式语言“{language}”。请改用 FEEL。", "The expression language “{language}” is not supported. Use FEEL."),
    "dmn_function_kind": ("不支持 {kind} 函数。请改用 FEEL 函数。", "Functions of kind {kind} are not supported. Use FEEL."),
    "dmn_row_length": ("表中有一行的单元格数与列数不符。", "A row of the relation does not have one cell for each column."),
    "dmn_hit_policy": ("不认识命中策略“{policy}”。请重新选择。", "The hit policy “{policy}” is not known. Choose another."),
    "dmn_no_output": ("决策表没有输出列。请添加。", "The decision table has no output column. Add one."),
    "dmn_output_names": (
        "有多个输出列时，每列必须有各自不同的名称。",
        "With several output columns, each needs a name of its own.",
    ),
    "dmn_no_priorities": (
        "命中策略 {policy} 需要输出值的先后次序。请在输出列填写可选值。",
        "The hit policy {policy} needs an order of output values. Fill in the allowed values of an output column.",
    ),
    "dmn_no_input_expression": (
        "输入列“{label}”没有输入表达式。请填写。",
        "The input column “{label}” has no input expression. Fill it in.",
    ),
    "dmn_cells": (
        "规则有 {inputs} 个输入和 {outputs} 个输出单元格，应为 {wanted_inputs} 个和 {wanted_outputs} 个。",
        "The rule has {inputs} input and {outputs} output cells; the table has {wanted_inputs} and {wanted_outputs} columns.",
    ),
    "dmn_reference": (
        "需要的“{reference}”不在此文件中。请重新连接。",
        "“{reference}”, which it requires, is not in this file. Connect it again.",
    ),
    "dmn_cycle": ("决策之间循环依赖：{decisions}。请去掉一条连线。", "The decisions require each other: {decisions}. Remove a connection."),
    "dmn_expression": ("表达式有误：{reason}", "The expression cannot be used: {reason_en}"),
    "needed_outputs": (
        "程序用到决策“{decision}”，缺少输出列：{missing}。请添加。",
        "The product asks for the decision “{decision}”: these output columns are missing: {missing}. Add them.",
    ),
    "needed_many": (
        "程序用到决策“{decision}”的每条命中规则。请将命中策略改为 COLLECT 或 RULE ORDER（不汇总）。",
        "The product asks “{decision}” for every rule that applies. Use the hit policy COLLECT or RULE ORDER, without aggregation.",
    ),
    "needed_one": (
        "程序只用决策“{decision}”的一个结果。请将命中策略改为 UNIQUE 或 FIRST。",
        "The product asks “{decision}” for one answer. Use the hit policy UNIQUE or FIRST.",
    ),
    # --- while evaluating ---------------------------------------------------------------------------------------------
    "dmn_unique": (
        "决策“{decision}”：规则 {rules} 同时命中，而命中策略 UNIQUE 只允许一条。请修改规则或命中策略。",
        "Decision “{decision}”: rules {rules} match at once, but its hit policy UNIQUE allows one. Change the rules or the hit policy.",
    ),
    "dmn_any": (
        "决策“{decision}”：规则 {rules} 同时命中但输出不同，而命中策略 ANY 要求相同。请修改规则或命中策略。",
        "Decision “{decision}”: rules {rules} match with different outputs, but its hit policy ANY wants the same. Change the rules.",
    ),
    "dmn_input_not_allowed": (
        "决策“{decision}”：输入“{input}”的值 {value} 不在可选值（{allowed}）之内。",
        "Decision “{decision}”: the value {value} of input “{input}” is not among its allowed values ({allowed}).",
    ),
    "dmn_output_not_allowed": (
        "决策“{decision}”：输出“{output}”的值 {value} 不在可选值（{allowed}）之内，无法排序。",
        "Decision “{decision}”: the value {value} of output “{output}” is not among its allowed values ({allowed}), so it has no priority.",
    ),
    "dmn_value_not_allowed": (
        "输入“{input}”的值不在可选值（{allowed}）之内。",
        "The value of “{input}” is not among its allowed values ({allowed}).",
    ),
    "dmn_unknown": ("没有决策“{decision}”。文件中有：{known}。", "There is no decision “{decision}”. The file has: {known}."),
}
