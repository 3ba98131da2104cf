"""Is a value of its field's type? What a browser sends is JSON; nothing is converted silently except the empty text to None."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any

from flask_babel import gettext as _

from app.engine import feel, patterns
from app.engine.errors import ExpressionLimit
from app.exact_json import Exact, decimal_of, significant
from app.forms.outcome import language
from app.forms.schema import OPTIONS, Node

#: Longest text of a field that sets no maxLength itself.
TEXT_LIMIT = 10_000
# The browser's form knows the same (app/frontend/forms/typed.js); a table in tests/forms runs through both.
_ZONE = r"(Z|[+-]\d\d:\d\d)?"
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(rf"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?{_ZONE}", re.ASCII)
_MOMENT = re.compile(rf"\d{{4}}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{{1,9}})?)?{_ZONE}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
#: what JavaScript's trim() takes away
_SPACE = " \t\n\r\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


class IllTyped(Exception):
    """A value is not of its field's type; the message says what is expected."""


def read(node: Node, value: Any, *, options: Sequence[Any] | None = None, files: frozenset[str] = frozenset()) -> Any:
    """The value, or None when empty. ``options``: the allowed values of a choice (None: none are known); ``files``: keys of this
    person's and task's attachments. Raises ``IllTyped``."""
    if value is None or value == "":
        return None
    if node.type in ("textfield", "textarea"):
        return _text(value)
    if node.type == "number":
        return _number(node, value)
    if node.type == "datetime":
        return _moment(node, value)
    if node.type == "checkbox":
        return _truth(value)
    if node.type == "filepicker":
        return _many(value, files, _("附件不存在或不属于本任务，请重新上传"))
    if node.type in OPTIONS:
        allowed = list(options or ())
        if node.type in ("checklist", "taglist"):
            return _many(value, allowed, _("包含选项以外的值，请重新选择"))
        if not any(_same(value, option) for option in allowed):
            raise IllTyped(_("不是可选的值，请重新选择"))
        return value
    return value


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        raise IllTyped(_("应为文字"))
    if len(value) > TEXT_LIMIT:
        raise IllTyped(_("文字过长，最多 %(limit)s 字", limit=TEXT_LIMIT))
    if any(ord(letter) < 32 and letter not in "\n\r\t" for letter in value):
        raise IllTyped(_("含有无法显示的字符，请重新输入"))
    return value.strip(_SPACE) or None


def _number(node: Node, value: Any) -> int | float:
    exact = _decimal(value, texts=bool(node.component.get("serializeToString")))
    with localcontext(prec=400):
        digits = node.component.get("decimalDigits")
        if isinstance(digits, int) and exact != round(exact, digits):
            raise IllTyped(_("应为整数") if digits == 0 else _("最多 %(digits)s 位小数", digits=digits))
        step = node.component.get("increment")
        if step and exact % Decimal(str(step)) != 0:
            raise IllTyped(_("应为 %(step)s 的倍数", step=step))
    return Exact.of(exact)


def _decimal(value: Any, *, texts: bool) -> Decimal:
    """Every digit of a number: JSON, text where the form sends texts, or as the browser sends one that its own numbers do not hold."""
    if isinstance(value, str) and texts:
        if not _NUMBER.fullmatch(value):
            raise IllTyped(_("应为数字"))
        if len(value) > _DIGITS:
            raise IllTyped(_("数字最多 %(limit)s 个字符", limit=_DIGITS))
        return Decimal(value)
    try:
        number = feel.number_of(value)
    except ValueError:
        raise IllTyped(_("应为数字")) from None
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise IllTyped(_("应为数字"))
    exact = decimal_of(number)
    # a whole number that came as a double has lost digits, or may have
    rounded = isinstance(number, float) and not isinstance(number, Exact) and abs(number) >= 2**53
    if rounded or significant(exact) > feel.DIGITS:
        raise IllTyped(_("数字最多 %(digits)s 位，无法准确保存。编号请用文字栏目填写", digits=feel.DIGITS))
    return exact


