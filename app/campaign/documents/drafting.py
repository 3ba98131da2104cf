"""Makes the Word templates that come with the system: ``python -m app.campaign.documents.drafting``. The files are committed.

What stands in double braces is filled in (``samples`` lists every name); ``{%p …%}`` and ``{%tr …%}`` repeat a paragraph or a row.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docx.shared import Pt

from app.campaign.documents import gbt9704 as gbt

FOLDER = Path(__file__).parent / "templates"


def notice() -> Any:
    """督办通知 (R48)."""
    made = gbt.new_document()
    gbt.masthead(made, "{{ 发文机关 }}文件", "{{ 发文字号 }}")
    gbt.title(made, "关于限期整改{{ 村名 }}有关问题的督办通知")
    made.add_paragraph("{{ 主送 }}：", style="主送机关")
    body = "公文正文"
    made.add_paragraph(
        "按照《{{ 活动名称 }}》工作安排，经自查评估核查，发现你村（社区）存在以下问题，现予督办，请于时限前整改到位。", style=body
    )
    made.add_paragraph("一、督办事项", style="一级标题")
    made.add_paragraph("{%p for 问题 in 问题清单 %}", style=body)
    made.add_paragraph(
        "{{ 问题.序号 }}.{{ 问题.内容 }}（编号{{ 问题.编号 }}，{{ 问题.对象 }}，{{ 问题.类别 }}）整改时限：{{ 问题.时限 }}。", style=body
    )
    made.add_paragraph("{%p endfor %}", style=body)
    made.add_paragraph("二、工作要求", style="一级标题")
    made.add_paragraph(
        "收到本通知后请立即签收，落实专人限时整改，并于{{ 回复时限 }}前将整改情况书面回复{{ 发文机关 }}。"
        "问题销号须有佐证材料，由整改责任人以外的人员复核。",
        style=body,
    )
    gbt.closing(made, "{{ 发文机关 }}", "{{ 成文日期 }}")
    gbt.imprint(made, "抄送：镇党委、镇政府主要负责同志，{{ 村名 }}驻村领导。", "{{ 发文机关 }}", "{{ 印发日期 }}印发")
    return made


def notice_receipt() -> Any:
    """督办通知回执 (R48): what came after the notice."""
    made = gbt.new_document()
    gbt.title(made, "督办通知回执")
    made.add_paragraph("{{ 发文字号 }}", style="发文字号")
    made.add_paragraph("", style="签字")
    for label in ("下达时间", "责任人", "回复时限", "签收人", "签收时间", "催办", "回复人", "回复时间"):
        made.add_paragraph(f"{label}：{{{{ {label} }}}}", style="签字")
    _part(made, "回复内容", "回复")
    gbt.closing(made, "{{ 村名 }}", "{{ 成文日期 }}")
    return made


def problem_list() -> Any:
    """村问题清单 (R45), two signatures."""
    made = gbt.new_document()
    gbt.title(made, "{{ 村名 }}无法完成整改问题清单")
    made.add_paragraph("编号：{{ 清单编号 }}", style="签字")
    made.add_paragraph("{{ 报送机关 }}：", style="主送机关")
    made.add_paragraph("经逐户核查整改，以下{{ 问题清单|length }}个问题我村（社区）无法自行完成整改，现予报告。", style="公文正文")
    head, columns = ("序号", "问题编号", "农户", "类别", "问题描述", "无法整改的原因"), (11, 22, 25, 24, 42, 32)
    table = gbt.grid(made, head, columns)
    gbt.add_row(table, ("{%tr for 问题 in 问题清单 %}", "", "", "", "", ""))
    cells = ("{{ 问题.序号 }}", "{{ 问题.编号 }}", "{{ 问题.对象 }}", "{{ 问题.类别 }}", "{{ 问题.内容 }}", "{{ 问题.原因 }}")
    gbt.add_row(table, cells, centred=(0,))
    gbt.add_row(table, ("{%tr endfor %}", "", "", "", "", ""))
    _signatures(made)
    made.add_paragraph("造册日期：{{ 成文日期 }}，报出时间：{{ 报出时间 }}", style="签字")
    return made


def village_form() -> Any:
    """村表 (R11, R12, R38)."""
    made = gbt.new_document()
    gbt.title(made, "{{ 活动名称 }}\n{{ 村名 }}自查评估表（村表）")
    made.add_paragraph("填报单位：{{ 村名 }}（{{ 状态 }}）", style="签字")
    table = gbt.grid(made, ("指标", "数值", "指标", "数值"), (48, 30, 48, 30))
    gbt.add_row(table, ("{%tr for 节 in 栏目 %}", "", "", ""))
    gbt.add_row(table, ("{{ 节.名称 }}",), style="表格标题", whole=True)
    gbt.add_row(table, ("{%tr for 行 in 节.行 %}", "", "", ""))
    gbt.add_row(table, ("{{ 行.左 }}", "{{ 行.左值 }}", "{{ 行.右 }}", "{{ 行.右值 }}"), centred=(1, 3))
    gbt.add_row(table, ("{%tr endfor %}", "", "", ""))
    gbt.add_row(table, ("{%tr endfor %}", "", "", ""))
    note = made.add_paragraph("注：分户汇总由户表自动汇总，不得手工修改；户表变动后原签字作废。", style="表格正文")
    note.paragraph_format.space_before = Pt(6)
    _signatures(made)
    return made


def village_report() -> Any:
    """自查评估报告 (R51, R52)."""
    made = gbt.new_document()
    gbt.title(made, "{{ 村名 }}脱贫攻坚自查评估报告")
    made.add_paragraph("{{ 报送机关 }}：", style="主送机关")
    made.add_paragraph(
        "按照《{{ 活动名称 }}》工作安排，{{ 村名 }}开展了自查评估，现将截至{{ 数据截至 }}的有关情况报告如下。", style="公文正文"
    )
    parts = (
        ("一、脱贫攻坚成效", "成效"),
        ("二、发现的主要问题", "主要问题"),
        ("三、立行立改情况", "立行立改"),
        ("四、下步工作打算", "下步打算"),
    )
    for heading, name in parts:
        _part(made, heading, name)
    made.add_paragraph("五、七项重点任务统筹情况", style="一级标题")
    made.add_paragraph("{%p for 任务 in 重点任务 %}", style="公文正文")
    made.add_paragraph("（{{ 任务.序号 }}）{{ 任务.名称 }}", style="二级标题")
    made.add_paragraph("{{ 任务.情况 }}", style="公文正文")
    made.add_paragraph("{%p endfor %}", style="公文正文")
    gbt.closing(made, "{{ 村名 }}", "{{ 成文日期 }}")
    _signatures(made)
    return made


def spot_check_report() -> Any:
    """抽查验收报告 (R53)."""
    made = gbt.new_document()
    gbt.title(made, "{{ 活动名称 }}\n抽查验收报告")
    made.add_paragraph("{{ 报送机关 }}：", style="主送机关")
    _part(made, "一、抽查验收工作开展情况", "开展情况")
    table = gbt.grid(made, ("抽取户数", "已查户数", "核对指标", "差错指标", "差错率", "抽样种子"), (26, 26, 26, 26, 26, 26))
    cells = ("{{ 抽取户数 }}", "{{ 已查户数 }}", "{{ 核对指标 }}", "{{ 差错指标 }}", "{{ 差错率 }}", "{{ 抽样种子 }}")
    gbt.add_row(table, cells, centred=range(6))
    made.add_paragraph("", style="表格正文")
    _part(made, "二、发现的主要问题", "主要问题")
    _part(made, "三、验收结论", "验收结论")
    _part(made, "四、意见建议", "意见建议")
    gbt.closing(made, "抽查验收组", "{{ 成文日期 }}")
    _signatures(made)
    return made


def _part(made: Any, heading: str, name: str) -> None:
    """A heading of the first level and the paragraphs of a text."""
    made.add_paragraph(heading, style="一级标题")
    made.add_paragraph(f"{{%p for 段 in {name} %}}", style="公文正文")
    made.add_paragraph("{{ 段 }}", style="公文正文")
    made.add_paragraph("{%p endfor %}", style="公文正文")


def _signatures(made: Any) -> None:
    made.add_paragraph("", style="签字")
    made.add_paragraph("{%p for 签 in 签字栏 %}", style="签字")
    made.add_paragraph("{{ 签.职务 }}  {{ 签.签字 }}", style="签字")
    made.add_paragraph("{%p endfor %}", style="签字")


#: kind → who draws its template
DRAFTS: dict[str, Callable[[], Any]] = {
    "notice": notice,
    "notice_receipt": notice_receipt,
    "problem_list": problem_list,
    "village_form": village_form,
    "village_report": village_report,
    "spot_check_report": spot_check_report,
}


def draft(kind: str) -> bytes:
    """The template's bytes."""
    made = DRAFTS[kind]()
    made.core_properties.title = {"notice": "督办通知 {{ 发文字号 }}"}.get(kind, "{{ 标题 }}")
    made.core_properties.author = "{{ 单位 }}"
    made.core_properties.comments = ""
    made.core_properties.language = "zh-CN"
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for code in DRAFTS:
        (FOLDER / f"{code}.docx").write_bytes(draft(code))
