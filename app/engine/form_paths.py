"""Which places of a form's data are taken, as form-js's path registry knows it: two fields never share one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["field", "group", "rows"]


@dataclass(slots=True)
class _Place:
    kind: Kind = "group"
    below: dict[str, _Place] = field(default_factory=dict)


class Paths:
    """The places of one form."""

    def __init__(self) -> None:
        self._root = _Place()

    def claim(self, path: tuple[str, ...], kind: Kind) -> bool:
        """Take *path* (rows of a list below ``[]``); False when it is taken, or lies inside of a value."""
        here, new = self._root, False
        for position, part in enumerate(path):
            if here.kind == "field" or (here.kind == "rows" and part != "[]" and position):
                return False
            if part not in here.below:
                new = True
                here.below[part] = _Place()
            here = here.below[part]
        if not new and (kind != "group" or here.kind != "group"):
            return False
        here.kind = kind
        return True
