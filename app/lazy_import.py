"""Modules that are imported at their first use: libraries that few requests need would double the time of a start."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Later:
    """Stands for the module *name* until somebody asks it for something. Safe from several threads: the import itself is."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)
