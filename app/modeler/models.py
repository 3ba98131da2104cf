"""Every table of the modeler."""

from app.modeler.drafts.models import ModelDraft, ModelDraftPresence, ModelDraftVersion
from app.modeler.operations.models import OperationBatch, OperationItem
from app.modeler.release.models import ReleaseFile, ReleaseRequest
from app.modeler.trial.models import Scenario, ScenarioRun, Trial

__all__ = [
    "ModelDraft",
    "ModelDraftPresence",
    "ModelDraftVersion",
    "OperationBatch",
    "OperationItem",
    "ReleaseFile",
    "ReleaseRequest",
    "Scenario",
    "ScenarioRun",
    "Trial",
]
