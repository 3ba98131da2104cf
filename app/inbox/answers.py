"""Answers that suit who asked: a browser's form, htmx, or a script."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, redirect, request, url_for

from app.inbox.address import View


def go(address: str) -> Any:
    """On to *address*: JSON for a script, a header for htmx, 303 otherwise."""
    if request.headers.get("HX-Request"):
        return Response("", 204, {"HX-Redirect": address})
    if request.is_json or request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html") == "application/json":
        return jsonify(redirect=address)
    return redirect(address, 303)


def task_address(key: int, view: View) -> str:
    """A task's page, with the list it was opened from."""
    query = view.query()
    return url_for("inbox.task", key=key) + (f"?{query}" if query else "")


def list_address(view: View, key: int | None = None) -> str:
    """The list at its place; *key* scrolls to that row."""
    query = view.query()
    return url_for("inbox.tasks") + (f"?{query}" if query else "") + (f"#task-{key}" if key else "")
