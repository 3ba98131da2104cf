"""What a person submits is written somewhere or refused with a sentence: no hook returns in silence when its row is missing."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import app.campaign.hooks as package
from app.campaign.errors import Conflict
from app.campaign.models import SpotSample
from app.db import Database
from app.forms import hooks
from app.forms.outcome import Outcome
from tests.campaign import test_hooks as filled
from tests.campaign import world
from tests.campaign.test_hooks import ME

place = filled.place

#: form, subject whose row is missing, decision
MISSING = [
    ("household_registered", "other:1", None),
    ("household_key_general", "other:1", None),
    ("verification", "other:1", None),
    ("nine_documents", "other:1", None),
    ("rereview", "other:1", "approve"),
    ("handover", "group:none", None),
    ("handover_receipt", "group:none", None),
    ("answer", "question:none", "answer"),
    ("village_problem_list", "list:none", "sign"),
    ("spot_check", "other:1", None),
    ("village", "village:none", None),
    ("county_feedback", "village:none", "approve"),
    ("village_report", "village:none", None),
    ("guide_nomination", "village:none", None),
    ("rectification", "other:1", "done"),
    ("closure", "other:1", "close"),
    ("problem_assignment", "other:1", "assign"),
    ("principal_decision", "other:1", "accept"),
    ("breach", "other:1", "transfer"),
    ("supervision_receipt", "other:1", None),
    ("supervision_reply", "other:1", "done"),
    ("ledger_confirmation", "campaign:7", None),
]


def submit(db: Database, form_id: str, subject: str, **data: Any) -> None:
    work = filled.task(form_id, subject, name="办理\n事项")
    db.in_transaction(lambda session: hooks.accept(session, work, _Submission(), Outcome(data=data), ME))


class _Submission:
    key, revision = 1, 1


@pytest.mark.parametrize(("form_id", "subject", "decision"), MISSING)
def test_a_submission_whose_row_is_missing_is_refused(place: Database, form_id: str, subject: str, decision: str | None) -> None:
    with pytest.raises(Conflict) as refused:
        submit(place, form_id, subject, decision=decision)
    said = refused.value.text("zh")
    assert "“办理事项”" in said and "未作记录，所填内容已保留" in said
    assert "nothing was recorded" in refused.value.text("en")


def test_a_spot_check_without_its_sample_is_refused_and_names_it(place: Database) -> None:
    code = filled.home(place)
    with pytest.raises(Conflict, match="no sample of the spot check"):
        submit(place, "spot_check", f"household:{code}")
    with place.reading() as session:
        assert session.scalars(select(SpotSample)).all() == []


def test_a_decision_about_an_unknown_problem_is_refused(place: Database) -> None:
    number = world.problem(place)
    rows = [{"number": number, "decision": "continue"}, {"number": "P-V05-999", "decision": "continue"}]
    with pytest.raises(Conflict, match="no problem that"):
        submit(place, "judgement", "campaign:7", judgements=rows)


def test_a_stage_that_nobody_reaches_is_refused(place: Database) -> None:
    work = filled.task("review", "other:1", properties={"stage": "reviewed"})
    with pytest.raises(Conflict):
        place.in_transaction(lambda session: hooks.accept(session, work, _Submission(), Outcome(data={"decision": "approve"}), ME))


def _accepting() -> list[tuple[str, ast.FunctionDef]]:
    found = []
    for path in sorted(Path(str(package.__file__)).parent.glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and any("accepts" in ast.unparse(each) for each in node.decorator_list):
                found.append((path.name, node))
    return found


def test_no_accepting_hook_returns_because_something_is_missing() -> None:
    """``if row is None: return`` is how an act was lost: the kind, not the example."""
    silent = [
        f"{name}:{test.lineno}"
        for name, function in _accepting()
        for test in ast.walk(function)
        if isinstance(test, ast.If)
        and "is None" in ast.unparse(test.test)
        and any(isinstance(each, ast.Return) and (each.value is None or ast.unparse(each.value) in ("None", "{}")) for each in test.body)
    ]
    # Its own generic signature is written first; a village form that nobody has signed has no signature to void.
    allowed = {"signed", "household_changed"}
    lines = {
        f"{name}:{test.lineno}"
        for name, function in _accepting()
        if function.name in allowed
        for test in ast.walk(function)
        if isinstance(test, ast.If)
    }
    assert len(_accepting()) > 20
    assert [each for each in silent if each not in lines] == []
