"""Process definitions, decisions and forms: check, deploy, look up."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session

from app.engine.bpmn import Process
from app.engine.checks.expressions import all_written
from app.engine.checks.graph import next_elements
from app.engine.definition_lookup import File, drawn, file_of, get, newest, process_of, version_of
from app.engine.deployment import DeploymentResult, deploy
from app.engine.newest_definitions import newest as remembered
from app.engine.problems import Problem
from app.engine.registry import Known, Registry, known, known_files
from app.engine.supported import Supported, supported_elements
from app.engine.validation import check

__all__ = [
    "DeploymentResult",
    "File",
    "Known",
    "Problem",
    "Process",
    "Registry",
    "Supported",
    "all_written",
    "check",
    "deploy",
    "drawn",
    "file_of",
    "get",
    "known",
    "known_files",
    "newest",
    "newest_file",
    "next_elements",
    "process_of",
    "requirements",
    "supported_elements",
    "version_of",
]

#: R01 to R56, the plan line by line. Chinese may stand right beside it, other letters and digits may not.
_REQUIREMENT = re.compile(r"(?<![A-Za-z0-9])R(?:0[1-9]|[1-4]\d|5[0-6])(?![A-Za-z0-9])")


def newest_file(session: Session, kind: str, definition_id: str) -> File | None:
    """The newest version of a ``process``, ``decision`` or ``form`` with its content, from memory as long as nobody deploys."""
    found = remembered(session, kind, definition_id, None)
    return file_of(session, found.key) if found else None


def requirements(process: Process) -> dict[str, list[str]]:
    """R-id -> ids of the elements (flows, the process itself) whose documentation names it, in document order."""
    found: dict[str, list[str]] = {}
    for item in process.items():
        for requirement in dict.fromkeys(_REQUIREMENT.findall(item.documentation)):
            found.setdefault(requirement, []).append(item.id)
    return found
