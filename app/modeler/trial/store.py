"""Scenarios and trials as rows: keep, rename, change, disable, delete; each with who and, where asked, why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app import clock
from app.engine import events
from app.engine.actor import Actor
from app.engine.errors import NotFound
from app.modeler.trial.models import Scenario, ScenarioRun, Trial
from app.modeler.trial.scenarios import ScenarioResult
from app.modeler.trial.steps import Play

#: A trial that nobody has touched for so long is cleared away.
TRIAL_LIVES = timedelta(days=14)
#: Runs of a scenario that are kept.
RUNS_KEPT = 50


# --- trials ---------------------------------------------------------------------------------------------------------------


def trial_of(session: Session, person: str, draft_key: int) -> Trial | None:
    """The person's trial of a draft, if there is one that has not expired."""
    query = select(Trial).where(Trial.person == person, Trial.draft_key == draft_key, Trial.touched_at > clock.real_now() - TRIAL_LIVES)
    return session.scalar(query)


def begin_trial(session: Session, person: str, draft_key: int, play: Play, beside: Sequence[int] = ()) -> Trial:
    """Begin anew; an earlier trial of the same draft by the same person goes, and so does what has expired."""
    old = delete(Trial).where(
        ((Trial.person == person) & (Trial.draft_key == draft_key)) | (Trial.touched_at <= clock.real_now() - TRIAL_LIVES)
    )
    session.execute(old.execution_options(synchronize_session=False))
    trial = Trial(person=person, draft_key=draft_key, beside=list(beside), play=play.as_json(), touched_at=clock.real_now())
    session.add(trial)
    session.flush()
    return trial


def keep_steps(session: Session, trial: Trial, play: Play) -> None:
    """The trial's steps are these now. Two windows at once: the later one runs again on what the earlier one wrote."""
    trial.play, trial.touched_at = play.as_json(), clock.real_now()
    session.flush()


# --- scenarios ------------------------------------------------------------------------------------------------------------


def scenario(session: Session, key: int) -> Scenario:
    """One that was not deleted. Raises ``NotFound``."""
    found = session.get(Scenario, key)
    if found is None or found.state == "DELETED":
        raise NotFound("scenario", key)
    return found


def keep(session: Session, name: str, play: Play, actor: Actor, *, instance_key: int | None = None) -> Scenario:
    """A new scenario."""
    now = clock.real_now()
    made = Scenario(
        name=name.strip()[:200] or play.process,
        process_id=play.process,
        play=play.as_json(),
        instance_key=instance_key,
        created_at=now,
        created_by=actor.name,
        changed_at=now,
        changed_by=actor.name,
    )
    session.add(made)
    session.flush()
    _record(session, "scenario.created", made, actor, {"instance": str(instance_key)} if instance_key else {})
    return made


def change(session: Session, found: Scenario, name: str, play: Play, actor: Actor) -> None:
    """Another name, other steps or expectations."""
    found.name, found.process_id, found.play = name.strip()[:200] or found.name, play.process, play.as_json()
    _touch(session, found, actor)
    _record(session, "scenario.changed", found, actor, {"steps": len(play.steps)})


def set_state(session: Session, found: Scenario, state: str, reason: str, actor: Actor) -> None:
    """ACTIVE, DISABLED or DELETED, with the reason why."""
    found.state, found.reason = state, reason.strip()
    _touch(session, found, actor)
    _record(session, f"scenario.{state.lower()}", found, actor, {"reason": found.reason})


def _touch(session: Session, found: Scenario, actor: Actor) -> None:
    found.changed_at, found.changed_by = clock.real_now(), actor.name
    session.flush()


def _record(session: Session, kind: str, found: Scenario, actor: Actor, detail: dict[str, Any]) -> None:
    events.record(session, kind, actor, subject=f"scenario:{found.key}", detail={"name": found.name, "process": found.process_id, **detail})


def listed(session: Session) -> list[tuple[Scenario, ScenarioRun | None]]:
    """All that were not deleted, with the newest run of each. Two statements."""
    rows = list(
        session.scalars(select(Scenario).where(Scenario.state != "DELETED").order_by(Scenario.process_id, Scenario.name, Scenario.key))
    )
    newest = select(func.max(ScenarioRun.key)).group_by(ScenarioRun.scenario_key)
    runs = {run.scenario_key: run for run in session.scalars(select(ScenarioRun).where(ScenarioRun.key.in_(newest)))}
    return [(row, runs.get(row.key)) for row in rows]


def runs_of(session: Session, scenario_key: int, limit: int = 10) -> list[ScenarioRun]:
    """The newest runs of one scenario."""
    query = select(ScenarioRun).where(ScenarioRun.scenario_key == scenario_key).order_by(ScenarioRun.key.desc()).limit(limit)
    return list(session.scalars(query))


def note_runs(session: Session, results: Sequence[ScenarioResult], actor: Actor, files: Sequence[str] = ()) -> None:
    """Keep how scenarios went; old runs go."""
    for result in results:
        session.add(
            ScenarioRun(
                scenario_key=result.scenario_key,
                at=clock.real_now(),
                actor=actor.name,
                files=", ".join(files),
                ok=result.ok,
                result=result.as_json(),
                milliseconds=round(result.seconds * 1000),
            )
        )
    session.flush()
    for result in results:
        edge = select(ScenarioRun.key).where(ScenarioRun.scenario_key == result.scenario_key).order_by(ScenarioRun.key.desc())
        last = session.scalar(edge.offset(RUNS_KEPT).limit(1))
        if last is not None:
            gone = delete(ScenarioRun).where(ScenarioRun.scenario_key == result.scenario_key, ScenarioRun.key <= last)
            session.execute(gone.execution_options(synchronize_session=False))
