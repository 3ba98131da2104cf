"""The auditors' place in the application."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort

blueprint = Blueprint("audit", __name__, template_folder="templates", url_prefix="/audit")

#: No key is larger: 64 bits.
_LARGEST = (1 << 63) - 1


@blueprint.url_value_preprocessor
def _keys(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """A number that can be no key names nothing; a NUL in a name neither."""
    for value in (values or {}).values():
        if (isinstance(value, int) and value > _LARGEST) or (isinstance(value, str) and "\x00" in value):
            abort(404)
