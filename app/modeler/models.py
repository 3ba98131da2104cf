"""Every table of the modeler."""

from app.modeler.drafts.models import ModelDraft, ModelDraftPresence, ModelDraftVersion
from app.modeler.trial.models import Scenario, ScenarioRun, Trial

__all__ = ["ModelDraft", "ModelDraftPresence", "ModelDraftVersion", "Scenario", "ScenarioRun", "Trial"]
