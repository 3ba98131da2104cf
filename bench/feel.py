"""How long expressions and decisions take: python bench/feel.py

Figures of one call from Python, with everything on the way (JSON, V8, limits). The target is 0.35 ms for a simple expression.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.engine import decisions, feel

RUNS = 2000

HOUSEHOLD = {"code": "H0001", "label": "王家", "village": "V05", "group": "G03", "income": 3900.5, "members": [{"age": 7}, {"age": 40}]}
VARIABLES = {
    "household": HOUSEHOLD,
    "campaign": {"daily_close": "18:00:00+08:00", "start": datetime(2020, 5, 21, tzinfo=UTC)},
    "a": 1,
    "b": 2,
}

EXPRESSIONS = {
    "a + b": "a + b",
    "path": 'household.village = "V05"',
    "string": '"household:" + household.code',
    "list of groups": '["investigator:" + household.group]',
    "timer": "date and time(today(), time(campaign.daily_close))",
    "filter and sum": "sum(household.members[age > 6].age)",
}


def measured(work: Callable[[], Any]) -> str:
    work()
    samples = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        samples.append((time.perf_counter() - start) * 1000)
    samples.sort()
    return f"{statistics.median(samples):7.3f} ms median {samples[int(RUNS * 0.99)]:7.3f} ms p99"


def table(rules: int) -> bytes:
    rows = "".join(
        f'<rule id="r{number}"><inputEntry><text>[{number}..{number + 1})</text></inputEntry>'
        f'<inputEntry><text>"V05", "V06"</text></inputEntry><outputEntry><text>"band {number}"</text></outputEntry></rule>'
        for number in range(rules)
    )
    return f"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="bench" namespace="bench">
      <decision id="band" name="band"><decisionTable id="t">
        <input id="i1"><inputExpression><text>household.income / 100</text></inputExpression></input>
        <input id="i2"><inputExpression><text>household.village</text></inputExpression></input>
        <output id="o" name="band"/>{rows}</decisionTable></decision></definitions>""".encode()


def main() -> None:
    start = time.perf_counter()
    feel.evaluate("1", {})
    print(f"first call (V8 and the bundle)  {(time.perf_counter() - start) * 1000:.0f} ms")
    for name, expression in EXPRESSIONS.items():
        print(f"{name:<32}", measured(lambda expression=expression: feel.evaluate(expression, VARIABLES)))
    many = list(EXPRESSIONS.values())
    print(f"{'all ' + str(len(many)) + ' in one call':<32}", measured(lambda: feel.evaluate_many(many, VARIABLES)))
    wide = {f"id{number}": HOUSEHOLD for number in range(650)}
    print(f"{'a + b among 650 households':<32}", measured(lambda: feel.evaluate("a + b", {**wide, **VARIABLES})))
    for rules in (10, 100):
        content = table(rules)
        print(f"{f'decision table of {rules} rules':<32}", measured(lambda content=content: decisions.evaluate(content, "band", VARIABLES)))


if __name__ == "__main__":
    main()
