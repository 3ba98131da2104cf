"""Sentences about expressions: code -> (Chinese, English)."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "token": (
        "表达式“{expression}”第 {position} 个字符处的“{token}”不合 FEEL 语法，请检查此处。",
        "The expression “{expression}” is not valid FEEL: “{token}” at character {position} is out of place.",
    ),
    "unfinished": (
        "表达式“{expression}”在第 {position} 个字符处没有写完，请补全。",
        "The expression “{expression}” is incomplete at character {position}.",
    ),
    "digits": (
        "表达式“{expression}”第 {position} 个字符处的数“{token}”过大或超过 34 位有效数字，无法精确计算。请缩短，或加引号写成文本。",
        "The number “{token}” at character {position} of “{expression}” is too large or has more than 34 digits: shorten it or quote it.",
    ),
    "function": (
        "表达式“{expression}”第 {position} 个字符处调用了 FEEL 没有的函数“{token}”。请检查名称，相近的有：{known}。",
        "The expression “{expression}” calls “{token}” at character {position}, a function that FEEL does not have. Similar: {known}.",
    ),
    "runtime": (
        "表达式“{expression}”无法求值：{reason_text}",
        "The expression “{expression}” cannot be evaluated: {reason_text}",
    ),
    "digits_value": (
        "变量中有超过 {digits} 位有效数字的数，无法精确计算。请缩短，或改为文本。",
        "A variable holds a number of more than {digits} digits, which cannot be computed with exactly: shorten it or make it a text.",
    ),
    "value": ("变量中有 FEEL 不能表示的值：{reason_text}", "A variable holds a value that FEEL does not have: {reason_text}"),
    "limit_time": (
        "表达式计算超过 0.5 秒，已停止。请简化表达式或缩小范围。",
        "The expression computed for more than 0.5 s and was stopped. Simplify it or narrow its ranges.",
    ),
    "limit_memory": (
        "表达式占用内存超过 32 MiB，已停止。请缩小数据或范围。",
        "The expression used more than 32 MiB and was stopped. Use less data or narrower ranges.",
    ),
    "limit_depth": (
        "表达式递归过深，已停止。请检查函数是否会结束。",
        "The expression recurs too deeply and was stopped. Make sure that its functions end.",
    ),
    "limit_output": (
        "表达式的结果超过 1 MiB。请只返回需要的部分。",
        "The result of the expression has more than 1 MiB. Return only what is needed.",
    ),
    "limit_length": (
        "表达式长度超过 65536 个字符。请拆分。",
        "The expression has more than 65,536 characters. Split it.",
    ),
    "limit_engine": (
        "表达式被中止。请简化后重试。",
        "The expression was stopped. Simplify it and try again.",
    ),
    "limit_busy": (
        "表达式引擎正忙，请稍后重试。",
        "The expression engine is busy. Try again in a moment.",
    ),
}
