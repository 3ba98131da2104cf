"""The file beside the diagrams: read at one place, refused with sentences, and papers numbered as it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.campaign import numbers, plan
from app.config import ConfigError
from app.db import Database


def _changed(change: Callable[[dict[str, Any]], Any]) -> bytes:
    content = json.loads(plan.FILE.read_bytes())
    change(content)
    return json.dumps(content, ensure_ascii=False).encode()


def test_the_shipped_plan_has_no_fault() -> None:
    assert plan.problems(plan.FILE.read_bytes()) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: found.pop("settings"), "'settings' is a required property"),
        (lambda found: found.update(setings=[]), "'setings' was unexpected"),
        (lambda found: found["settings"].append(found["settings"][0]), "settings: “income_line”重复"),
        (lambda found: found["settings"][0].update(default=-1), "settings.income_line: 默认值 -1"),
        (lambda found: found["settings"][0].update(default=True), "settings.income_line: 默认值 true"),
        (lambda found: found["settings"][0].update(default=0.5), "settings.income_line: 默认值 0.5"),
        (lambda found: found["settings"][-1].update(default="moon_days"), "settings.calendar: 默认值"),
        (lambda found: found["settings"][0].update(kind="money"), "settings[0].kind"),
        (lambda found: found["code_lists"]["seven_tasks"].append(["x", "只有中文"]), "code_lists.seven_tasks"),
        (
            lambda found: found["code_lists"]["key_reasons"].append(["disabled", "残疾", "Disabled"]),
            "code_lists.key_reasons: “disabled”重复",
        ),
        (lambda found: found["code_lists"].pop("key_reasons"), "没有代码表“key_reasons”"),
        (lambda found: found["sheets"]["members"][0].update(kind="colour"), "sheets.members[0].kind"),
        (lambda found: found["numbering"]["problem"].update(number="P-{village}"), "numbering.problem.number: 缺少 {n}"),
        (lambda found: found["numbering"]["problem"].update(number="P-{n:3}"), "numbering.problem.number: 缺少“village”"),
        (lambda found: found["numbering"]["notice"].update(number="{prefix}〔{yaer}〕{n}号"), "numbering.notice.number: 不认识“yaer”"),
        (lambda found: found["numbering"]["notice"].update(series="notice:{n}"), "numbering.notice.series: 不认识“n”"),
        (lambda found: found["numbering"]["notice"].update(number="{prefix.__class__}{year}{n}"), "numbering.notice.number: 大括号有误"),
        (lambda found: found["numbering"].pop("handover"), "'handover' is a required property"),
    ],
)
def test_what_is_wrong_is_said_and_where(change: Callable[[dict[str, Any]], Any], said: str) -> None:
    assert any(said in each for each in plan.problems(_changed(change))), plan.problems(_changed(change))


def test_a_file_that_is_no_plan_is_refused() -> None:
    assert "JSON" in plan.problems(b"{")[0]
    assert plan.problems(b"[]")


def test_the_check_of_the_command_line_reads_the_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(_changed(lambda found: found["settings"][0].update(max=1)))
    assert cli.main(["check", str(file)]) == 1
    assert "plan.json: settings.income_line: 默认值 4000 超出范围" in capsys.readouterr().out
    assert cli.main(["check", str(plan.FILE)]) == 0


def test_nothing_starts_with_a_plan_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = _changed(lambda found: found["numbering"]["question"].update(number="Q"))
    file = tmp_path / "plan.json"
    monkeypatch.setattr(plan, "FILE", file)
    read = plan.load.__wrapped__
    with pytest.raises(ConfigError, match=r"plan\.json"):
        read()
    file.write_bytes(wrong)
    with pytest.raises(ConfigError, match="缺少 {n}"):
        read()


@pytest.mark.parametrize(
    ("paper", "about", "first"),
    [
        ("problem", {"village": "V05"}, "P-V05-001"),
        ("question", {"group": "V05-G1"}, "Q-V05-G1-001"),
        ("problem_list", {"village": "V05"}, "V05-清单01"),
        ("notice", {"prefix": "沙扶办", "year": 2020}, "沙扶办督〔2020〕1号"),
        ("handover", {"group": "V05-G1"}, "V05-G1-01"),
    ],
)
def test_papers_are_numbered_as_before(db: Database, paper: str, about: dict[str, Any], first: str) -> None:
    """As the product wrote them before the plan said it; each series counts on its own."""
    assert db.in_transaction(lambda session: numbers.give(session, 1, paper, **about)) == first
    second = db.in_transaction(lambda session: numbers.give(session, 1, paper, **about))
    assert second == "2".join(first.rsplit("1", 1))
    other = {name: 2021 if name == "year" else f"{value}x" for name, value in about.items()}
    assert "1" in db.in_transaction(lambda session: numbers.give(session, 1, paper, **other)).replace("2021", "")


def test_a_long_series_grows_beyond_its_digits(db: Database) -> None:
    def give(session: Any) -> str:
        for _ in range(99):
            numbers.give(session, 1, "problem_list", village="V01")
        return numbers.give(session, 1, "problem_list", village="V01")

    assert db.in_transaction(give) == "V01-清单100"
