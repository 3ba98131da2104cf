"""Word documents: GB/T 9704-2012 as measured in the files, hostile text, and what is refused of an uploaded template."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from jinja2 import TemplateError

from app.campaign.documents import drafting, word
from app.campaign.documents.samples import SAMPLES
from tests.campaign.documents.reading import word as opened
from tests.campaign.documents.reading import word_text

KINDS = sorted(drafting.DRAFTS)


def template(text: str) -> bytes:
    """A Word file with one paragraph."""
    made = docx.Document()
    made.add_paragraph(text)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def with_parts(content: bytes, parts: Mapping[str, bytes]) -> bytes:
    """A Word file with further or other parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, part in parts.items():
            new.writestr(name, part)
    return buffer.getvalue()


def in_xml(before: bytes, after: bytes) -> bytes:
    plain = template("x")
    xml = zipfile.ZipFile(io.BytesIO(plain)).read("word/document.xml")
    assert before in xml
    return with_parts(plain, {"word/document.xml": xml.replace(before, after, 1)})


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_that_of_an_official_document(kind: str) -> None:
    """A4, type area 156 mm × 225 mm with its upper edge at 37 mm and its left edge at 28 mm, 22 lines to the page."""
    made = opened(word.original(kind))
    section = made.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert (round(section.top_margin.mm), round(section.left_margin.mm)) == (37, 28)
    assert round((section.page_width - section.left_margin - section.right_margin) / 36000) == 156
    assert round((section.page_height - section.top_margin - section.bottom_margin) / 36000) == 225
    grid = section._sectPr.find(qn("w:docGrid"))
    pitch = int(grid.get(qn("w:linePitch"))) / 20
    area = (section.page_height - section.top_margin - section.bottom_margin) / 12700
    assert int(area / pitch) == 22


@pytest.mark.parametrize("kind", KINDS)
def test_type_sizes_lines_and_indents(kind: str) -> None:
    made = opened(word.original(kind))
    wanted = {
        "公文标题": ("方正小标宋简体", 22, 33),
        "公文正文": ("仿宋_GB2312", 16, 28.95),
        "一级标题": ("黑体", 16, 28.95),
        "二级标题": ("楷体_GB2312", 16, 28.95),
        "主送机关": ("仿宋_GB2312", 16, 28.95),
    }
    for name, (font, size, line) in wanted.items():
        style = made.styles[name]
        assert style.element.rPr.rFonts.get(qn("w:eastAsia")) == font
        assert style.font.size.pt == size
        assert style.paragraph_format.line_spacing.pt == pytest.approx(line, abs=0.05)
        assert style.paragraph_format.line_spacing_rule == 4  # exactly
    body = made.styles["公文正文"]
    assert body.paragraph_format.first_line_indent.pt == 32
    closer = int(body.element.rPr.find(qn("w:spacing")).get(qn("w:val"))) / 20
    assert 28 * (16 + closer) <= 156 / 25.4 * 72 < 29 * (16 + closer), "28 characters to the line"


@pytest.mark.parametrize("kind", KINDS)
def test_page_numbers_stand_outside_in_size_four(kind: str) -> None:
    made = opened(word.original(kind))
    assert made.settings.odd_and_even_pages_header_footer
    for footer, alignment in ((made.sections[0].footer, 2), (made.sections[0].even_page_footer, 0)):
        paragraph = footer.paragraphs[0]
        assert paragraph.text.startswith("— ")
        assert paragraph.text.endswith(" —")
        assert "PAGE" in paragraph._p.xml
        assert int(paragraph.alignment) == alignment
        assert {run.font.size.pt for run in paragraph.runs} == {14}


def test_the_masthead_is_red_with_a_red_line_below_the_number() -> None:
    made = opened(word.original("notice"))
    mark = next(paragraph for paragraph in made.paragraphs if paragraph.style.name == "发文机关标志")
    assert str(mark.style.font.color.rgb) == "FF0000"
    assert round(mark.paragraph_format.space_before.mm) == 35
    number = next(paragraph for paragraph in made.paragraphs if "发文字号" in paragraph.text)
    line = number._p.pPr.find(qn("w:pBdr")).find(qn("w:bottom"))
    assert (line.get(qn("w:color")), line.get(qn("w:space"))) == ("FF0000", "11")  # 11 pt are 4 mm
    imprint = made.tables[-1]
    assert "抄送" in imprint.cell(0, 0).text
    assert "印发" in imprint.cell(1, 1).text


@pytest.mark.parametrize("kind", KINDS)
def test_the_committed_templates_are_those_that_are_drawn(kind: str) -> None:
    """Compared part by part: the zip around them carries the time it was written."""
    with zipfile.ZipFile(io.BytesIO(word.original(kind))) as kept, zipfile.ZipFile(io.BytesIO(drafting.draft(kind))) as drawn:
        assert kept.namelist() == drawn.namelist()
        for name in kept.namelist():
            assert kept.read(name) == drawn.read(name), f"{name}: run python -m app.campaign.documents.drafting"


