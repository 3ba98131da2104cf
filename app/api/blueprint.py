"""The blueprint of /v2: every file of this package adds its routes to it."""

from __future__ import annotations

from flask import Blueprint

from app.api import problems

api = Blueprint("api", __name__, url_prefix="/v2")
problems.install(api)
