"""Times as people write them into forms."""

from __future__ import annotations

from datetime import UTC, datetime

from app import clock


def moment(text: str | None) -> datetime | None:
    """A moment in UTC; without a zone it is the campaign's. None for what is no moment."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=clock.CAMPAIGN_ZONE)).astimezone(UTC)
