"""Devices that signed in before: a signed cookie says as whom. It opens nothing; failures elsewhere do not hold such a device up."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from flask import Flask, current_app, g, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

COOKIE = "daopai_device"
LASTS = timedelta(days=180)
#: users that one device is known for, the latest ones
MOST = 10


def _signed() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="daopai device")


def _read() -> tuple[str, list[str]]:
    """The device's number and marks of the users it is known for; a fresh number without a valid cookie."""
    try:
        number, marks = _signed().loads(request.cookies.get(COOKIE, ""), max_age=int(LASTS.total_seconds()))
        return str(number), [str(mark) for mark in marks]
    except (BadData, ValueError, TypeError):
        return secrets.token_hex(8), []


def _mark(username: str) -> str:
    return hashlib.sha256(f"device {username}".encode()).hexdigest()[:16]


def known_as(username: str) -> str:
    """The number of this device when *username* signed in on it before; otherwise ""."""
    number, marks = _read()
    return number if _mark(username) in marks else ""


def remember(username: str) -> None:
    """This device is known for *username* from now on: the answer carries the cookie."""
    number, marks = _read()
    g.daopai_device = [number, [_mark(username), *(mark for mark in marks if mark != _mark(username))][:MOST]]


def install(app: Flask) -> None:
    """Send the cookie with the answer to a good sign-in."""

    def add(response: Response) -> Response:
        if "daopai_device" in g:
            value, secure = _signed().dumps(g.daopai_device), app.config["DAOPAI"].production
            response.set_cookie(COOKIE, value, max_age=LASTS, httponly=True, samesite="Lax", secure=secure, path="/")
        return response

    app.after_request(add)
