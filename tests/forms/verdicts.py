"""Values and what a form says of them: one table, for the server and for the browser."""

from __future__ import annotations

from typing import Any


def text(**validate: Any) -> dict[str, Any]:
    return {"type": "textfield", "validate": validate}


DATE = {"type": "datetime", "subtype": "date", "dateLabel": "d"}
TIME = {"type": "datetime", "subtype": "time", "timeLabel": "t", "timeSerializingFormat": "utc_offset"}
MOMENT = {"type": "datetime", "subtype": "datetime", "dateLabel": "d", "timeLabel": "t", "timeSerializingFormat": "utc_offset"}
LOCAL = {**MOMENT, "timeSerializingFormat": "no_timezone"}
NUMBER = {"type": "number"}
TEXT_NUMBER = {"type": "number", "serializeToString": True}
TICK = {"type": "checkbox"}
MUST_TICK = {"type": "checkbox", "validate": {"required": True}}
TEXTS = [{"label": "甲", "value": "a"}, {"label": "乙", "value": "b"}]
NUMBERS = [{"label": "一", "value": 1}, {"label": "二", "value": 2}, {"label": "一半", "value": 0.5}]
CHECKLIST = {"type": "checklist", "values": TEXTS}
TAGS = {"type": "taglist", "values": TEXTS}
RADIO = {"type": "radio", "values": TEXTS}
SELECT_NUMBER = {"type": "select", "values": NUMBERS}
RADIO_NUMBER = {"type": "radio", "values": NUMBERS}
CHECK_NUMBERS = {"type": "checklist", "values": NUMBERS}
RADIO_TRUTH = {"type": "radio", "values": [{"label": "是", "value": True}, {"label": "否", "value": False}]}

