"""Workbooks and PDFs: what stands in them, how they print, and that nothing in them is alive."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest

from app.campaign.documents import paper, phrases, word, word_to_pdf, workbook
from app.campaign.documents.content import Column, PaperForm, Section, Sheet
from app.campaign.documents.samples import SAMPLES
from app.campaign.models import Signature
from tests.campaign.documents.reading import cells, pdf_pages, pdf_text
from tests.campaign.documents.rows import NOON

COLUMNS = (Column("序号", 6, "center"), Column("姓名", 10), Column("金额", 10, "right"))


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "\t=1", "http://example.invalid/", "007"])
def test_text_in_a_workbook_is_never_run(name: str) -> None:
    made = workbook.write([Sheet("表", name, COLUMNS, [(1, name, 2.5)], lead=name, notes=(name,))])
    book = openpyxl.load_workbook(io.BytesIO(made))
    sheet = book.active
    assert sheet is not None
    for place in ("A1", "A2", "B4", "A5"):
        assert sheet[place].data_type == "s"
        assert sheet[place].value == name
        assert sheet[place].hyperlink is None
    assert sheet["C4"].value == 2.5


def test_a_workbook_prints_on_a4_with_its_head_on_every_page() -> None:
    made = workbook.write([Sheet("表", "题", COLUMNS, [(number, "甲", None) for number in range(200)])])
    sheet = openpyxl.load_workbook(io.BytesIO(made)).active
    assert sheet is not None
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)  # one page wide, as many high as it takes
    assert sheet.print_title_rows == "$3:$3"
    assert [cell.value for cell in sheet[3]] == ["序号", "姓名", "金额"]
    assert sheet["A1"].font.name == "方正小标宋简体"
    assert sheet["B4"].font.name == "仿宋_GB2312"


def test_sheets_get_names_that_excel_takes() -> None:
    tables = [Sheet(name, "题", COLUMNS, []) for name in ("a/b:c*?[d]", "a b c   d", "'", "长" * 40, "长" * 40)]
    names = openpyxl.load_workbook(io.BytesIO(workbook.write(tables))).sheetnames
    assert len(set(names)) == len(names) == 5
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in names)


def test_control_characters_do_not_break_a_workbook() -> None:
    assert cells(workbook.write([Sheet("表", "题", COLUMNS, [(1, "甲\x00\x0b\ud800乙", None)])]))[0][1] == "甲乙"


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_the_pdf_says_what_the_word_file_says(kind: str) -> None:
    made = word.render(word.original(kind), SAMPLES[kind])
    text = pdf_text(word_to_pdf.convert(made, title="题", author="镇")).replace("\n", "").replace(" ", "")
    for paragraph in (SAMPLES[kind]["成文日期"], *(line["签字"] for line in SAMPLES[kind].get("签字栏", []))):
        assert paragraph.replace(" ", "") in text or kind == "village_form"
    assert "—1—" in text


def test_an_office_s_change_of_the_template_shows_in_the_pdf() -> None:
    changed = SAMPLES["notice"]
    made = word.render(word.original("notice"), {**changed, "回复": "", "催办": ""})
    text = pdf_text(word_to_pdf.convert(made, title="题", author="镇"))
    assert "示扶办督〔2020〕3号" in text
    assert "回复：" not in text


def test_the_same_document_gives_the_same_pdf() -> None:
    made = word.render(word.original("notice"), SAMPLES["notice"])
    assert word_to_pdf.convert(made, title="题", author="镇") == word_to_pdf.convert(made, title="题", author="镇")


def test_hostile_text_in_a_pdf_is_text() -> None:
    name = "<b>粗</b> & <img src='http://example.invalid/x'/> </para>"
    form = PaperForm(name, name, [Section(name, [(name, name)], head=("甲",), rows=[(name,)])], (name,), (name,))
    made = paper.form(form, author=name)
    assert pdf_text(made).replace("\n", "").replace(" ", "").count("<b>粗</b>&<img") == 8
    assert b"/URI" not in made


def test_a_long_table_goes_over_pages_with_its_head_repeated() -> None:
    rows = [(number, "很长的名字" * 8, number) for number in range(120)]
    made = paper.sheets([Sheet("表", "题", COLUMNS, rows)], title="题", author="镇")
    assert pdf_pages(made) > 2
    assert pdf_text(made).count("序号") == pdf_pages(made)


def test_a_cell_longer_than_a_page_is_split() -> None:
    form = PaperForm("题", "", [Section("节", [("说明", "字" * 6000)])])
    assert pdf_pages(paper.form(form, author="镇")) >= 2


def test_days_and_numbers_as_the_standard_writes_them() -> None:
    assert phrases.day(NOON) == "2020年5月24日"
    assert phrases.moment(NOON.replace(hour=0)) == "2020年5月23日24:00"
    assert phrases.hexagonal("沙扶办督[2020]3号") == phrases.hexagonal("沙扶办督（2020）3号") == "沙扶办督〔2020〕3号"


def test_signatures_say_who_how_and_when_and_a_void_one_says_so() -> None:
    def row(role: str, **more: object) -> Signature:
        return Signature(role=role, signer="zhang", on_behalf_of="", signed_at=NOON, **{"manner": "signature", **more})

    rows = [
        row("principal_party", voided_at=NOON, void_reason="户表变动"),
        row("principal_gov", voided_at=NOON, void_reason="户表变动"),
        row("principal_gov", manner="seal"),
    ]
    first, second, third = phrases.signature_lines(rows, ("principal_party", "principal_gov", "village_secretary"), {"zhang": "张三"})
    assert first["签字"] == "签字：张三 2020-05-24（2020-05-24作废：户表变动）"
    assert second == {"职务": "镇政府主要负责人", "签字": "已盖章：张三 2020-05-24"}
    assert third["签字"] == phrases.TO_SIGN


def test_a_heading_in_a_table_is_never_the_last_line_of_a_page() -> None:
    """Neither in the PDF (whatever stands above it) nor, by its style, in Word."""
    section = SAMPLES["village_form"]["栏目"][0]
    for above in range(18, 30):
        parts = [{**section, "行": section["行"] * above}, {**section, "名称": "公共服务"}]
        made = word_to_pdf.convert(
            word.render(word.original("village_form"), {**SAMPLES["village_form"], "栏目": parts}), title="题", author="镇"
        )
        assert not re.search(r"公共服务\n— 1 —", pdf_text(made)), above
