"""Every table of the modeler."""

from app.modeler.drafts.models import ModelDraft, ModelDraftPresence, ModelDraftVersion

__all__ = ["ModelDraft", "ModelDraftPresence", "ModelDraftVersion"]
