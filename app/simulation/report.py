"""What a play did, in numbers: on the screen and as JSON."""

from __future__ import annotations

import resource
import sys
from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.campaign.models import Household
from app.engine import definitions
from app.engine.models import Activity, Incident, ProcessInstance, Task


def collect(session: Session, campaign_id: int) -> dict[str, Any]:
    """Counts of a campaign: households, completions, instances, requirements, open tasks, incidents."""
    instances: dict[str, dict[str, int]] = defaultdict(dict)
    rows = session.execute(
        select(ProcessInstance.process_id, ProcessInstance.state, func.count())
        .where(ProcessInstance.campaign_id == campaign_id)
        .group_by(ProcessInstance.process_id, ProcessInstance.state)
        .order_by(ProcessInstance.process_id, ProcessInstance.state)
    )
    for process_id, state, number in rows:
        instances[process_id][state] = number
    task = select(func.count()).select_from(Task).where(Task.campaign_id == campaign_id)
    return {
        "households": session.scalar(select(func.count()).select_from(Household).where(Household.campaign_id == campaign_id)),
        "completions": session.scalar(task.where(Task.state == "COMPLETED")),
        "instances": dict(instances),
        "requirements": requirements(session, campaign_id),
        "open_tasks": session.scalar(task.where(Task.state == "OPEN")),
        "incidents": session.scalar(
            select(func.count()).select_from(Incident).where(Incident.campaign_id == campaign_id, Incident.state == "OPEN")
        ),
    }


def open_and_done(session: Session, campaign_id: int) -> dict[str, int]:
    """The day's numbers: tasks done and open, instances that run, incidents."""
    states = dict(session.execute(select(Task.state, func.count()).where(Task.campaign_id == campaign_id).group_by(Task.state)).all())
    active = ProcessInstance.campaign_id == campaign_id, ProcessInstance.state.in_(("ACTIVE", "SUSPENDED"))
    broken = Incident.campaign_id == campaign_id, Incident.state == "OPEN"
    return {
        "completions": states.get("COMPLETED", 0),
        "open_tasks": states.get("OPEN", 0),
        "active": session.scalar(select(func.count()).select_from(ProcessInstance).where(*active)) or 0,
        "incidents": session.scalar(select(func.count()).select_from(Incident).where(*broken)) or 0,
    }


def requirements(session: Session, campaign_id: int) -> dict[str, int]:
    """R-id → how many times an element whose documentation carries it was completed (a process's own documentation: its instances)."""
    counts: Counter[str] = Counter()
    visits = session.execute(
        select(ProcessInstance.definition_key, Activity.element_id, func.count())
        .join(ProcessInstance, ProcessInstance.key == Activity.instance_key)
        .where(ProcessInstance.campaign_id == campaign_id, Activity.how == "completed")
        .group_by(ProcessInstance.definition_key, Activity.element_id)
    ).all()
    instances = session.execute(
        select(ProcessInstance.definition_key, func.count())
        .where(ProcessInstance.campaign_id == campaign_id)
        .group_by(ProcessInstance.definition_key)
    ).all()
    carried = {key: definitions.requirements(definitions.process_of(session, key)) for key, _ in instances}
    for key, element_id, number in visits:
        for requirement, elements in carried[key].items():
            if element_id in elements:
                counts[requirement] += number
    for key, number in instances:
        process = definitions.process_of(session, key)
        for requirement, elements in carried[key].items():
            if process.id in elements:
                counts[requirement] += number
    return dict(sorted(counts.items()))


def peak_rss_mb() -> float:
    """The process's largest resident size so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)


def table(report: dict[str, Any]) -> str:
    """The report as text."""
    lines = ["", f"{'流程 process':<24}{'完成 completed':>16}{'进行 active':>14}{'终止 terminated':>18}"]
    for process_id, states in report["instances"].items():
        active = states.get("ACTIVE", 0) + states.get("SUSPENDED", 0)
        lines.append(f"{process_id:<24}{states.get('COMPLETED', 0):>16}{active:>14}{states.get('TERMINATED', 0):>18}")
    exercised = report["requirements"]
    lines += ["", "  ".join(f"{name}×{number}" for name, number in exercised.items()), ""]
    for name in ("households", "completions", "open_tasks", "incidents", "virtual_days", "seconds", "peak_rss_mb"):
        lines.append(f"{name:<16}{report[name]:>12}")
    return "\n".join(lines)
