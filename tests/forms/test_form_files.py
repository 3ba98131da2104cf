"""forms/*.form: complete, in both languages, and fit for the stock editor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from app.config import ROOT
from app.engine import decisions, feel, form_files
from app.forms import browser, schema

FILES = sorted((ROOT / "forms").glob("*.form"))
NAMED = [
    "household_registered",
    "household_key_general",
    "village",
    "nine_documents",
    "staff",
    "verification",
    "problem",
    "rectification",
    "closure",
    "supervision_notice",
    "supervision_reply",
    "village_problem_list",
    "principal_decision",
    "question",
    "answer",
    "review",
    "joint_review",
    "rereview",
    "app_entry",
    "meeting_minutes",
    "training",
    "guide_nomination",
    "village_report",
    "spot_check",
    "spot_check_report",
    "county_feedback",
    "handover",
]


def load(path: Any) -> schema.Form:
    return schema.load(path.read_bytes())


def components(node: schema.Node) -> Iterator[schema.Node]:
    for child in node.children:
        yield child
        yield from components(child)


def chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


def test_every_form_that_the_requirements_name_is_there() -> None:
    assert set(NAMED) <= {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
class TestForm:
    """What holds for each form."""

    def test_opens_in_the_stock_editor(self, path: Any) -> None:
        """Its id is the file's name, its schema version the editor's, and every component has an id and a place of its own."""
        form = load(path)
        assert form.id == path.stem
        assert form.content["schemaVersion"] == form_files.SCHEMA_VERSION
        assert form.content["executionPlatform"] == "Camunda Cloud"
        ids = [node.id for node in components(form.root)]
        assert all(ids) and len(ids) == len(set(ids))
        assert [field.path for field in form.fields() if not field.path.replace("[]", "").replace(".", "").isidentifier()] == []

    def test_says_everything_in_chinese_and_in_english(self, path: Any) -> None:
        form = load(path)
        missing = []
        for node in components(form.root):
            if node.type == "text":
                missing += [node.id] if not node.properties.get("textEn") else []
                continue
            english = node.properties.get("labelEn", "")
            missing += [node.id] if not english or chinese(english.replace("渝扶贫APP", "")) or not chinese(node.label()) else []
            pairs = [(node.component.get("description"), node.properties.get("descriptionEn"))]
            pairs += [(option.get("label"), option.get("labelEn")) for option in node.component.get("values") or ()]
            pairs += [(node.component.get("appearance", {}).get("suffixAdorner"), node.properties.get("unitEn"))]
            pairs += [(node.validate.get("patternErrorMessage"), node.properties.get("patternErrorMessageEn"))]
            missing += [f"{node.id}: {zh}" for zh, en in pairs if bool(zh) != bool(en)]
        assert missing == []
        assert chinese(form.title()) and not chinese(form.title("en").replace("渝扶贫APP", ""))

    def test_its_english_schema_has_no_chinese_left(self, path: Any) -> None:
        def labels(component: Mapping[str, Any]) -> Iterator[str]:
            yield from (str(component[key]) for key in ("label", "dateLabel", "timeLabel", "description", "text") if component.get(key))
            yield from (str(option["label"]) for option in component.get("values") or ())
            for child in component.get("components") or ():
                yield from labels(child)

        assert [text for text in labels(browser.localized(load(path), "en")) if chinese(text.replace("渝扶贫APP", ""))] == []

    def test_its_expressions_parse_and_hide_alike_on_every_platform(self, path: Any) -> None:
        """Conditions give the same as expressions (ours) and as unary tests (form-js's own), over empty and over filled data."""
        form = load(path)
        wrong = [text for text in browser._expressions(form.root) if feel.check(text).error]
        hides = sorted({node.hide for node in components(form.root) if node.hide})
        for variables in ({}, {"visit": {"mode": "remote"}, "decision": "approve", "this": {"age": 10, "insurance": "none"}}):
            asked = {"settings": {"school_age_from": 6, "school_age_to": 15}, **variables}
            wrong += [text for text in hides if (feel.evaluate(text, asked) is True) is not feel.unary_test(text, None, asked)]
        assert wrong == []

    def test_its_rules_exist(self, path: Any) -> None:
        form = load(path)
        for rules in form.rules:
            file = ROOT / "processes" / f"{rules.decision}.dmn"
            assert rules.decision in [found for found, _name in decisions.decision_ids(file.read_bytes())]
            if rules.each:
                assert any(node.repeats and ".".join(node.segments) == rules.each for node in components(form.root))

    def test_choices_differ(self, path: Any) -> None:
        for field in load(path).fields():
            values = [option["value"] for option in field.node.component.get("values") or ()]
            assert len(values) == len(set(values)), field.path


@pytest.mark.parametrize("form_id", ["household_registered", "household_key_general"])
def test_the_visit_begins_with_who_why_and_privacy(form_id: str) -> None:
    """R18: the first three things to tick."""
    fields = list(load(ROOT / "forms" / f"{form_id}.form").fields())[:3]
    assert [field.path for field in fields] == ["visit.identity_shown", "visit.purpose_explained", "visit.privacy_explained"]
    assert all(field.type == "checkbox" and field.node.validate["required"] for field in fields)


def test_the_household_form_asks_everything_that_is_listed() -> None:
    form = load(ROOT / "forms" / "household_registered.form")
    asked = {
        *(
            [
                "code",
                "village",
                "group_no",
                "head",
                "phone",
                "year_registered",
                "year_out",
                "poverty_status",
                "poverty_cause",
                "low_income_allowance",
            ]
        ),
        *(
            f"members[].{name}"
            for name in ["name", "sex", "id_number", "birth_date", "relation", "education", "school_status", "health", "labour"]
        ),
        *(f"members[].{name}" for name in ["work_place", "work_months", "insurance", "pension", "schooling"]),
        *(f"living.{name}" for name in ["enough_food", "protein", "drinking_water", "clothing", "bedding"]),
        *(f"medical.{name}" for name in ["insured", "chronic_contracted", "one_stop"]),
        *(f"housing.{name}" for name in ["grade", "structure", "area", "origin", "measure", "measure_date", "moved_in_date"]),
        *(f"water.{name}" for name in ["quantity", "quality", "distance", "height", "minutes", "shortage_days"]),
        *(f"income.{name}" for name in ["wage", "business", "property", "transfer", "business_cost", "net", "per_capita"]),
        *(f"help.{name}" for name in ["industry", "job", "health", "education", "officer"]),
        *("satisfaction.score", "satisfaction.reason", "rectified.earlier"),
        *(
            f"visit.{name}"
            for name in ["mode", "respondent", "respondent_relation", "guide", "start", "end", "latitude", "photos", "signature"]
        ),
    }
    assert asked - set(form.by_path) == set()
    assert form.by_path["income.per_capita"].type == "expression"


def test_personal_fields_are_marked() -> None:
    form = load(ROOT / "forms" / "household_registered.form")
    assert form.personal == {
        "phone": "phone",
        "members[].id_number": "id_number",
        "members[].health": "health",
        "visit.contact.phone": "phone",
        "visit.contact.wechat": "phone",
        "visit.contact.qq": "phone",
    }
    verification = load(ROOT / "forms" / "verification.form")
    assert {path.split(".")[1] for path in verification.personal} == {"id_number", "phone"} and len(verification.personal) == 14


def test_village_totals_cannot_be_typed() -> None:
    form = load(ROOT / "forms" / "village.form")
    totals = [field for field in form.fields() if field.path.startswith("totals.")]
    assert len(totals) > 15
    assert all(field.node.component.get("readonly") is True or field.type == "expression" for field in totals)


@pytest.mark.parametrize(
    ("form_id", "answers"),
    [
        ("review", {"approve", "return", "consult"}),
        ("joint_review", {"approve", "return"}),
        ("rereview", {"approve", "return"}),
        ("answer", {"answer", "escalate"}),
        ("rectification", {"done", "cannot"}),
        ("supervision_reply", {"done", "cannot"}),
        ("problem_assignment", {"assign", "principals"}),
        ("principal_decision", {"rectify", "accept"}),
        ("closure", {"close", "return"}),
        ("village_problem_list", {"sign", "return"}),
        ("signature", {"sign", "return"}),
        ("county_feedback", {"approve", "return"}),
        ("village_review", {"approve", "return"}),
    ],
)
def test_decisions_have_the_answers_that_the_diagrams_read(form_id: str, answers: set[str]) -> None:
    field = load(ROOT / "forms" / f"{form_id}.form").field("decision")
    assert field is not None and field.node.validate.get("required") is True
    assert {option["value"] for option in field.node.component["values"]} == answers


@pytest.mark.parametrize("form_id", ["signature", "village_problem_list", "supervision_notice", "principal_decision"])
def test_a_signature_or_a_seal_is_accepted_and_recorded(form_id: str) -> None:
    field = load(ROOT / "forms" / f"{form_id}.form").field("manner")
    assert field is not None and {option["value"] for option in field.node.component["values"]} == {"signature", "seal"}


def test_only_the_spot_check_is_filled_blind() -> None:
    """R53: the checker does not read what others said or filed about the household."""
    assert [path.stem for path in sorted((ROOT / "forms").glob("*.form")) if load(path).blind] == ["spot_check"]
