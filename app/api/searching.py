"""Camunda's search queries: ``{"filter": {...}, "sort": [...], "page": {...}}`` over the engine's tables."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import orjson
from flask import request
from sqlalchemy import ColumnElement, DateTime, Integer, Select, String, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import BigInteger, TypeDecorator

from app.api.problems import BadRequest
from app.border import LARGEST, readable, whole_number

#: Rows of one answer when none is asked for, and the most one may ask for.
LIMIT, MOST = 100, 1_000

Column = InstrumentedAttribute[Any]
Special = Callable[[Any], ColumnElement[bool]]


def body() -> dict[str, Any]:
    """The JSON object of the request; {} when there is none."""
    if not request.get_data(cache=True):
        return {}
    value = request.get_json(silent=True)
    if not isinstance(value, dict):
        raise BadRequest("send a JSON object")
    return value


def variables(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The request's ``variables``; {} when there are none."""
    found = asked.get("variables")
    if found is not None and not isinstance(found, dict):
        raise BadRequest("variables must be an object")
    return found or {}


def reason(asked: Mapping[str, Any]) -> str:
    """Why: the field ``reason`` of the body, or the header ``Daopai-Reason`` (percent-encoded UTF-8), since the types of Camunda's clients
    have no such field."""
    return text_of(asked, "reason") or readable(unquote(request.headers.get("Daopai-Reason", "")))


def text_of(asked: Mapping[str, Any], name: str, *, needed: bool = False) -> str:
    """A text of the request; "" when there is none, unless it is *needed*."""
    found = asked.get(name)
    if found is None or found == "":
        if needed:
            raise BadRequest(f"send {name}")
        return ""
    if not isinstance(found, str):
        raise BadRequest(f"{name} must be a text")
    return found


def number_of(asked: Mapping[str, Any], name: str, *, most: int) -> int:
    """A whole number of the request from 0 to *most*; 0 when there is none. -1 counts as none, as Camunda's clients send it."""
    found = asked.get(name)
    if found is None or found == -1:
        return 0
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= most:
        raise BadRequest(f"{name} must be a whole number from 0 to {most}")
    return found


def key(written: Any, name: str) -> int:
    """A key as it stands in JSON (a string of digits, or a number) as a number."""
    try:
        return whole_number(str(written) if isinstance(written, int) and not isinstance(written, bool) else written)
    except (AttributeError, ValueError) as error:
        raise BadRequest(f"{name} must be a key, a string of digits") from error


def search(
    session: Session,
    query: Select[Any],
    columns: Mapping[str, Column],
    render: Callable[[Any], dict[str, Any]],
    special: Mapping[str, Special] | None = None,
    order: Column | None = None,
) -> dict[str, Any]:
    """Run *query* narrowed by the request's filter; ``columns`` names the fields that can be filtered and sorted by."""
    asked = body()
    unknown = set(asked) - {"filter", "sort", "page"}
    if unknown:
        raise BadRequest(f"unknown: {', '.join(sorted(unknown))}; send filter, sort and page")
    for name, condition in _object(asked.get("filter"), "filter").items():
        if special and name in special:
            query = query.where(special[name](_plain(condition, name)))
        elif name in columns:
            query = query.where(_condition(columns[name], condition, name))
        else:
            raise BadRequest(f"there is no filter “{name}”; there are {', '.join(sorted({*columns, *(special or {})}))}")
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    page = _object(asked.get("page"), "page")
    limit = page.get("limit", LIMIT)
    start = _start(page)
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= MOST:
        raise BadRequest(f"page.limit must be a number from 0 to {MOST}")
    rows = session.scalars(query.order_by(*_order(asked.get("sort"), columns, order)).offset(start).limit(limit)).all()
    return {
        "items": [render(row) for row in rows],
        "page": {
            "totalItems": total,
            "hasMoreTotalItems": False,
            "startCursor": _cursor(start) if rows else None,
            "endCursor": _cursor(start + len(rows)) if rows else None,
        },
    }


