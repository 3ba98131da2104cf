"""FEEL values in Python and on the wire to V8: JSON, with temporal values as ``{"@date": "2020-05-21"}`` and the like.

FEEL's numbers are decimals of at most 34 digits. In Python a whole number is an int of any size, another one a float where a float holds it
and otherwise ``Exact``. On the wire a number that is not the same as a double is ``{"@number": "110101199003070011"}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from app.exact_json import Exact, significant

#: digits of a FEEL number (decimal128)
DIGITS = 34


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A years and months duration; ``months`` counts all of it (P1Y2M = 14)."""

    months: int

    def isoformat(self) -> str:
        years, months = divmod(abs(self.months), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return f"{'-' if self.months < 0 else ''}P{text}"

    __str__ = isoformat


@dataclass(frozen=True, slots=True)
class Range:
    """A FEEL range. A bound that is None is open."""

    start: Any
    end: Any
    start_included: bool
    end_included: bool

    def __str__(self) -> str:
        opening, closing = "[" if self.start_included else "(", "]" if self.end_included else ")"
        return f"{opening}{to_json(self.start)}..{to_json(self.end)}{closing}"


# --- Python -> V8 -----------------------------------------------------------------------------------------------------


_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_NON_STR_KEYS | orjson.OPT_STRICT_INTEGER
_SAFE = 2**53
_NUMBER = "@number"
_PLAIN = re.compile(r"-?[0-9]{1,300}(\.[0-9]{1,40})?")


def dumps(value: Any) -> str:
    """JSON text for V8. Raises ``TypeError`` for what FEEL has no value for."""
    try:
        return orjson.dumps(value, default=_tagged, option=_OPTIONS).decode()
    except TypeError:
        # perhaps a whole number beyond 53 bits, which orjson does not ask about
        return orjson.dumps(_numbered(value), default=lambda inner: _numbered(_tagged(inner)), option=_OPTIONS).decode()


def _numbered(value: Any) -> Any:
    """*value* with whole numbers beyond 53 bits as their digits."""
    if isinstance(value, dict):
        return {key: _numbered(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_numbered(inner) for inner in value]
    return _digits(Decimal(value)) if isinstance(value, int) and not -_SAFE < value < _SAFE else value


class TooManyDigits(TypeError):
    """A number of more than ``DIGITS`` digits."""


def _digits(value: Decimal) -> Any:
    if not value.is_finite():
        return None
    if significant(value) > DIGITS:
        raise TooManyDigits
    return {_NUMBER: f"{value:f}"}


def _tagged(value: Any) -> Any:
    match value:
        case datetime():
            return {"@datetime": value.replace(tzinfo=None).isoformat() + _zone(value.tzinfo, value)}
        case date():
            return {"@date": value.isoformat()}
        case time():
            return {"@time": value.replace(tzinfo=None).isoformat() + _zone(value.tzinfo, None)}
        case timedelta() | YearsMonths():
            return {"@duration": iso_duration(value)}
        case Range():
            return {"@range": [value.start, value.end, value.start_included, value.end_included]}
        case Exact():
            return _digits(value.decimal)
        case Decimal():
            return _digits(value)
        case set() | frozenset():
            return sorted(value)
    raise TypeError(f"FEEL has no value for {type(value).__name__}")


def _zone(zone: tzinfo | None, moment: datetime | None) -> str:
    """FEEL's suffix for *zone*: nothing, ``Z``, ``+08:00`` or ``@Asia/Shanghai``."""
    if zone is None:
        return ""
    if zone is UTC:
        return "Z"
    if isinstance(zone, ZoneInfo) and zone.key:
        return f"@{zone.key}"
    offset = zone.utcoffset(moment) or timedelta()
    if not offset:
        return "Z"
    seconds = abs(int(offset.total_seconds()))
    text = f"{'-' if offset < timedelta() else '+'}{seconds // 3600:02}:{seconds % 3600 // 60:02}"
    return f"{text}:{seconds % 60:02}" if seconds % 60 else text


def iso_duration(value: timedelta | YearsMonths) -> str:
    """ISO 8601 text: ``P1DT2H``, ``-PT0.5S``, ``P1Y2M``."""
    if isinstance(value, YearsMonths):
        return str(value)
    sign, value = ("-", -value) if value < timedelta() else ("", value)
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{value.microseconds:06}".rstrip("0") if value.microseconds else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    clock += f"{seconds}{fraction}S" if seconds or fraction else ""
    days = f"{value.days}D" if value.days else ""
    return f"{sign}P{days}T{clock}" if clock else f"{sign}P{days}" if days else "PT0S"


def tagged(value: Any) -> Any:
    """JSON for a browser, whose numbers are doubles: a number that is none of these as on the wire to V8."""
    match value:
        case dict():
            return {key: tagged(inner) for key, inner in value.items()}
        case list():
            return [tagged(inner) for inner in value]
        case Exact():
            return {_NUMBER: value.text}
        case int() if not -_SAFE < value < _SAFE:
            return {_NUMBER: str(value)}
    return value


def number_of(value: Any) -> Any:
    """What a browser sent as a tag, as a number; anything else as it is. Raises ``ValueError`` for a tag that holds no number."""
    if not isinstance(value, dict) or value.keys() != {_NUMBER}:
        return value
    if not isinstance(value[_NUMBER], str) or not _PLAIN.fullmatch(value[_NUMBER]):
        raise ValueError("not a number")
    return Exact.of(Decimal(value[_NUMBER]))


# --- V8 -> Python -----------------------------------------------------------------------------------------------------


def loads(text: str) -> Any:
    """Python value of V8's answer. Walks it only if there is something to convert."""
    value = orjson.loads(text)
    return _untagged(value) if '"@' in text else value


def _untagged(value: Any) -> Any:
    if isinstance(value, dict):
        if len(value) == 1:
            ((tag, inner),) = value.items()
            reader = _READERS.get(tag)
            if reader is not None:
                return reader(inner)
        return {key: _untagged(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_untagged(entry) for entry in value]
    return value


_TEXT = re.compile(r"^(?P<value>[^Z@]*?)(?P<zone>Z|[+-]\d\d:\d\d(?::\d\d)?|@.+)?$")


def _tz(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text == "Z":
        return UTC
    if text.startswith("@"):
        return ZoneInfo(text[1:])
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)
    return timezone(-offset if text[0] == "-" else offset)


def _moment(text: str, kind: type[datetime] | type[time]) -> Any:
    """A date-time or time; what Python has no value for (year 10000) stays text."""
    at = text.find("T") + 1
    found = _TEXT.match(text[at:])
    if found is None:
        return text
    try:
        zone = _tz(found["zone"])
        return kind.fromisoformat(text[:at] + _microseconds(found["value"])).replace(tzinfo=zone)
    except (ValueError, ZoneInfoNotFoundError):
        return text


def _microseconds(text: str) -> str:
    """Nine digits of a second are cut to the six that Python keeps."""
    whole, point, fraction = text.partition(".")
    return f"{whole}.{fraction[:6]:0<6}" if point else whole


def _date(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


_DURATION = re.compile(
    r"^(?P<sign>-?)P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?$"
)


def _timedelta(text: str) -> timedelta | str:
    found = _DURATION.match(text)
    if found is None:
        return text
    seconds = Decimal(found["seconds"] or 0)
    try:
        value = timedelta(
            days=int(found["days"] or 0),
            hours=int(found["hours"] or 0),
            minutes=int(found["minutes"] or 0),
            seconds=int(seconds),
            microseconds=int(seconds % 1 * 1_000_000),
        )
    except OverflowError:
        return text
    return -value if found["sign"] else value


def _months(text: str) -> YearsMonths | str:
    found = _DURATION.match(text)
    if found is None:
        return text
    months = int(found["years"] or 0) * 12 + int(found["months"] or 0)
    return YearsMonths(-months if found["sign"] else months)


_READERS: dict[str, Callable[[Any], Any]] = {
    _NUMBER: lambda text: Exact.of(Decimal(text)),
    "@date": _date,
    "@time": lambda text: _moment(text, time),
    "@datetime": lambda text: _moment(text, datetime),
    "@duration": _timedelta,
    "@months": _months,
    "@range": lambda parts: Range(_untagged(parts[0]), _untagged(parts[1]), *parts[2:]),
}


# --- to JSON ----------------------------------------------------------------------------------------------------------


def to_json(value: Any) -> Any:
    """*value* as plain JSON: temporal values become ISO 8601 text, ranges their FEEL text, decimals numbers."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case dict():
            return {str(key): to_json(entry) for key, entry in value.items()}
        case list() | tuple():
            return [to_json(entry) for entry in value]
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta() | YearsMonths():
            return iso_duration(value)
        case Decimal():
            return Exact.of(value) if value.is_finite() else None
    return str(value)
