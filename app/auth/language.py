"""Language and time zone of a request: the account's, the one chosen before signing in, or the browser's. Chinese first."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, has_request_context, request, session
from flask_babel import Babel, get_locale

from app.auth.current import signed_in_person

#: What can be chosen: code → Babel locale.
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}


def _choose() -> str:
    if not has_request_context():
        return LOCALES["zh"]
    person = signed_in_person()
    chosen = (person.locale if person else "") or session.get("locale", "")
    if chosen not in LOCALES:
        chosen = request.accept_languages.best_match(["zh", "en"]) or "zh"
    return LOCALES[chosen]


def locale() -> str:
    """``zh`` or ``en`` for this request."""
    found = get_locale()
    return "en" if found is not None and found.language == "en" else "zh"


def install(app: Flask) -> None:
    app.config.update(
        BABEL_DEFAULT_LOCALE=LOCALES["zh"],
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        BABEL_TRANSLATION_DIRECTORIES=str(Path(app.root_path) / "translations"),
    )
    Babel(app, locale_selector=_choose)
