"""Is a value of its field's type? What a browser sends is JSON; nothing is converted silently except the empty text to None."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from app.forms.outcome import language
from app.forms.schema import OPTIONS, Node

#: Longest text of a field that sets no maxLength itself.
TEXT_LIMIT = 10_000
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


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
    return value.strip() or None


def _number(node: Node, value: Any) -> int | float:
    if isinstance(value, str) and node.component.get("serializeToString"):
        try:
            value = float(value)
        except ValueError:
            raise IllTyped(_("应为数字")) from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise IllTyped(_("应为数字"))
    exact = Decimal(str(value))
    digits = node.component.get("decimalDigits")
    if isinstance(digits, int) and exact != round(exact, digits):
        raise IllTyped(_("应为整数") if digits == 0 else _("最多 %(digits)s 位小数", digits=digits))
    step = node.component.get("increment")
    if step and exact % Decimal(str(step)) != 0:
        raise IllTyped(_("应为 %(step)s 的倍数", step=step))
    return int(value) if float(value).is_integer() else value


def _moment(node: Node, value: Any) -> str:
    subtype = node.component.get("subtype", "date")
    if not isinstance(value, str):
        raise IllTyped(_("应为日期或时间"))
    try:
        if subtype == "date":
            if len(value) != 10:
                raise ValueError(value)
            date.fromisoformat(value)
        elif subtype == "time":
            if not _TIME.fullmatch(value):
                raise ValueError(value)
            time.fromisoformat(value)
        else:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None and node.component.get("timeSerializingFormat") != "no_timezone":
                raise IllTyped(_("时间缺少时区，请重新选择"))
            return moment.isoformat(timespec="seconds")  # FEEL wants seconds
    except ValueError:
        raise IllTyped(_("应为日期（如 2020-05-21）") if subtype == "date" else _("应为时间（如 19:30）")) from None
    return value


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
        pattern = rules.get("pattern")
        if pattern and not re.search(pattern, value, re.ASCII):
            english = node.properties.get("patternErrorMessageEn") if language() == "en" else None
            found.append(str(english or rules.get("patternErrorMessage") or _("格式不正确")))
    return found


def _range(value: float, least: Any, most: Any) -> list[str]:
    found = []
    if _is_number(least) and value < least:
        found.append(_("不能小于 %(limit)s", limit=least))
    if _is_number(most) and value > most:
        found.append(_("不能大于 %(limit)s", limit=most))
    return found


def _length(value: str, least: Any, most: Any) -> list[str]:
    found = []
    if _is_number(least) and len(value) < least:
        found.append(_("至少 %(limit)s 个字", limit=least))
    if _is_number(most) and len(value) > most:
        found.append(_("最多 %(limit)s 个字", limit=most))
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