def whole(items: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer to a search that gives everything on one page."""
    return {"items": items, "page": {"totalItems": len(items), "hasMoreTotalItems": False, "startCursor": None, "endCursor": None}}


def _object(value: Any, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadRequest(f"{name} must be an object")
    return value


def _plain(condition: Any, name: str) -> Any:
    """The value of a condition that knows no operators but ``$eq``."""
    value = condition["$eq"] if isinstance(condition, dict) and condition.keys() == {"$eq"} else condition
    if not isinstance(value, str | bool):
        raise BadRequest(f"filter {name}: send a value")
    return value


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode()


def _start(page: dict[str, Any]) -> int:
    if "after" in page and page["after"] is not None:
        try:
            return whole_number(base64.urlsafe_b64decode(page["after"]).decode())
        except (ValueError, TypeError) as error:
            raise BadRequest("page.after must be an endCursor of an earlier answer") from error
    return number_of(page, "from", most=LARGEST)


def _order(sort: Any, columns: Mapping[str, Column], fallback: Column | None) -> list[Any]:
    if not isinstance(sort, list | None):
        raise BadRequest("sort must be a list")
    terms: list[Any] = []
    for term in sort or []:
        column = columns.get(text_of(term, "field")) if isinstance(term, dict) else None
        if column is None:
            raise BadRequest(f"sort by one of {', '.join(sorted(columns))}")
        terms.append(column.desc() if text_of(term, "order").upper() == "DESC" else column.asc())
    if fallback is not None:
        terms.append(fallback.asc())
    return terms


_OPERATORS: dict[str, Callable[[Column, Any], ColumnElement[bool]]] = {
    "$eq": lambda column, value: column == value,
    "$neq": lambda column, value: column != value,
    "$gt": lambda column, value: column > value,
    "$gte": lambda column, value: column >= value,
    "$lt": lambda column, value: column < value,
    "$lte": lambda column, value: column <= value,
}


def _condition(column: Column, wanted: Any, name: str) -> ColumnElement[bool]:
    """``value`` or Camunda's advanced filter ``{"$in": [...]}``."""
    if not isinstance(wanted, dict):
        equal: ColumnElement[bool] = column == _value(column, wanted, name)
        return equal
    if not wanted:
        raise BadRequest(f"filter {name}: send a value or an operator")
    parts: list[ColumnElement[bool]] = []
    for operator, value in wanted.items():
        if operator in _OPERATORS:
            parts.append(_OPERATORS[operator](column, _value(column, value, name)))
        elif operator in {"$in", "$notIn"} and isinstance(value, list):
            values = [_value(column, each, name) for each in value]
            parts.append(column.in_(values) if operator == "$in" else column.not_in(values))
        elif operator == "$exists":
            parts.append(column.is_not(None) if value else column.is_(None))
        elif operator == "$like" and isinstance(value, str) and isinstance(column.type, String):
            parts.append(column.like(value.replace("%", r"\%").replace("_", r"\_").replace("*", "%").replace("?", "_"), escape="\\"))
        else:
            raise BadRequest(f"filter {name}: “{operator}” is not an operator; use $eq $neq $in $notIn $exists $like $gt $gte $lt $lte")
    return and_(*parts)


def _value(column: Column, value: Any, name: str) -> Any:
    kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    try:
        if isinstance(kind, BigInteger | Integer):
            return _whole(value)
        if isinstance(kind, DateTime):
            moment = datetime.fromisoformat(str(value))
            if moment.tzinfo is None:
                raise ValueError("no zone")
            return moment.astimezone(UTC)
        if isinstance(kind, String) and not isinstance(value, str):
            raise ValueError("no text")
    except (TypeError, ValueError, OverflowError) as error:
        raise BadRequest(f"filter {name}: “{value}” does not fit; dates need a zone, keys are digits") from error
    return value


def _whole(value: Any) -> int:
    """A number of 64 bits with or without a sign, also written as a text."""
    digits = str(value) if isinstance(value, int) and not isinstance(value, bool) else str(value or "x")
    number = whole_number(digits.removeprefix("-"))
    return -number if digits.startswith("-") else number