#: (component, value, whether it is accepted)
TABLE: list[tuple[dict[str, Any], Any, bool]] = [
    # patterns are JavaScript's
    (text(pattern=r"^(?<year>\d{4})$"), "2020", True),
    (text(pattern=r"^(?<year>\d{4})$"), "20", False),
    (text(pattern="^[^]+$"), "x", True),
    (text(pattern=r"^\d+$"), "12", True),
    (text(pattern=r"^\d+$"), "１２", False),
    (text(pattern=r"^\w+$"), "村", False),
    (text(pattern=r"^\d+$"), " 12 ", True),
    (text(pattern=r"^\d+$"), "12\u3000", True),
    (text(pattern=r"^.$"), "𠮷", False),
    (text(pattern=r"\bV\d"), "the V01", True),
    (text(pattern=r"^a$"), "a\nb", False),
    (text(pattern=r"^\s*$"), "x", False),
    # the two kinds that form-js knows
    (text(validationType="email"), "li@example.com", True),
    (text(validationType="email"), "nonsense", False),
    (text(validationType="email"), "李@example.com", False),
    (text(validationType="email"), "a@b@c", False),
    (text(validationType="phone"), "+8613800000000", True),
    (text(validationType="phone"), "abc", False),
    (text(validationType="phone"), "13800000000", False),
    (text(validationType="custom"), "anything", True),
    # lengths are counted as JavaScript counts
    (text(maxLength=2), "村口", True),
    (text(maxLength=2), "村口北", False),
    (text(maxLength=2), "𠮷野", False),
    (text(minLength=3), " 村口 ", False),
    (text(required=True), "  ", False),
    # dates
    (DATE, "2020-05-21", True),
    (DATE, "2020-02-29", True),
    (DATE, "2019-02-29", False),
    (DATE, "2020-W21-4", False),
    (DATE, "2020-142", False),
    (DATE, "20200521", False),
    (DATE, "2020-5-21", False),
    (DATE, "２０２０-05-21", False),
    (DATE, "2020-05-21T00:00", False),
    (DATE, " 2020-05-21", False),
    (DATE, "0000-01-01", False),
    (DATE, 20200521, False),
    # times
    (TIME, "19:30:00+08:00", True),
    (TIME, "19:30", True),
    (TIME, "19:30Z", True),
    (TIME, "24:00", False),
    (TIME, "7:30", False),
    (TIME, "19:30+99:00", False),
    (TIME, "19:30 ", False),
    (TIME, "１９:30", False),
    (MOMENT, "2020-05-21T19:30:00+08:00", True),
    (MOMENT, "2020-05-21T19:30Z", True),
    (MOMENT, "2020-05-21T19:30", False),
    (MOMENT, "2020-05-21 19:30+08:00", False),
    (MOMENT, "2020-W21-4T19:30+08:00", False),
    (MOMENT, "20200521T193000+0800", False),
    (MOMENT, "2020-02-30T19:30+08:00", False),
    (LOCAL, "2020-05-21T19:30:00", True),
    # numbers
    (NUMBER, 12, True),
    (NUMBER, -0.5, True),
    (NUMBER, "12", False),
    (NUMBER, True, False),
    (NUMBER, 2**53 - 1, True),
    (NUMBER, {"@number": "9007199254740994"}, True),
    (NUMBER, {"@number": "0.1234567890123456789"}, True),
    (NUMBER, {"@number": "1" * 35}, False),
    ({**NUMBER, "decimalDigits": 0}, {"@number": "0.1234567890123456789"}, False),
    ({**NUMBER, "validate": {"max": 3}}, {"@number": "9007199254740994"}, False),
    (NUMBER, 1e300, False),
    ({**NUMBER, "decimalDigits": 0}, 1.5, False),
    ({**NUMBER, "decimalDigits": 2}, 1.25, True),
    ({**NUMBER, "increment": 0.1}, 0.3, True),
    ({**NUMBER, "increment": "5"}, 12, False),
    ({**NUMBER, "validate": {"min": "3"}}, 2, False),
    ({**NUMBER, "validate": {"max": 3}}, 3, True),
    (TEXT_NUMBER, "12", True),
    (TEXT_NUMBER, "500235199001011234", True),
    (TEXT_NUMBER, "1.5", True),
    (TEXT_NUMBER, "1_0", False),
    (TEXT_NUMBER, "１２", False),
    (TEXT_NUMBER, "1e5", False),
    (TEXT_NUMBER, " 12", False),
    (TEXT_NUMBER, "0x10", False),
    (TEXT_NUMBER, "Infinity", False),
    (TEXT_NUMBER, "nan", False),
    (TEXT_NUMBER, "1,200", False),
    ({**TEXT_NUMBER, "decimalDigits": 1}, "1.25", False),
    ({**TEXT_NUMBER, "decimalDigits": 1}, "1.50", True),
    ({**TEXT_NUMBER, "increment": 0.25}, "0.75", True),
    ({**TEXT_NUMBER, "increment": 0.25}, "0.8", False),
    ({**TEXT_NUMBER, "validate": {"min": 2}}, "1", False),
    ({**NUMBER, "decimalDigits": 2}, 1.005, False),
    ({**NUMBER, "decimalDigits": 2}, -0.07, True),
    ({**NUMBER, "decimalDigits": 0}, -3, True),
    ({**NUMBER, "increment": 0.1}, 0.35, False),
    ({**NUMBER, "increment": 0.1}, -0.7, True),
    ({**NUMBER, "increment": 0.01, "decimalDigits": 2}, 4.35, True),
    ({**NUMBER, "increment": 3}, 0, True),
    ({**NUMBER, "increment": 5, "validate": {"min": 3}}, 5, True),
    ({**NUMBER, "validate": {"min": 0, "max": 0}}, 0, True),
    ({**NUMBER, "validate": {"required": True}}, 0, True),
    (NUMBER, [1], False),
    (NUMBER, {"a": 1}, False),
    # ticks
    (TICK, True, True),
    (TICK, False, True),
    (TICK, "true", False),
    (TICK, 1, False),
    (TICK, 0, False),
    (TICK, [True], False),
    (MUST_TICK, True, True),
    (MUST_TICK, False, False),
    (MUST_TICK, "on", False),
    # several of a list
    (CHECKLIST, ["a"], True),
    (CHECKLIST, ["b", "a"], True),
    (CHECKLIST, [], True),
    (CHECKLIST, ["z"], False),
    (CHECKLIST, ["a", "z"], False),
    (CHECKLIST, "a", False),
    (CHECKLIST, [["a"]], False),
    (CHECKLIST, {"a": True}, False),
    (CHECKLIST, [1], False),
    ({**CHECKLIST, "validate": {"required": True}}, [], False),
    (TAGS, ["a", "b"], True),
    (TAGS, ["z"], False),
    (TAGS, "a", False),
    (TAGS, [True], False),
    ({**TAGS, "validate": {"required": True}}, [], False),
    (CHECK_NUMBERS, [1, 0.5], True),
    (CHECK_NUMBERS, ["1"], False),
    (CHECK_NUMBERS, [3], False),
    (CHECK_NUMBERS, [True], False),
    # one of a list
    (RADIO, "a", True),
    (RADIO, "A", False),
    (RADIO, ["a"], False),
    (RADIO, 0, False),
    (SELECT_NUMBER, 1, True),
    (SELECT_NUMBER, 0.5, True),
    (SELECT_NUMBER, "1", False),
    (SELECT_NUMBER, True, False),
    (SELECT_NUMBER, 3, False),
    (RADIO_NUMBER, 2, True),
    (RADIO_NUMBER, "2", False),
    (RADIO_TRUTH, False, True),
    (RADIO_TRUTH, True, True),
    (RADIO_TRUTH, 0, False),
    (RADIO_TRUTH, "false", False),
    # more of dates and times
    (DATE, "9999-12-31", True),
    (DATE, "10000-01-01", False),
    (DATE, "2020-00-10", False),
    (DATE, "2100-02-29", False),
    (TIME, "00:00", True),
    (TIME, "23:59:59", True),
    (TIME, "23:59:60", False),
    (TIME, "19:30:00.5", False),
    (MOMENT, "2020-05-21T19:30:00.123+08:00", True),
    (MOMENT, "2020-05-21T24:00+08:00", False),
    (MOMENT, "2020-05-21t19:30+08:00", False),
    (MOMENT, "0000-05-21T19:30+08:00", False),
    (LOCAL, "2020-05-21", False),
]


def form() -> dict[str, Any]:
    """A form with one field for each row of the table, ``f0``, ``f1`` …"""
    fields = [{"label": f"f{number}", **row[0], "id": f"F{number}", "key": f"f{number}"} for number, row in enumerate(TABLE)]
    return {"type": "default", "id": "verdicts", "schemaVersion": 19, "components": fields}


def data() -> dict[str, Any]:
    return {f"f{number}": row[1] for number, row in enumerate(TABLE)}


def said(errors: dict[str, Any]) -> list[tuple[Any, bool]]:
    """The table's values with the verdict that *errors* (by path) give."""
    return [(row[1], f"f{number}" not in errors) for number, row in enumerate(TABLE)]


EXPECTED = [(value, accepted) for _component, value, accepted in TABLE]
