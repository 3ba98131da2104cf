"""Run scenarios: all of them before a deployment, one from its page. Each runs in a sandbox of its own; nothing real is touched."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Database
from app.engine.errors import EngineError, Refused
from app.modeler.trial import observing, playing, sandbox, sentences
from app.modeler.trial.models import Scenario
from app.modeler.trial.observing import Difference
from app.modeler.trial.steps import Play, StepRefused


@dataclass(slots=True)
class ScenarioResult:
    """How a scenario went. ``difference`` says in the reader's words what was not as expected first; "" when all was."""

    name: str
    process: str
    ok: bool
    seconds: float
    difference: str = ""
    #: number of the step at which it differed, from 1; 0: before the first step
    step: int = 0
    scenario_key: int = 0
    #: everything that differed at that step, in words
    differences: list[str] = field(default_factory=list)
    #: tasks on the way that nobody could take today; no difference, since the diagram is not to blame
    warnings: list[str] = field(default_factory=list)
    #: for the diagram of the scenario's process: element id → here, missing, extra or done
    marks: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def warnings(results: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the results (as JSON) warn of, each once."""
    return list(dict.fromkeys(text for result in results for text in result.get("warnings", ())))


def active(session: Session) -> list[Scenario]:
    """The scenarios that count, by process and name."""
    query = select(Scenario).where(Scenario.state == "ACTIVE").order_by(Scenario.process_id, Scenario.name, Scenario.key)
    return list(session.scalars(query))


def run_all(database_or_session: Database | Session, files: Mapping[str, bytes]) -> list[ScenarioResult]:
    """Run every active scenario on what is deployed with *files* (name → content) deployed over it. Changes nothing.

    Files that may not be deployed at all: every scenario fails with that sentence.
    """
    if isinstance(database_or_session, Session):
        return run(active(database_or_session), sandbox.deployed(database_or_session), files)
    with database_or_session.reading() as session:
        found, base = active(session), sandbox.deployed(session)
    return run(found, base, files)


def run(found: Sequence[Scenario], base: sandbox.Deployed, files: Mapping[str, bytes]) -> list[ScenarioResult]:
    """Run these scenarios."""
    return [run_one(scenario, base, files) for scenario in found]


def run_one(scenario: Scenario, base: sandbox.Deployed, files: Mapping[str, bytes]) -> ScenarioResult:
    """Play a scenario up to the first step after which something is not as expected."""
    began = time.monotonic()
    result = ScenarioResult(scenario.name, scenario.process_id, True, 0.0, scenario_key=scenario.key)
    try:
        _play(result, Play.of(scenario.play), base, files)
    except StepRefused as refused:
        _fail(result, 0, [sentences.refused(refused)])
    except Refused as refused:
        _fail(result, 0, [sentences.not_deployable(refused)])
    except EngineError as error:
        # a stored row that cannot be opened: this scenario fails, the others and unrelated releases go on
        _fail(result, 0, [str(error)])
    result.seconds = round(time.monotonic() - began, 3)
    return result


def _play(result: ScenarioResult, play: Play, base: sandbox.Deployed, files: Mapping[str, bytes]) -> None:
    with playing.played(base, files, play) as went:
        result.warnings = list(dict.fromkeys(why for done in went.done for why in done.seen.nobody.values()))
        for number, done in enumerate(went.done, start=1):
            found = observing.differences(done.seen, done.step.get("expect", {}))
            if found:
                with went.sandbox.db.reading() as inside:
                    names = observing.spoken(inside)
                said = [sentences.difference(each, names) for each in found]
                _fail(result, number, said, marks(went.done[:number], found))
                return
        if went.refused is not None:
            _fail(result, len(went.done) + 1, [sentences.refused(went.refused)], marks(went.done, []))


def observed(play: Play, base: sandbox.Deployed) -> Play:
    """The same steps with what is seen today as what is expected. Raises ``StepRefused`` where they cannot be carried out any more."""
    with playing.played(base, {}, play) as went, went.sandbox.db.reading() as inside:
        if went.refused is not None:
            raise went.refused
        steps = [{**done.step, "expect": observing.expectation(inside, done.seen)} for done in went.done]
    return Play(play.process, play.begin, play.stubs, steps)


def _fail(result: ScenarioResult, step: int, said: list[str], marked: dict[str, str] | None = None) -> None:
    result.ok, result.step, result.difference, result.differences = False, step, said[0], said
    result.marks = marked or {}


def marks(done: Sequence[playing.Done], found: Sequence[Difference]) -> dict[str, str]:
    """Element → how it is shown: where tokens are, where they should be and are not, where they should not be, where they have been."""
    marked = {element: "done" for each in done for element in each.seen.path}
    if done:
        marked.update(dict.fromkeys(done[-1].seen.open, "here"))
    for difference in found:
        named = [difference.name] if difference.kind == "due" else []
        marked.update(dict.fromkeys([*difference.missing, *named], "missing"))
        marked.update(dict.fromkeys(difference.extra, "extra"))
    return {element: state for element, state in marked.items() if "/" not in element}
