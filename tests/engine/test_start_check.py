"""What the check says of starting by hand: ``startableBy`` and start forms."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

from app.engine import definitions
from app.engine.people import Roles
from app.engine.problems import Problem
from tests.engine import drawing as d

ROLES = Roles({"office": "town", "village_cadre": "village", "admin": "system"})
FORM = '<zeebe:formDefinition formId="ask"/>'


def form(*fields: dict[str, Any]) -> bytes:
    return json.dumps({"type": "default", "id": "ask", "schemaVersion": 19, "components": [{"id": f["key"], **f} for f in fields]}).encode()


WHAT = {"type": "textfield", "key": "what", "label": "什么事"}
PHONE = {"type": "textfield", "key": "phone", "label": "电话", "properties": {"personal": "phone"}}


def process(starters: str | None, *, reads: str = "what", extensions: str = FORM, inner: str = "") -> bytes:
    properties = {} if starters is None else {"startableBy": starters}
    start = d.element("startEvent", "s", inner, extensions)
    task = d.user("a", "office", dueDate=f"={reads}")
    return d.diagram("p", start, task, d.end(), flows="s>a>e", properties=properties)


def found(diagram: bytes, ask: bytes | None = None) -> list[Problem]:
    files = {"p.bpmn": diagram, **({"ask.form": ask} if ask else {})}
    return definitions.check(files, definitions.known_files(files, roles=ROLES))


def codes(problems: list[Problem]) -> set[str]:
    return {each.code for each in problems if each.code not in ("no_diagram", "task_without_due_date")}


@pytest.mark.parametrize(
    ("starters", "code", "near"),
    [
        ("office", None, None),
        ("office, village_cadre:V05", None, None),
        ('="village_cadre:" + what', None, None),
        ('=if what = "x" then "office" else "village_cadre:V05"', None, None),
        ("ofice", "role_unknown_near", "office"),
        ('="vilage_cadre:" + what', "role_unknown_near", "village_cadre"),
        ("village_cadre", "role_needs_scope", None),
        ("office:V05", "role_without_scope", None),
        ("admin", "role_of_administrators", None),
        ("", "starters_missing", None),
        ("=what +", "feel_invalid", None),
    ],
)
def test_starters_are_checked_as_candidates_are(starters: str, code: str | None, near: str | None) -> None:
    problems = [each for each in found(process(starters), form(WHAT)) if each.severity == "error"]
    assert code in codes(problems) if code else problems == []
    if near:
        assert near in next(each.text("zh") for each in problems if each.code == code)


def test_the_start_form_must_exist_and_stand_on_the_none_start_event() -> None:
    assert "form_unknown" in codes(found(process("office")))
    timed = process("office", inner=d.timer("timeDate", "2020-06-01T08:00:00+08:00"))
    assert {"start_form_misplaced", "starters_without_start"} <= codes(found(timed, form(WHAT)))
    assert "start_form_expression" in codes(
        found(process("office", extensions=f"<zeebe:formDefinition formId={quoteattr('=what')}/>"), form(WHAT))
    )


def test_a_start_form_takes_no_files() -> None:
    (problem,) = [
        each
        for each in found(process("office"), form(WHAT, {"type": "filepicker", "key": "p", "label": "照片"}))
        if each.code == "start_form_uploads"
    ]
    assert "照片" in problem.text("zh")


@pytest.mark.parametrize("known", ["what", "initiator", "campaign.name", "settings.x"])
def test_fields_of_the_start_form_and_what_is_given_are_known(known: str) -> None:
    assert "variable_unknown" not in codes(found(process("office", reads=known), form(WHAT, PHONE)))


@pytest.mark.parametrize("unknown", ["wat", "phone"])
def test_other_names_are_unknown_and_so_is_what_is_personal(unknown: str) -> None:
    problems = found(process("office", reads=unknown), form(WHAT, PHONE))
    assert [each.params["name"] for each in problems if each.code == "variable_unknown"] == [unknown]


def test_without_starters_nothing_is_said_of_the_start() -> None:
    assert codes(found(process(None, extensions=""))) == set()
