"""An ID number or a bank card held as a number is the same number after every step that a diagram can take with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from app.db import Database
from app.engine import decisions, jobs, runtime
from app.engine.errors import StepFailed
from app.exact_json import Exact
from tests.engine import drawing as d
from tests.engine.drawing import ANN

At = Callable[[str], datetime]

ID, CARD, LONG = 110101199003070011, 6222021234567890123, 1234567890123456789012345678901234
SHARE = Exact.of(Decimal("0.1234567890123456789"))


def start(db: Database, process: str, **variables: Any) -> None:
    db.in_transaction(lambda session: runtime.start(session, process, variables, ANN))


def variables(db: Database, process: str) -> dict[str, Any]:
    (instance,) = d.instances(db, process_id=process)
    return dict(instance.variables)


def test_scripts_gateways_and_tasks_keep_every_digit(db: Database, at: At) -> None:
    flows = "s>t>u>e"
    diagram = d.diagram(
        "p",
        d.start(),
        d.script("t", "{id: id + 1, card: card, long: long - 1, share: share, text: string(card)}", "r"),
        d.user("u"),
        d.end(),
        flows=flows,
    )
    d.deploy(db, diagram)
    start(db, "p", id=ID, card=CARD, long=LONG, share=SHARE, list=[{"card": CARD}])
    found = variables(db, "p")
    assert (found["id"], found["card"], found["long"], found["share"], found["list"]) == (ID, CARD, LONG, SHARE, [{"card": CARD}])
    assert found["r"] == {"id": ID + 1, "card": CARD, "long": LONG - 1, "share": SHARE, "text": str(CARD)}
    assert d.task(db, "u").variables.get("card", CARD) == CARD
    db.in_transaction(lambda session: runtime.complete(session, d.task(db, "u").key, {"answer": CARD + 1}, ANN))
    assert variables(db, "p")["answer"] == CARD + 1


def test_two_numbers_that_differ_in_the_last_digit_are_two_messages(db: Database, at: At) -> None:
    roots = d.message("paid", "card")
    diagram = d.diagram("p", d.start(), d.catch("c", d.on_message("paid")), d.user("u"), d.end(), flows="s>c>u>e", roots=roots)
    d.deploy(db, diagram)
    start(db, "p", card=CARD)

    def publish(key: int) -> None:
        db.in_transaction(lambda session: runtime.publish_message(session, "paid", str(key), {"amount": CARD + 2}, ANN))

    publish(CARD + 1)
    jobs.run_due(db)
    assert d.tasks(db) == []
    publish(CARD)
    jobs.run_due(db)
    assert d.task(db, "u").element_id == "u"
    assert variables(db, "p")["amount"] == CARD + 2


def test_instances_of_a_list_get_and_return_every_digit(db: Database, at: At) -> None:
    d.deploy(db, d.diagram("child", d.start(), d.script("t", "item + 1", "next"), d.end(), flows="s>t>e"))
    d.deploy(
        db,
        d.diagram(
            "p", d.start(), d.call("c", "child", items="[card, card + 2]", output=("all", "next")), d.user("u"), d.end(), flows="s>c>u>e"
        ),
    )
    start(db, "p", card=CARD)
    jobs.run_due(db)
    assert variables(db, "p")["all"] == [CARD + 1, CARD + 3]


def test_a_number_that_cannot_be_kept_starts_nothing(db: Database, at: At) -> None:
    d.deploy(db, d.diagram("p", d.start(), d.script("t", "x + 1", "r"), d.end(), flows="s>t>e"))
    with pytest.raises(StepFailed, match="34"):
        start(db, "p", x=10**34 + 1)


DMN = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
  <decision id="who" name="who"><decisionTable id="t" hitPolicy="UNIQUE">
    <input id="i"><inputExpression id="ie" typeRef="number"><text>card</text></inputExpression></input>
    <output id="o" name="who"/>
    <rule id="r1"><inputEntry id="a"><text>6222021234567890123</text></inputEntry>
      <outputEntry id="b"><text>card + 1</text></outputEntry></rule>
    <rule id="r2"><inputEntry id="c"><text>6222021234567890124, &gt; 6222021234567890125</text></inputEntry>
      <outputEntry id="e"><text>-6222021234567890123</text></outputEntry></rule>
  </decisionTable></decision></definitions>"""


@pytest.mark.parametrize(("card", "expected"), [(CARD, CARD + 1), (CARD + 1, -CARD), (CARD + 2, None), (CARD + 3, -CARD), (CARD - 1, None)])
def test_decision_tables_compare_every_digit(card: int, expected: int | None) -> None:
    assert decisions.evaluate(DMN, "who", {"card": card}) == expected
    assert decisions.evaluate_all(DMN, "who", [{"card": card}] * 2) == [expected] * 2
