"""PDFs bring their face with them: the same file on every machine, and every character can be read and copied out, rare ones included."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest

from app.campaign.documents import fonts, paper, word, word_to_pdf
from app.campaign.documents.content import Column, PaperForm, Section, Sheet
from app.campaign.documents.samples import SAMPLES
from tests.campaign.documents.reading import pdf_fonts, pdf_text

#: of names: in GB 2312, in GB 18030 only, in extensions A, B, C, D, E
NAMES = ("张三", "李镕", "王赟堃", "㐂㛃", "\U00020bb7田", "\U0002b5af", "\U0002b7a5", "\U0002cb4e")

#: makes a notice and says which font files were opened on the way
_ELSEWHERE = """
import hashlib, sys
opened = []
sys.addaudithook(lambda event, given: opened.append(str(given[0])) if event == "open" else None)
from app.campaign.documents import word, word_to_pdf
from app.campaign.documents.samples import SAMPLES
made = word_to_pdf.convert(word.render(word.original("notice"), SAMPLES["notice"]), title="题", author="镇")
print(hashlib.sha256(made).hexdigest())
endings = (".ttf", ".ttc", ".otf", ".pfb", ".afm", ".xz")
print("|".join(sorted({path.replace("\\\\", "/").rsplit("/", 1)[-1] for path in opened if path.lower().endswith(endings)})))
"""


def pdf() -> bytes:
    form = PaperForm(
        "户表", "、".join(NAMES), [Section("节", [("姓名", name) for name in NAMES], head=("甲",), rows=[(NAMES[-1],)])], ("签字",)
    )
    return paper.form(form, author="镇")


def test_every_font_is_embedded() -> None:
    table = paper.sheets([Sheet("表", "题", (Column("甲", 9), Column("乙", 9)), [("一", None), ("", True)])], title="题", author="镇")
    made = [word_to_pdf.convert(word.render(word.original(kind), SAMPLES[kind]), title="题", author="镇") for kind in SAMPLES]
    for content in (pdf(), table, *made):
        assert pdf_fonts(content)
        assert all(pdf_fonts(content).values())


def test_names_with_rare_characters_can_be_copied_out() -> None:
    text = pdf_text(pdf()).replace("\n", "").replace(" ", "")
    for name in NAMES:
        assert text.count(name) >= 2


def test_the_face_has_every_character_of_the_national_standard_s_first_two_levels() -> None:
    pairs = (bytes((high, low)) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    missing = [sign for pair in pairs for sign in pair.decode("gb2312", "ignore") if not fonts.has(sign)]
    assert not missing
    assert all(fonts.has(chr(code)) for code in range(0x4E00, 0x9FA6))
    assert sum(not fonts.has(chr(code)) for code in range(0x3400, 0x4DB6)) < 2000


def test_a_character_that_the_face_lacks_is_named_and_not_left_out() -> None:
    assert not fonts.has("\U0001f600")
    text = pdf_text(paper.form(PaperForm("题", "甲\U0001f600乙\u200b丙", []), author="镇"))
    assert "甲〔U+1F600〕乙丙" in text.replace("\n", "")


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_same_pdf_comes_out_elsewhere_and_no_font_of_the_machine_is_opened(seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "HOME": "/nonexistent", "TZ": "UTC"}
    run = subprocess.run([sys.executable, "-c", _ELSEWHERE], env=environment, capture_output=True, text=True, check=True)
    checksum, fonts = run.stdout.splitlines()
    here = word_to_pdf.convert(word.render(word.original("notice"), SAMPLES["notice"]), title="题", author="镇")
    assert checksum == hashlib.sha256(here).hexdigest()
    assert fonts == "DaopaiSong.ttf.xz"
