"""What stands in the place of each placeholder of a sentence (``sentence_templates``) that is more than a value of the record."""

from __future__ import annotations

from collections.abc import Mapping

from app.audit.placeholder_texts import accounts, campaign, work
from app.audit.placeholders import Maker

MAKERS: Mapping[str, Maker] = {**work.MAKERS, **campaign.MAKERS, **accounts.MAKERS}
