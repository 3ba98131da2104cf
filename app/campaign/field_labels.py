"""What people call the fields of the household form."""

from __future__ import annotations

from collections.abc import Mapping

from app.campaign import plan


def labels() -> Mapping[str, str]:
    """Path in the household form → label."""
    found: dict[str, str] = plan.section("field_labels")
    return found


def of(path: str) -> str:
    """The label of a path; the path itself when it has none."""
    return labels().get(path, path)
