"""R-id -> diagram -> element -> test that plays it: an R-id without all three fails.

``coverage.md`` is this table for people; ``DAOPAI_RENDER=1`` writes it anew.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from app.engine import bpmn, definitions
from tests.processes.play import ROOT
from tests.processes.plays import claims_of

HERE = Path(__file__).parent
TABLE = HERE / "coverage.md"

#: the rows of the requirements
PLAN = [f"R{number:02d}" for number in range(1, 57)]


def processes() -> Iterator[tuple[str, bpmn.Process]]:
    """(file name, process) of the product's diagrams."""
    for path in sorted((ROOT / "processes").glob("*.bpmn")):
        for process in bpmn.parse(path.read_bytes()):
            yield path.name, process


def documented() -> dict[str, list[tuple[str, str]]]:
    """R-id -> (process id, element id) of every element whose documentation carries it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for _file, process in processes():
        for requirement, elements in definitions.requirements(process).items():
            found.setdefault(requirement, []).extend((process.id, element) for element in elements)
    return found


def played() -> dict[tuple[str, str], list[str]]:
    """(process id, element id) -> tests that claim to play it; the ``play`` fixture proves each claim."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(f"tests.processes.{path.stem}")
        for name, test in vars(module).items():
            if name.startswith("test_"):
                for claim in claims_of(test):
                    found.setdefault(claim, []).append(f"{path.stem}.{name}")
    return found


def render() -> str:
    """The table."""
    tests, names = played(), {process.id: (process.name, process) for _file, process in processes()}
    lines = ["# 方案逐条 → 流程图 → 元素 → 测试", "", "| 条 | 流程图 | 元素 | 测试 |", "|---|---|---|---|"]
    for requirement, places in sorted(documented().items()):
        for process_id, element_id in places:
            title, process = names[process_id]
            element = process.elements.get(element_id)
            shown = (element.name if element else title) or element_id
            proof = ", ".join(f"`{test}`" for test in tests.get((process_id, element_id), []))
            lines.append(f"| {requirement} | {title} (`{process_id}`) | {shown} (`{element_id}`) | {proof} |")
    return "\n".join(lines) + "\n"


def test_every_line_of_the_plan_stands_at_an_element() -> None:
    found = documented()
    assert [requirement for requirement in PLAN if requirement not in found] == []
    assert sorted(found) == PLAN, "an id that the plan does not have"


def test_every_element_that_does_the_plans_work_is_played() -> None:
    tests = played()
    missing = {place for places in documented().values() for place in places if place not in tests}
    assert sorted(missing) == []


def test_claims_name_elements_that_exist() -> None:
    there = {(process.id, element) for _file, process in processes() for element in [process.id, *process.elements]}
    assert sorted(claim for claim in played() if claim not in there) == []


def test_the_sentence_of_the_plan_stands_before_its_id() -> None:
    """An auditor reads the plan's own words first: ``…。(R18)``."""
    quoted = 0
    for _file, process in processes():
        for text in [process.documentation, *(element.documentation for element in process.elements.values())]:
            for sentence in re.findall(r"^(.*)（R\d\d）$", text, flags=re.MULTILINE):
                assert len(sentence) >= 3, (process.id, text)
                quoted += 1
    assert quoted > 150


def test_no_date_stands_in_a_diagram() -> None:
    """R02: every date comes from the campaign's variables."""
    for path in (ROOT / "processes").glob("*.*mn"):
        text = re.sub(r"<(bpmn:documentation|description)>.*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        text = re.sub(r'xmlns:?\w*="[^"]*"|targetNamespace="[^"]*"|namespace="[^"]*"', "", text)
        assert re.findall(r"20[12]\d-\d\d", text) == [], path.name


def test_the_table_for_people_is_up_to_date() -> None:
    if os.environ.get("DAOPAI_RENDER"):
        TABLE.write_text(render(), encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == render(), "run this test with DAOPAI_RENDER=1"