@pytest.mark.parametrize("kind", KINDS)
def test_each_template_fills_with_its_sample_and_leaves_nothing_open(kind: str) -> None:
    word.check(word.original(kind), SAMPLES[kind])
    text = word_text(word.render(word.original(kind), SAMPLES[kind]))
    assert "{{" not in text
    assert "{%" not in text
    assert SAMPLES[kind]["村名"] in text or SAMPLES[kind]["活动名称"] in text


HOSTILE = "{{ 7*7 }}{% for x in y %}<w:p/>&amp;]]>\x00\x0b{_{ 1 }_}\ud800=1+1"


def test_hostile_text_stays_text() -> None:
    """Neither Jinja, nor XML, nor what docxtpl opens again is alive in a name."""
    words = {**SAMPLES["notice"], "村名": HOSTILE, "问题清单": [{**SAMPLES["notice"]["问题清单"][0], "内容": HOSTILE}]}
    text = word_text(word.render(word.original("notice"), words)).replace("\u200b", "")
    assert (
        text.count("{{ 7*7 }}{% for x in y %}<w:p/>&amp;]]>{_{ 1 }_}=1+1") == 4
    )  # title, item, and the copies' cell, which spans two columns
    assert "49" not in text


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("{{ 没有的名称 }}", "unknown_name"),
        ("{{ 村名.没有 }}", "unknown_name"),
        ("{{ 7*7 }}", "syntax"),
        ("{{ 村名.__class__ }}", "syntax"),
        ("{{ 村名.format(1) }}", "syntax"),
        ("{{ range(1000000000) }}", "syntax"),
        ("{{ '字' ~ 村名 }}", "syntax"),
        ("{{ 村名|attr('x') }}", "syntax"),
        ("{{ 村名 }", "syntax"),
        ("{% for a in 问题清单 %}{% for b in 问题清单 %}x{% endfor %}{% endfor %}", "syntax"),
        ("{% set a = 1 %}", "syntax"),
        ("{% include 'x' %}", "syntax"),
        ("{% macro a() %}{% endmacro %}", "syntax"),
        ("{% if 村名 %}{{ 村名 }}{% endif %}", "ok"),
    ],
)
def test_a_template_may_name_repeat_and_choose_and_nothing_else(written: str, code: str) -> None:
    if code == "ok":
        word.check(template(written), SAMPLES["notice"])
        return
    with pytest.raises(word.TemplateRefused) as refused:
        word.check(template(written), SAMPLES["notice"])
    assert refused.value.code == code


def test_the_same_holds_in_headers_and_properties() -> None:
    made = docx.Document()
    made.core_properties.title = "{{ 村名.__class__ }}"
    buffer = io.BytesIO()
    made.save(buffer)
    with pytest.raises(word.TemplateRefused):
        word.check(buffer.getvalue(), SAMPLES["notice"])
    made = docx.Document()
    made.sections[0].header.paragraphs[0].text = "{{ 7*7 }}"
    buffer = io.BytesIO()
    made.save(buffer)
    with pytest.raises(TemplateError):
        word.render(buffer.getvalue(), SAMPLES["notice"])


_LINK = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r"'
    b' Type="x/attachedTemplate" Target="http://example.invalid/a.dotm" TargetMode="External"/></Relationships>'
)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"no zip at all", "no_word_file"),
        (b"PK\x03\x04" + b"\0" * 60, "no_word_file"),
        (b"x" * (word.FILE_LIMIT + 1), "too_large"),
        (with_parts(template("x"), {"word/document.xml": b"<a>" + b" " * 3_000_000 + b"</a>"}), "unpacks_to_too_much"),
        (with_parts(template("x"), {"word/media/a.png": b"\0" * (word.UNPACKED_LIMIT + 1)}), "unpacks_to_too_much"),
        (with_parts(template("x"), {f"word/media/{number}.png": b"" for number in range(word.PART_LIMIT + 1)}), "unpacks_to_too_much"),
        (with_parts(template("x"), {"word/vbaProject.bin": b"x"}), "carries_program"),
        (with_parts(template("x"), {"word/embeddings/a.xlsx": b"x"}), "carries_program"),
        (with_parts(template("x"), {"../evil.xml": b"<a/>"}), "carries_program"),
        (with_parts(template("x"), {"word/_rels/settings.xml.rels": _LINK}), "reaches_out"),
        (in_xml(b"<w:t>x</w:t>", b"<w:instrText>INCLUDETEXT c:/a.txt</w:instrText>"), "reaches_out"),
        (in_xml(b"<w:t>x</w:t>", b"<w:instrText>DDE</w:instrText><w:instrText>AUTO c:/a.exe</w:instrText>"), "reaches_out"),
        (with_parts(template("x"), {"word/document.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}), "bad_xml"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_what_is_no_plain_template_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(word.TemplateRefused) as refused:
        word.check(content, SAMPLES["notice"])
    assert refused.value.code == code


def test_a_changed_template_is_filled_as_it_is() -> None:
    changed: Any = opened(word.original("notice"))
    changed.add_paragraph("联系人：办公室，{{ 发文字号 }}")
    buffer = io.BytesIO()
    changed.save(buffer)
    word.check(buffer.getvalue(), SAMPLES["notice"])
    assert "联系人：办公室，示扶办督〔2020〕3号" in word_text(word.render(buffer.getvalue(), SAMPLES["notice"]))
