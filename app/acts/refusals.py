"""Why something cannot be done, in sentences that tell what to do. The error pages show them as they are."""

from __future__ import annotations

from app.engine.errors import EngineError


class Refusal(EngineError):
    """What was asked for is not possible now."""

    status = 409


class Closed(Refusal):
    """A task is no longer open to this user. ``by`` and ``at`` say who did it and when, where somebody did."""

    def __init__(self, message: str, *, by: str = "", at: str = "") -> None:
        super().__init__(message)
        self.by, self.at = by, at
