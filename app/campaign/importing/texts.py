"""What imports say, Chinese and English beside each other: a workbook has no language of its own, and the work has no request."""

from __future__ import annotations

from typing import Any

#: names of sheets beside the data
DOCUMENTATION, CODES, MISTAKES, PASSWORDS = "说明", "代码", "错误清单", "初始密码"

YES, NO = "是", "否"
TRUE = frozenset({YES, "有", "1", "true", "yes", "y", "√"})
FALSE = frozenset({NO, "无", "0", "false", "no", "n", "×"})
YEAR = "年"
#: every office has it
FONT = "宋体"

#: code → Chinese, English
TEXTS: dict[str, tuple[str, str]] = {
    "required": ("必填，请填写", "required"),
    "unprintable": ("含有无法显示的字符，请重新输入", "contains unprintable characters; type it again"),
    "formula": ("含有公式。请复制后“粘贴为数值”", "contains a formula; paste it as a value"),
    "too_long": ("最多 {count} 个字", "at most {count} characters"),
    "number": ("应为数字", "must be a number"),
    "integer": ("应为整数", "must be a whole number"),
    "range": ("应在 0 与 {max} 之间", "must lie between 0 and {max}"),
    "year": ("应为四位年份，如 2018", "must be a year such as 2018"),
    "boolean": ("应填“是”或“否”", "must be 是 or 否 (yes or no)"),
    "phone": ("应为电话号码，如 023-55128091；没有电话的，填“无”", "must be a telephone number; 无 where there is none"),
    "id_lost": (
        "证件号码被存成了数字，末几位已丢失。请把该列设为文本后重新输入",
        "the ID number was kept as a number and lost its last digits; set the column to text and type it again",
    ),
    "digits_lost": (
        "号码被存成了数字，末几位已丢失。请把该列设为文本后重新输入",
        "the number was kept as a number and lost its last digits; set the column to text and type it again",
    ),
    "id_length": ("证件号码应为18位，现为{count}位", "an ID number has 18 characters, this has {count}"),
    "id_birth": ("证件号码中的出生日期不存在", "the birth date in the ID number does not exist"),
    "id_check": ("证件号码校验码不对，请核对", "the check character of the ID number is wrong"),
    "choice": ("应为以下之一：{options}", "must be one of: {options}"),
    "listed": ("应为代码表中的一项：{zh}", "must be in the code list: {en}"),
    "code_twice": ("户编号与第 {row} 行重复", "same code as row {row}"),
    "code_there": ("该户编号已在活动中，不能重复导入", "this code is in the campaign already"),
    "no_village": ("没有“{code}”这个村，请先在村表中添加", "there is no village {code}; add it first"),
    "no_group": ("没有编码为“{code}”的工作组，请先添加", "there is no work group {code}; add it first"),
    "group_elsewhere": ("工作组不在该村，请核对", "the work group belongs to another village; please check"),
    "not_investigator": ("“{name}”不是该工作组的调查员", "{name} is not an investigator of this work group"),
    "no_household": ("“农户”表中没有户编号 {code}", "there is no household {code} on the sheet of households"),
    "household_twice": ("户编号重复", "the household stands here twice"),
    "id_twice": ("证件号码与第 {row} 行重复，同一人不能出现两次", "same ID number as row {row}; nobody may appear twice"),
    "id_there": ("该证件号码已在活动中，同一人不能出现两次", "this ID number is in the campaign already; nobody may appear twice"),
    "no_members": ("“家庭成员”表中没有这一户的成员", "there are no members of this household"),
    "heads": ("应有且只有一名户主，现有 {count} 名", "there must be exactly one head, there are {count}"),
    "head_differs": ("户主姓名与“家庭成员”表中的“{name}”不一致", "the head's name differs from {name} on the sheet of members"),
    "too_large": ("文件超过 30 MB。请把表分成几份，分别导入。", "The file is larger than 30 MB. Split it and import the parts."),
    "unpacked": (
        "文件解压后过大，不予读取。请删去多余的工作表和格式后重新上传。",
        "The file unpacks to too much. Remove unneeded sheets and formats and upload it again.",
    ),
    "cannot_open": (
        "文件无法打开。请用 Excel 或 WPS 另存为 .xlsx 后重新上传。",
        "The file cannot be opened. Save it as .xlsx with Excel or WPS and upload it again.",
    ),
    "no_xlsx": (
        "这不是 .xlsx 文件。请用 Excel 或 WPS 另存为 .xlsx 后重新上传。",
        "This is not an .xlsx file. Save it as .xlsx with Excel or WPS and upload it again.",
    ),
    "too_many_rows": (
        "工作表“{sheet}”超过 {count} 行。请分成几份，分别导入。",
        "Sheet {sheet} has more than {count} rows. Split it and import the parts.",
    ),
    "no_sheet": ("缺少工作表“{sheet}”。请下载模板，在模板中填写。", "Sheet {sheet} is missing. Download the template and fill it."),
    "doctype": (
        "文件中含有文档类型声明，不予读取。请用 Excel 或 WPS 另存后重新上传。",
        "The file carries a document type and is not read. Save it with Excel or WPS and upload it again.",
    ),
    "no_column": ("缺少必需的列“{column}”", "the required column {column} is missing"),
    "interrupted": ("导入中断，没有写入任何数据。请重新上传。", "Interrupted; nothing was written. Please upload it again."),
    "failed": (
        "导入出错，没有写入任何数据。请把文件交给管理员查看。",
        "The import failed; nothing was written. Please show the file to the administrator.",
    ),
    "nothing": ("表中没有可导入的行。", "There is nothing to import in the workbook."),
    "households_done": ("已导入 {households} 户、{members} 人。", "{households} households with {members} members imported."),
    "staff_done": (
        "已写入 {villages} 个村、{groups} 个工作组、{staff} 行人员，新建账号 {accounts} 个。",
        "{villages} villages, {groups} work groups and {staff} lines of staff written, {accounts} accounts made.",
    ),
    "username": ("账号只能用字母、数字、点、横线和下划线", "a user name has letters, digits, dots, dashes and underscores only"),
    "village_scope": ("村级角色须填已有的村编码", "a village role needs the code of a village"),
    "group_scope": ("组级角色须填已有的工作组编码", "a work group role needs the code of a work group"),
    "town_scope": ("镇级角色的范围请留空", "leave the scope of a town role empty"),
    "role_self": ("不能给自己授予角色，请由其他人员办理", "nobody gives himself a role; somebody else has to"),
    "role_authority": ("该角色由安全管理员授予", "this role is given by the security administrator"),
    "role_separation": (
        "三员分立：系统、安全、审计管理员不能承担专项工作中的角色",
        "system and security administrators and auditors hold no role of the campaign",
    ),
    "avoidance": (
        "在户籍所在村工作，应回避；不能回避的请填写说明",
        "works in the home village, which should be avoided; otherwise give the reason",
    ),
    "place_no_village": ("没有编码为“{code}”的村", "there is no village {code}"),
    "place_twice": ("编码与第 {row} 行重复", "same code as row {row}"),
    "first_login": (
        "首次登录须输入激活码并修改密码；激活码由导入人以外的人在“激活码”页发放",
        "the first login asks for an activation code, which another person hands out, and the password must be changed then",
    ),
    "more": ("另有 {count} 处未列出，请先改正以上各处后重新导入", "{count} more are not listed; mend these and import again"),
    "kind_text": ("文字", "text"),
    "kind_integer": ("整数", "whole number"),
    "kind_number": ("数字", "number"),
    "kind_year": ("四位年份", "year"),
    "kind_boolean": ("是或否", "yes or no"),
    "kind_phone": ("电话号码", "telephone number"),
    "kind_id_number": ("18位证件号码", "ID number of 18 characters"),
    "kind_role": ("角色名称，见“代码”页", "a role, see sheet 代码"),
    "kind_list": ("见“代码”页", "see sheet 代码"),
    "error": ("错误", "error"),
    "warning": ("提醒", "warning"),
    "account": ("账号", "User name"),
    "name": ("姓名", "Name"),
    "first_password": ("初始密码", "First password"),
    "list": ("代码表", "List"),
    "code": ("代码", "Code"),
    "label": ("名称", "Label"),
    "sheet": ("工作表", "Sheet"),
    "column": ("列名", "Column"),
    "needed": ("必填", "Required"),
    "content": ("填写内容", "Content"),
    "note": ("说明", "Note"),
    "row": ("行", "Row"),
    "cell": ("单元格", "Cell"),
    "problem": ("问题", "Problem"),
    "kind": ("类别", "Kind"),
    "optional_four": ("无四级数据时整张表可空", "leave the sheet empty when there are no such data"),
}


def say(code: str, /, **params: Any) -> str:
    """The Chinese sentence, `` / `` and the English one."""
    zh, en = TEXTS[code]
    return f"{zh.format(**params)} / {en.format(**params)}"
