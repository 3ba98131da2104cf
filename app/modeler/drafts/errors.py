"""The drafts' own conflict sentences, beside the engine's."""

from __future__ import annotations

from app.engine.errors import CONFLICTS, Conflict, NotFound

CONFLICTS.update(
    {
        "draft_newer": (
            "{by}已于 {at} 保存了第 {number} 版，您是从第 {seen} 版改起的。您的改动没有丢失。",
            "{by} saved version {number} at {at}; yours began from version {seen}. Nothing of yours is lost.",
        ),
        "draft_released": (
            "这份草稿已经发布。请从已发布的版本另起一份草稿。",
            "This draft has been released; begin a new one from what was released.",
        ),
        "draft_discarded": ("这份草稿已经作废。", "This draft has been discarded."),
    }
)

__all__ = ["Conflict", "NotFound"]