def _moment(node: Node, value: Any) -> str:
    subtype = node.component.get("subtype", "date")
    if not isinstance(value, str):
        raise IllTyped(_("应为日期或时间"))
    written, kind = _MOMENTS.get(subtype, (_MOMENT, datetime))
    try:
        if not written.fullmatch(value):
            raise ValueError(value)
        found = kind.fromisoformat(value)
    except ValueError:
        raise IllTyped(_("应为日期（如 2020-05-21）") if subtype == "date" else _("应为时间（如 19:30）")) from None
    if isinstance(found, datetime):
        if found.tzinfo is None and node.component.get("timeSerializingFormat") != "no_timezone":
            raise IllTyped(_("时间缺少时区，请重新选择"))
        return found.isoformat(timespec="seconds")  # FEEL wants seconds
    return value


_MOMENTS: dict[str, tuple[re.Pattern[str], type[date] | type[time]]] = {"date": (_DATE, date), "time": (_TIME, time)}
#: characters of a number that is sent as text
_DIGITS = 40


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise IllTyped(_("应为是或否"))
    return value


def _many(value: Any, allowed: Sequence[Any] | frozenset[str], message: str) -> list[Any]:
    if not isinstance(value, list):
        raise IllTyped(_("应为多项选择"))
    kept: list[Any] = []
    for entry in value:
        if not any(_same(entry, option) for option in allowed):
            raise IllTyped(message)
        if entry not in kept:
            kept.append(entry)
    return kept


def _same(one: Any, other: Any) -> bool:
    """Equal and of one type: True is not 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def empty(node: Node, value: Any) -> bool:
    """Does ``required`` complain about this value?"""
    return value is None or value == "" or value == [] or (node.type == "checkbox" and value is False)


def limits(node: Node, value: Any, get: Any) -> list[str]:
    """What ``validate`` says about a typed value. ``get(written)`` gives the value of a property that may be FEEL."""
    found: list[str] = []
    rules = node.validate
    if empty(node, value):
        return [_("请填写此项") if node.type not in OPTIONS else _("请选择此项")] if rules.get("required") else []
    if node.type == "number":
        found += _range(value, get(rules.get("min")), get(rules.get("max")))
    if isinstance(value, str) and node.type in ("textfield", "textarea"):
        found += _length(value, get(rules.get("minLength")), get(rules.get("maxLength")))
        found += _written(node, value)
    return found


def _written(node: Node, value: str) -> list[str]:
    """What pattern and kind of validation say, in JavaScript as in the browser."""
    rules, found = node.validate, []
    pattern, kind = rules.get("pattern"), rules.get("validationType")
    try:
        if pattern and not patterns.matches(pattern, value):
            english = node.properties.get("patternErrorMessageEn") if language() == "en" else None
            found.append(str(english or rules.get("patternErrorMessage") or _("格式不正确")))
        if kind and not patterns.is_kind(kind, value):
            found.append(_("请填写有效的电子邮箱") if kind == "email" else _("请填写有效的电话号码（带国际区号，如 +8613812345678）"))
    except ExpressionLimit:
        found.append(_("核对格式用时太久，没有核对完。请缩短文字后再试；仍不行，请告诉管理员"))
    except patterns.PatternError:
        found.append(_("这一栏规定的格式不能使用，请告诉管理员"))
    return found


def _range(value: float, least: Any, most: Any) -> list[str]:
    found, least, most = [], _limit(least), _limit(most)
    if least is not None and decimal_of(value) < least:
        found.append(_("不能小于 %(limit)s", limit=least))
    if most is not None and decimal_of(value) > most:
        found.append(_("不能大于 %(limit)s", limit=most))
    return found


def _length(value: str, least: Any, most: Any) -> list[str]:
    found, least, most = [], _limit(least), _limit(most)
    count = len(value.encode("utf-16-le", "surrogatepass")) // 2  # as JavaScript counts
    if least is not None and count < least:
        found.append(_("至少 %(limit)s 个字", limit=least))
    if most is not None and count > most:
        found.append(_("最多 %(limit)s 个字", limit=most))
    return found


def _limit(written: Any) -> Decimal | None:
    """A limit that is a number, or a text that is one; None for anything else that FEEL may give."""
    if isinstance(written, bool) or not isinstance(written, int | float | str):
        return None
    try:
        found = Decimal(written) if isinstance(written, str) else decimal_of(written)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
