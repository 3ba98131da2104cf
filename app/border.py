"""The HTTP border: what no route can make sense of is answered 400 here, in words, before any route sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask, request
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import BadRequest
from werkzeug.routing import IntegerConverter

#: Keys, and whole numbers in columns of the database, are of 64 bits.
LARGEST = 2**63 - 1
#: Objects in objects. Forms and variables are nowhere near.
_DEPTH = 64


class Unreadable(BadRequest):
    """A value that nothing here can mean. The description says which and what to send instead."""


class KeyConverter(IntegerConverter):
    """``<int:key>`` in an address: ASCII digits, at most 64 bits; anything else is no address (404)."""

    regex = "[0-9]{1,19}"

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **{"max": LARGEST, **named})


def whole_number(text: str) -> int:
    """For ``request.args.get(name, type=whole_number)``: ASCII digits, at most 64 bits. ValueError otherwise, so that the default holds."""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(LARGEST)) or int(text) > LARGEST:
        raise ValueError(text)
    return int(text)


def install(app: Flask) -> None:
    """Check every request of *app* before anything else, and bound the numbers in its addresses."""
    app.url_map.converters["int"] = KeyConverter
    app.before_request(_check)


def number_or(text: str, otherwise: int = 0) -> int:
    """The key or count that *text* is (``whole_number``); *otherwise* where it is none."""
    try:
        return whole_number(text)
    except ValueError:
        return otherwise


def readable(text: str) -> str:
    """*text*, when it has only whole characters; otherwise ``Unreadable``."""
    if _broken(text):
        raise Unreadable(_l("请求中有无法识别的字符，请删除后重新输入。"))
    return text


def _check() -> None:
    for text in _texts():
        readable(text)
    if request.mimetype == "application/json" and request.get_data(cache=True):
        _check_json()


def _texts() -> Iterator[str]:
    """What stands in the address, the query, the form and the names of files."""
    yield from map(str, (request.view_args or {}).values())
    for values in (request.args, request.form):
        for name, value in values.items(multi=True):
            yield name
            yield value
    for file in request.files.values():
        yield file.filename or ""


def _broken(text: str) -> bool:
    """NUL, which no database column takes, or half a character, which no UTF-8 has."""
    return "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text)


def _check_json() -> None:
    """The body is an object without broken texts and not nested without end."""
    try:
        value = request.get_json()
    except RecursionError as error:
        raise Unreadable(_l("请求内容嵌套过深。")) from error
    except BadRequest as error:
        reason = str(error.__cause__ or error.__context__ or "")
        raise Unreadable(_l("请求内容不是有效的 JSON：%(reason)s", reason=reason[:200])) from error
    if not isinstance(value, dict):
        raise Unreadable(_l("请求内容须为 JSON 对象。"))
    level: list[Any] = [value]
    for _depth in range(_DEPTH):
        for each in level:
            if isinstance(each, str):
                readable(each)
        level = [inner for each in level for inner in _inner(each)]
        if not level:
            return
    raise Unreadable(_l("请求内容嵌套过深。"))


def _inner(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else ()
