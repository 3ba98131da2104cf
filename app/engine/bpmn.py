"""A process definition as data: the one reading of BPMN XML, used by validation and by execution alike."""

from __future__ import annotations

from app.engine import bpmn_xml
from app.engine.bpmn_model import Element, EventDefinition, Flow, Loop, Process
from app.engine.bpmn_xml import File, read

__all__ = ["Element", "EventDefinition", "File", "Flow", "Loop", "Process", "parse", "read"]


def parse(xml: bytes) -> list[Process]:
    """Read all executable processes of a file.

    Raises ``errors.Refused`` for XML that cannot be read, has a DOCTYPE or exceeds the size or node cap. Unsupported elements are
    kept in the model as they are: ``definitions.check`` refuses them with their id.
    """
    return bpmn_xml.read(xml).processes
