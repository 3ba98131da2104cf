"""An act from a page: done in one transaction, or refused with a sentence on the page it came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.acts import privacy
from app.auth import database
from app.auth.language import locale
from app.engine.errors import Conflict, StepFailed


def attempt(work: Callable[[Session], Any], *, back: str, done: str = "") -> Response:
    """Do *work* and say *done*; what cannot be is said in words, nothing of it is kept. Leads *back* either way."""
    try:
        database().in_transaction(work)
    except (Conflict, StepFailed) as refused:
        flash(said(refused), "error")
    else:
        if done:
            flash(done, "success")
    return redirect(back, 303)


def said(refused: Conflict | StepFailed) -> str:
    """Why, in the reader's language, without anybody's data."""
    return privacy.message(refused.text(locale()) if isinstance(refused, Conflict) else str(refused))
