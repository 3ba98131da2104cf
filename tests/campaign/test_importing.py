"""Households from a workbook: everything or nothing, every mistake marked at its cell."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select

from app import personal
from app.campaign import id_numbers
from app.campaign.errors import Conflict
from app.campaign.importing import columns, export, marked, reading, runs
from app.campaign.models import Extract, Household, ImportRun, Member
from app.db import Database
from tests import web
from tests.campaign import world
from tests.web import CAMPAIGN, CLI

Change = Callable[[Any], None]


@pytest.fixture
def place(db: Database) -> Database:
    """Campaign 7 as a draft, with an investigator in G03."""
    personal.install("5a" * 32)
    web.place(db)
    world.campaign(db, "draft")
    web.person(db, "investigator.here", "investigator:G03")
    return db


def workbook(*changes: Change, households: int = 3) -> bytes:
    """A workbook of good households, changed by *changes* (each gets the openpyxl workbook)."""
    homes = []
    for number in range(1, households + 1):
        members = world.new(f"V05-9{number:02d}").members
        own = tuple(
            type(member)(
                member.name, member.sex, member.birth_date, _id(number, place, member), member.relation, member.health, member.facts
            )
            for place, member in enumerate(members)
        )
        homes.append(world.new(f"V05-9{number:02d}", members=own, investigator=""))
    book = openpyxl.load_workbook(io.BytesIO(export.workbook(homes)))
    for change in changes:
        change(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _id(number: int, place: int, member: Any) -> str:
    order = number * 20 + place * 2 + (1 if member.sex == "male" else 0)
    return id_numbers.make("509999", member.birth_date, order)


def cell(sheet: str, heading: str, row: int, value: Any) -> Change:
    """Put *value* under *heading* in *row* (2 is the first household)."""

    def change(book: Any) -> None:
        found = book[sheet]
        at = next(c.column for c in found[1] if str(c.value).rstrip("*") == heading)
        found.cell(row=row, column=at).value = value

    return change


def imported(db: Database, folder: Path, content: bytes) -> ImportRun:
    """Run an import to its end; returns its row."""
    key = db.in_transaction(lambda session: runs.begin(session, CAMPAIGN, "a.xlsx", CLI).key)
    runs.start(db, folder, key, content, CLI).join()
    with db.reading() as session:
        run = session.get_one(ImportRun, key)
        session.expunge(run)
        return run


def counts(db: Database) -> tuple[int, int, int]:
    with db.reading() as session:
        return tuple(session.scalar(select(func.count()).select_from(model)) or 0 for model in (Household, Member, Extract))  # type: ignore[return-value]


def marks(run: ImportRun, folder: Path) -> dict[tuple[str, str], str]:
    """(sheet, cell) → comment of the marked workbook."""
    content = runs.kept(folder, run)
    assert content is not None
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {(sheet.title, c.coordinate): c.comment.text for sheet in book for row in sheet.iter_rows() for c in row if c.comment}


def test_a_good_file_is_written_with_walks_planned_and_personal_fields_encrypted(place: Database, tmp_path: Path) -> None:
    run = imported(place, tmp_path, workbook())
    assert (run.state, run.errors) == ("done", 0), run.message
    assert counts(place) == (3, 6, 6)
    with place.reading() as session:
        homes = session.scalars(select(Household).order_by(Household.walking_order)).all()
        assert [home.walking_order for home in homes] == [1, 2, 3]
        assert {home.investigator for home in homes} == {"investigator.here"}, "shared among the group's investigators"
        assert all(home.planned_on is not None for home in homes)
        home = homes[0]
        assert personal.is_encrypted(home.phone_cipher)
        assert home.facts["income"] == {"wage": 20000}
        member = session.scalars(select(Member).where(Member.household == home.code, Member.position == 1)).one()
        assert personal.decrypt("member", member.key, "id_number", member.id_number_cipher).startswith("509999")
        assert (member.sex, member.birth_date.isoformat()) == ("male", "1970-01-01"), "read from the number"  # type: ignore[union-attr]
        system = session.scalars(select(Extract).where(Extract.household == home.code, Extract.source == "system")).one()
        assert system.values["members_count"] == 2
        assert personal.is_encrypted(system.values["phone"])


MISTAKES = [
    (columns.HOUSEHOLDS, "户编号", 2, None, "必填"),
    (columns.HOUSEHOLDS, "户编号", 3, "V05-901", "重复"),
    (columns.HOUSEHOLDS, "村编码", 2, "V99", "没有“V99”这个村"),
    (columns.HOUSEHOLDS, "工作组编码", 2, "G99", "没有编码为“G99”的工作组"),
    (columns.HOUSEHOLDS, "调查员账号", 2, "nobody", "不是该工作组的调查员"),
    (columns.HOUSEHOLDS, "农户类型", 2, "富裕户", "应为以下之一"),
    (columns.HOUSEHOLDS, "建档年度", 2, "去年", "四位年份"),
    (columns.HOUSEHOLDS, "是否低保", 2, "也许", "“是”或“否”"),
    (columns.HOUSEHOLDS, "户主姓名", 2, "王五", "不一致"),
    (columns.HOUSEHOLDS, "家庭人口数|国扶系统", 2, -1, "应在 0 与"),
    (columns.HOUSEHOLDS, "户主姓名", 2, "=cmd|'/c calc'!A1", "含有公式"),
    (columns.MEMBERS, "证件号码", 2, "509999197001010017", "校验码不对"),
    (columns.MEMBERS, "证件号码", 2, 509999197001010016, "被存成了数字"),
    (columns.MEMBERS, "证件号码", 2, "509999197002300019", "出生日期不存在"),
    (columns.MEMBERS, "户编号", 2, "V05-000", "没有户编号"),
    (columns.MEMBERS, "务工月数", 2, 13, "应在 0 与 12"),
]


@pytest.mark.parametrize(("sheet", "heading", "row", "value", "said"), MISTAKES, ids=[f"{m[1]}-{m[4]}" for m in MISTAKES])
def test_a_mistake_stops_the_whole_file_and_is_marked_at_its_cell(
    place: Database, tmp_path: Path, sheet: str, heading: str, row: int, value: Any, said: str
) -> None:
    run = imported(place, tmp_path, workbook(cell(sheet, heading, row, value)))
    assert run.state == "refused"
    assert run.errors >= 1
    assert counts(place) == (0, 0, 0), "nothing half-imported"
    found = marks(run, tmp_path)
    assert any(name == sheet and said in text for (name, _cell), text in found.items()), found


def test_the_marked_workbook_tints_the_row_lists_every_mistake_and_holds_no_formula(place: Database, tmp_path: Path) -> None:
    bad = cell(columns.HOUSEHOLDS, "住址", 3, "=1+1"), cell(columns.HOUSEHOLDS, "建档年度", 2, "?")
    run = imported(place, tmp_path, workbook(*bad))
    book = openpyxl.load_workbook(io.BytesIO(runs.kept(tmp_path, run) or b""))
    assert run.errors == 2
    listed = [row[3].value for row in book["错误清单"].iter_rows(min_row=2) if row[3].value]
    assert len(listed) == 2
    sheet = book[columns.HOUSEHOLDS]
    assert sheet["A2"].fill.fgColor.rgb == sheet["A3"].fill.fgColor.rgb == "FFFBEDEA", "the wrong rows"
    assert sheet["A4"].fill.fill_type is None, "the right one"
    assert all(c.data_type != "f" for page in book for row in page.iter_rows() for c in row)
    stored = next((tmp_path / "imports").glob("*.result")).read_bytes()
    assert b"509999" not in stored
    assert personal.is_encrypted(stored.decode()), "what the upload held is encrypted at rest"


def test_one_person_in_two_households_is_found_within_the_file_and_against_the_campaign(place: Database, tmp_path: Path) -> None:
    assert imported(place, tmp_path, workbook(households=1)).state == "done"
    again = workbook(
        *(cell(columns.MEMBERS, "户编号", row, "V05-777") for row in (2, 3)), cell(columns.HOUSEHOLDS, "户编号", 2, "V05-777"), households=1
    )
    run = imported(place, tmp_path, again)
    assert run.state == "refused"
    assert any("已在活动中" in text for text in marks(run, tmp_path).values())
    assert counts(place)[0] == 1


def test_two_heads_or_none_are_a_mistake(place: Database, tmp_path: Path) -> None:
    two = imported(place, tmp_path, workbook(cell(columns.MEMBERS, "与户主关系", 3, "户主")))
    none = imported(place, tmp_path, workbook(cell(columns.MEMBERS, "与户主关系", 2, "其他")))
    assert any("现有 2 名" in text for text in marks(two, tmp_path).values())
    assert any("现有 0 名" in text for text in marks(none, tmp_path).values())


def test_headings_are_found_in_any_order_and_with_half_width_signs(place: Database, tmp_path: Path) -> None:
    def rename(book: Any) -> None:
        sheet = book[columns.HOUSEHOLDS]
        for c in sheet[1]:
            c.value = str(c.value).replace("（", "(").replace("）", ")")
        sheet.move_range(f"A1:A{sheet.max_row}", cols=sheet.max_column + 1)

    run = imported(place, tmp_path, workbook(rename))
    assert run.state == "done", run.message
    with place.reading() as session:
        assert session.scalars(select(Household.facts)).first() == {"income": {"wage": 20000}, "housing": {"grade": "B"}}


def test_a_missing_sheet_or_column_is_named(place: Database, tmp_path: Path) -> None:
    run = imported(place, tmp_path, workbook(lambda book: book.remove(book[columns.MEMBERS])))
    assert (run.state, "缺少工作表“家庭成员”" in run.message) == ("failed", True)
    run = imported(place, tmp_path, workbook(lambda book: book[columns.MEMBERS].delete_cols(1)))
    assert any("缺少必需的列“户编号”" in text for text in marks(run, tmp_path).values())


@pytest.mark.parametrize("how", ["text", "doctype", "bomb", "one large part"])
def test_what_is_no_workbook_or_a_trap_is_refused_unread(
    place: Database, tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"not a workbook"
    if how == "doctype":
        content = _with_part("xl/evil.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>')
    elif how == "bomb":
        monkeypatch.setattr(reading, "UNPACKED_LIMIT", 1_000_000)
        content = _with_part("xl/big.xml", b" " * 2_000_000)
    elif how == "one large part":
        monkeypatch.setattr(reading, "PART_LIMIT", 1_000_000)
        content = _with_part("xl/sharedStrings2.xml", b" " * 2_000_000)
    run = imported(place, tmp_path, content)
    assert run.state == "failed"
    assert run.message
    assert counts(place) == (0, 0, 0)


def test_a_sheet_is_as_large_as_its_cells_not_as_it_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few hundred bytes that claim a million rows of 16,384 columns, or have one cell at the far end, are read as what they hold."""
    far = '<dimension ref="A1:XFD1048576"/>'

    def swollen(sheet: bytes) -> bytes:
        text = re.sub("<dimension[^>]*/>", far, sheet.decode())
        return text.replace("</row>", '<c r="XFD1" t="inlineStr"><is><t>far</t></is></c></row>', 1).encode()

    content = _changed("xl/worksheets/sheet1.xml", swollen)
    monkeypatch.setattr(reading, "ROW_LIMIT", 50)
    found, errors = reading.read(content, columns.sheets(), optional=(columns.FOUR,))
    homes = found[columns.HOUSEHOLDS]
    assert len(homes.rows) == 3
    assert max(len(row) for _number, row in homes.rows) <= len(homes.heading) < reading.COLUMN_LIMIT
    assert errors == []


