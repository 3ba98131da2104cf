"""JSON that comes in over HTTP keeps every digit (``exact_json``)."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider

from app import exact_json


class ExactProvider(DefaultJSONProvider):
    """Flask's own, but for reading."""

    def loads(self, s: str | bytes, **_options: Any) -> Any:
        return exact_json.loads(s)


def install(app: Flask) -> None:
    app.json = ExactProvider(app)
