"""Sentences about forms: code -> (Chinese, English)."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "form_not_json": ("表单不是有效的 JSON：{reason}", "The form is not valid JSON: {reason}"),
    "form_without_components": (
        "表单没有 components 列表。请用表单编辑器导出。",
        "The form has no list of components. Export it from a form editor.",
    ),
    "form_type": (
        "表单的 type 是“{type}”，应为 default。请用表单编辑器导出。",
        "The form's type is “{type}”, not default. Export it from a form editor.",
    ),
    "form_id_invalid": (
        "表单没有 id，或 id 无效。请填写不超过 200 个字符的文字。",
        "The form has no id, or not a valid one. Give it a text of at most 200 characters.",
    ),
    "form_rules_invalid": ("表单的 rules 须为决策 id。", "The form's rules must name decision ids."),
    "form_too_deep": ("表单分组嵌套超过 {limit} 层。", "The form's groups are nested more than {limit} deep."),
    "form_too_large": ("表单组件超过 {limit} 个。请拆分表单。", "The form has more than {limit} components. Split it."),
    "form_component_invalid": ("组件格式有误。请用表单编辑器修改。", "The component is malformed. Mend it in a form editor."),
    "form_component_unknown": (
        "不认识组件类型“{type}”。请改用支持的组件。",
        "The component type “{type}” is not known. Use a supported one.",
    ),
    "form_component_unsupported": (
        "不支持组件类型“{type}”：本系统的页面不显示外部网页和文件。请删除，或改用文字、HTML、图片。",
        "The component type “{type}” is not supported: pages here show nothing from outside. Remove it, or use a text, HTML or an image.",
    ),
    "form_attribute": (
        "{what} 的值“{value}”不对，应为{wanted}。请在表单编辑器中修改。",
        "{what} is “{value}”, which is not {wanted_en}. Mend it in the form editor.",
    ),
    "form_key_missing": ("组件（{type}）没有 key 或 path。请填写。", "The component ({type}) has no key or path. Fill it in."),
    "form_key_invalid": (
        "组件的 key “{key}”不是变量名。请以字母开头，只用字母、数字、下划线和点。",
        "The component's key “{key}” is no variable name. Use letters, digits, underscores and dots.",
    ),
    "form_duplicate_key": (
        "key “{key}”重复，或与另一个字段的位置重叠。每个字段的 key 必须唯一。",
        "The key “{key}” is used twice, or lies inside of another field. Give each field a key of its own.",
    ),
    "form_duplicate_id": ("组件 id “{id}”重复。", "The component id “{id}” is used twice."),
    "form_pattern": (
        "格式“{pattern}”不是正则表达式：{reason}。请改正。",
        "The pattern “{pattern}” is no regular expression: {reason}. Correct it.",
    ),
    "form_pattern_long": ("格式超过 {limit} 个字符。请缩短。", "The pattern has more than {limit} characters. Shorten it."),
    "form_pattern_slow": (
        "格式“{pattern}”遇到某些文字要算很久，会卡住填表的人。请去掉重复之中的重复，如把 (a+)+ 改为 a+。",
        "The pattern “{pattern}” takes very long on some texts. Avoid repetitions inside repetitions: write a+ instead of (a+)+.",
    ),
    "form_html_cleaned": (
        "HTML 中的脚本、样式、事件和外部地址不会显示，其余照常显示。",
        "Scripts, styles, handlers and outside addresses in this HTML are left out; the rest is shown.",
    ),
    "prefill_place": (
        "{what} 不能写在这个组件上：它没有可填的值。请写在输入字段、带 path 的分组或动态列表上。",
        "{what} cannot stand on this component: it has no value to fill. Put it on a field, a group with a path or a dynamic list.",
    ),
    "prefill_in_rows": (
        "{what} 不能写在动态列表的行内。请写在列表上，由公式给出全部各行。",
        "{what} cannot stand inside the rows of a list. Put it on the list: its formula gives all rows.",
    ),
    "prefill_not_feel": (
        "{what} 的值“{value}”不是公式。请以 = 开头书写 FEEL 表达式。",
        "{what} is “{value}”, which is no formula. Write FEEL behind “=”.",
    ),
    "prefill_name_unknown": (
        "{what} 用到的名称“{name}”不存在，相近的有：{known}。请改用预填名称，或在用户任务的输入映射中给出。",
        "{what} reads the name “{name}”, which does not exist. Similar: {known}. Use one that can be prefilled, or map it into the task.",
    ),
    "form_image_outside": (
        "图片“{source}”不在本系统内，不会显示。请改用本系统的地址或 data:image/ 开头的 PNG、JPEG、GIF、WebP。",
        "The image “{source}” lies elsewhere and would not be shown. Use an address of this site, or data:image/ (PNG, JPEG, GIF, WebP).",
    ),
}
