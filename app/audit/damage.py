"""An auditor's page over a database in which something cannot be read: it says so, and where that is looked into. Never a traceback."""

from __future__ import annotations

import logging
import secrets
from decimal import DecimalException

from flask import Response, request
from flask_babel import lazy_gettext as _l
from jinja2 import TemplateError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from app import errors
from app.audit.blueprint import blueprint
from app.db import outage

log = logging.getLogger(__name__)

#: What reading rows raises that are damaged, or that somebody has written by hand.
_DAMAGE = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ZeroDivisionError,
    DecimalException,
    SQLAlchemyError,
    TemplateError,
    AssertionError,
)

_WORDS = errors.Words(
    _l("这一页要用的数据里，有一处读不出来。"),
    _l("数据库里有内容损坏，或者被改成了别的类型；也可能是程序的错误。没有改动任何数据，其他各页照常可用。"),
    _l("请到“核验”页核验一次，看是哪一条记录、哪一行；核验没有发现改动时，请把下面的编号告诉管理员。"),
)


def _unreadable(error: Exception) -> Response | HTTPException:
    if isinstance(error, HTTPException):
        return errors.http(error)
    if isinstance(error, SQLAlchemyError) and outage(error) is not None:
        return errors.database(error)
    number = secrets.token_hex(4)
    log.error("error %s: unreadable data at %s", number, request.path, exc_info=error)
    return errors.page(422, words=_WORDS, number=number)


for _kind in _DAMAGE:
    blueprint.register_error_handler(_kind, _unreadable)