def _changed(name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The good workbook with one part rewritten."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as archive, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for part in archive.infolist():
            content = archive.read(part)
            made.writestr(part, change(content) if part.filename == name else content)
    return buffer.getvalue()


def _with_part(name: str, part: bytes) -> bytes:
    buffer = io.BytesIO(workbook())
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, part)
    return buffer.getvalue()


def test_the_template_has_every_column_its_documentation_and_the_code_lists() -> None:
    book = openpyxl.load_workbook(io.BytesIO(marked.template(columns.sheets(), {"key_reasons": [("disabled", "家有残疾人")]})))
    for name, wanted in columns.sheets().items():
        assert [c.value for c in book[name][1]] == [column.title for column in wanted]
    documented = [row[1].value for row in book["说明"].iter_rows(min_row=2)]
    assert documented == [column.zh for wanted in columns.sheets().values() for column in wanted]
    for field in columns.key_fields():
        titles = [c.value for c in book[columns.HOUSEHOLDS][1]]
        assert [f"{field.zh}|{source}" in titles for source in ("国扶系统", "档案资料", "实际情况")] == [True] * 3
    assert book["代码"]["C2"].value == "家有残疾人"


def test_one_import_at_a_time_and_none_after_the_start(place: Database, tmp_path: Path) -> None:
    place.in_transaction(lambda session: runs.begin(session, CAMPAIGN, "a.xlsx", CLI).key)
    with pytest.raises(Conflict, match="running already"):
        place.in_transaction(lambda session: runs.begin(session, CAMPAIGN, "b.xlsx", CLI).key)
    world.campaign(place, "running")
    with pytest.raises(Conflict, match="can no longer be changed"):
        place.in_transaction(lambda session: runs.begin(session, CAMPAIGN, "c.xlsx", CLI).key)
