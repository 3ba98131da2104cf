"""FEEL: what expressions mean, how values travel, and what happens to expressions that do not end."""

from __future__ import annotations

import json
import os
import threading
import time as clocktime
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app import clock, exact_json
from app.engine import feel, feel_sandbox
from app.engine.errors import ExpressionError, ExpressionLimit
from app.exact_json import Exact

EVENING = datetime(2020, 5, 21, 12, 0, tzinfo=UTC)
SHANGHAI = timezone(timedelta(hours=8))


def _cases() -> list[tuple[str, object]]:
    lines = (Path(__file__).parent / "feel_cases.txt").read_text(encoding="utf-8").splitlines()
    cases = [line.rsplit(" => ", 1) for line in lines if line and not line.startswith("#")]
    return [(expression, exact_json.loads(expected)) for expression, expected in cases]


CASES = _cases()


@pytest.mark.parametrize(("expression", "expected"), CASES, ids=[expression for expression, _ in CASES])
def test_an_expression_means_what_the_specification_says(expression: str, expected: object) -> None:
    with clock.frozen(EVENING):
        result = feel.to_json(feel.evaluate(expression, {}))
    assert result == expected
    assert isinstance(result, bool) == isinstance(expected, bool)


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        2.5,
        "中文 🐎",
        [1, [2, None]],
        {"a": {"b": [1]}},
        {"__proto__": 1, "constructor": {"x": 2}},
        date(2020, 5, 21),
        time(9, 30, 0, 500000),
        time(9, 30, tzinfo=SHANGHAI),
        datetime(2020, 5, 21, 9, 30),  # noqa: DTZ001 FEEL has moments without a zone
        datetime(2020, 5, 21, 9, 30, tzinfo=UTC),
        datetime(2020, 5, 21, 9, 30, tzinfo=SHANGHAI),
        datetime(2020, 5, 21, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai")),
        timedelta(days=2, hours=3, seconds=1.5),
        -timedelta(minutes=90),
        2**53 + 1,
        -(2**63),
        6222021234567890123,
        10**33 + 1,
        Exact.of(Decimal("0.1234567890123456789")),
        Exact.of(Decimal("12345678901234567.89")),
        {"card": [6222021234567890123], "range": feel.Range(2**60 + 1, 2**61 + 1, True, True)},
        feel.YearsMonths(14),
        feel.YearsMonths(-1),
        feel.Range(1, 5, True, False),
        [{"at": datetime(2020, 5, 21, tzinfo=UTC)}],
    ],
    ids=repr,
)
def test_a_value_comes_back_as_it_went_in(value: object) -> None:
    assert feel.evaluate("x", {"x": value}) == value


def test_python_values_are_feel_values_inside() -> None:
    variables = {
        "d": date(2020, 5, 21),
        "t": timedelta(days=1),
        "m": feel.YearsMonths(1),
        "n": Decimal("0.1"),
        "z": datetime(2020, 5, 21, tzinfo=UTC),
    }
    assert feel.evaluate_many(["d + t", "d + m", "n + 0.2", "z + t", "d instance of date"], variables) == [
        date(2020, 5, 22),
        date(2020, 6, 21),
        0.3,
        datetime(2020, 5, 22, tzinfo=UTC),
        True,
    ]


def test_integral_results_are_integers() -> None:
    results = feel.evaluate_many(["4 / 2", "1e21", "0.5 * 2", "-0"], {})
    assert results == [2, 10**21, 1, 0]
    assert all(type(result) is int for result in results)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (110101199003070011, "110101199003070011"),
        (-(2**63) - 1, "-9223372036854775809"),
        (10**33 + 1, "1000000000000000000000000000000001"),
        (Decimal("6222021234567890123.45"), "6222021234567890123.45"),
        (Exact.of(Decimal("0.1234567890123456789")), "0.1234567890123456789"),
        (1e22, "10000000000000000000000"),
        (0.30000000000000004, "0.30000000000000004"),
    ],
)
def test_every_digit_of_a_number_goes_in_and_comes_out(value: object, text: str) -> None:
    variables = {"x": value, "inside": {"list": [value]}}
    results = feel.evaluate_many(["string(x)", "x = number(t)", "x", "inside.list[1] - x", "to json(x)"], variables | {"t": text})
    assert results == [text, True, Exact.of(Decimal(text)), 0, text]
    assert feel.unary_test(text, value, {}) and not feel.unary_test(f"> {text}", value, {})


@pytest.mark.parametrize("value", [10**34 + 1, Decimal("1.00000000000000000000000000000000001"), -(10**40) - 1])
def test_a_number_of_more_than_34_digits_is_refused_and_not_rounded(value: object) -> None:
    with pytest.raises(ExpressionError, match="34"):
        feel.evaluate("x", {"x": [value]})


@pytest.mark.parametrize("literal", ["12345678901234567890123456789012345", "0.12345678901234567890123456789012345", "1e400"])
def test_a_literal_that_is_no_decimal128_is_refused(literal: str) -> None:
    for expression in (literal, f"1 + {literal}", f"[{literal}]"):
        checked = feel.check(expression)
        assert checked.error and literal in checked.error and "34" in (checked.error_en or "")
        with pytest.raises(ExpressionError):
            feel.evaluate(expression, {})


def test_a_moment_python_has_no_value_for_stays_text() -> None:
    assert feel.evaluate('date("12020-01-01")', {}) == "12020-01-01"


def test_json_of_temporal_values_is_iso_8601() -> None:
    value = {"d": date(2020, 5, 21), "l": [timedelta(hours=1), feel.YearsMonths(5)], "t": datetime(2020, 5, 21, tzinfo=SHANGHAI)}
    assert feel.to_json(value) == {"d": "2020-05-21", "l": ["PT1H", "P5M"], "t": "2020-05-21T00:00:00+08:00"}


def test_unknown_names_are_null() -> None:
    assert feel.evaluate_many(["nothing", "nothing.at.all", "nothing[1]", "nothing + 1"], {}) == [None] * 4


def test_a_leading_equals_sign_is_dropped() -> None:
    assert feel.evaluate("= 1 + 1", {}) == 2
    assert feel.resolve("=a", {"a": 1}) == 1
    assert feel.resolve("a", {"a": 1}) == "a"
    assert feel.resolve(None, {}) is None


def test_names_with_spaces_and_signs_are_found() -> None:
    variables = {"monthly income": 100, "a-b": 5, "person": {"first name": "王"}, "people": [{"age now": 3}, {"age now": 9}]}
    assert feel.evaluate_many(["monthly income * 2", "a-b", "person.first name", "people[age now > 5]"], variables) == [
        200,
        5,
        "王",
        [{"age now": 9}],
    ]
    # the same text means something else beside other names
    assert feel.evaluate("a-b", {"a": 3, "b": 1}) == 2


def test_chinese_names_are_names() -> None:
    assert feel.evaluate("户.人口 + 1", {"户": {"人口": 4}}) == 5


def test_now_and_today_are_campaign_time_in_shanghai() -> None:
    with clock.frozen(datetime(2020, 5, 21, 17, 0, tzinfo=UTC)):
        now, today, deadline = feel.evaluate_many(["now()", "today()", 'date and time(today(), time("18:00:00+08:00"))'], {})
    assert now == datetime(2020, 5, 22, 1, 0, tzinfo=SHANGHAI)
    assert now.utcoffset() == timedelta(hours=8)
    assert today == date(2020, 5, 22)
    assert deadline == datetime(2020, 5, 22, 10, 0, tzinfo=UTC)


def test_a_value_that_feel_does_not_have_is_refused() -> None:
    with pytest.raises(ExpressionError, match="object"):
        feel.evaluate("x", {"x": object()})


# --- unary tests ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "value", "expected"),
    [
        ("-", None, True),
        ("5", 5, True),
        ("5", 6, False),
        ("> 5", 6, True),
        ("> 5", None, False),
        ("[1..3]", 3, True),
        ("[1..3)", 3, False),
        ("]1..3[", 2, True),
        ('"a", "b"', "b", True),
        ('not("a", "b")', "b", False),
        ('not("a", "b")', "c", True),
        ("not(> 5)", 3, True),
        ("x", 7, True),
        ("x", 8, False),
        ("l", 2, True),
        ("l", 4, False),
        ("? > 3", 4, True),
        ('starts with(?, "ab")', "abc", True),
        ("count(l) > 2", "anything", True),
        ("count(l) > 3", "anything", False),
        ("true", True, True),
        ("true", False, False),
        ("true", None, False),
        ("flag", None, False),
        ("flag", True, True),
        ("false", False, True),
        ("null", None, True),
        ("null", 1, False),
        ('date("2020-05-21")', date(2020, 5, 21), True),
        ('>= date("2020-05-21")', date(2020, 5, 20), False),
        ('"2020-05-21"', date(2020, 5, 21), False),
        ("< 3, > 7", 8, True),
        ("-5", -5, True),
        ("list contains(?, 2)", [1, 2], True),
        ("l[item > 1]", 3, True),
        ("", 1, False),
    ],
)
def test_a_cell_tests_its_input(test: str, value: object, expected: bool) -> None:
    if not test:
        with pytest.raises(ExpressionError):
            feel.unary_test(test, value, {})
        return
    assert feel.unary_test(test, value, {"x": 7, "l": [1, 2, 3], "flag": True}) is expected


# --- checking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("a + b.c", {"a", "b"}),
        ("for i in items return i + j", {"items", "j"}),
        ("some x in l satisfies x > limit", {"l", "limit"}),
        ("(function(x) x + y)(1)", {"y"}),
        ("{a: 1, b: a + c}", {"c"}),
        ("count(list) + sum(numbers)", {"list", "numbers"}),
        ('date and time("2020-01-01T00:00:00Z")', set()),
        ("l[item > k]", {"l", "k"}),
        ("partial", {"partial"}),
        ("for i in 1..3 return partial", set()),
        ("x instance of date", {"x"}),
    ],
)
def test_check_names_the_variables_an_expression_reads(expression: str, names: set[str]) -> None:
    checked = feel.check(expression)
    assert checked.error is None
    assert checked.variables == names


@pytest.mark.parametrize(
    ("expression", "position"), [("1 + )", 5), ("a b c +", 8), ("if a then", 10), ("[1, 2", 6), ('"open', 1), ("", 1), ("1 2", 3)]
)
def test_a_syntax_error_says_where(expression: str, position: int) -> None:
    checked = feel.check(expression)
    assert checked.error is not None and checked.error_en is not None
    assert f"第 {position} 个字符" in checked.error
    assert f"character {position}" in checked.error_en
    with pytest.raises(ExpressionError) as caught:
        feel.evaluate(expression, {})
    assert str(caught.value) == checked.error
    assert caught.value.text("en") == checked.error_en


@pytest.mark.parametrize(
    ("expression", "called"),
    [
        ("countt(l)", "countt"),
        ("1 + sqr(2)", "sqr"),
        ("for i in l return twice(i)", "twice"),
        ("l[firstOf(item) > 1]", "firstOf"),
        ("dayofweek(today())", "dayofweek"),
        ("{f: function(x) g(x)}", "g"),
        ("if a then toString(a) else b", "toString"),
    ],
)
def test_a_function_that_feel_does_not_have_is_refused_at_the_check(expression: str, called: str) -> None:
    checked = feel.check(expression)
    assert checked.error is not None and f"“{called}”" in checked.error
    assert checked.error_en is not None and f"“{called}”" in checked.error_en
    assert feel.evaluate(expression, {"l": [1]}) is not feel, "at run time it is null, as the specification says"


def test_the_nearest_function_is_named() -> None:
    assert "day of week" in (feel.check("dayofweek(x)").error or "")


@pytest.mark.parametrize(
    "expression",
    ["(function(f) f(1))(g)", "{f: function(x) x, r: f(1)}.r", "get or else(a, 1)", "week of year(today())", "string  join(l)", "x.f(1)"],
)
def test_functions_that_are_known_pass_the_check(expression: str) -> None:
    assert feel.check(expression).error is None


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('"one\ntwo"', "one\ntwo"),
        ('"one\ntwo" + "\n"', "one\ntwo\n"),
        ('if true // "not a string\nthen "a\n//b" else "c"', "a\n//b"),
        ('/* "\n */ "a\\"\nb"', 'a"\nb'),
        ('["a\r\nb", 1][1]', "a\r\nb"),
    ],
)
def test_a_string_over_several_lines_keeps_its_line_breaks(expression: str, expected: str) -> None:
    assert feel.check(expression).error is None
    assert feel.evaluate(expression, {}) == expected


def test_tests_are_checked_as_tests() -> None:
    assert feel.check("> 5, 7", unary=True).error is None
    assert feel.check("> 5, 7").error is not None
    assert feel.check("-", unary=True).error is None
    assert feel.check("? > limit", unary=True).variables == {"limit"}


def test_one_broken_expression_is_named_among_many() -> None:
    with pytest.raises(ExpressionError, match="坏 坏"):
        feel.evaluate_many(["1", "坏 坏 +", "2"], {})


# --- safety -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression", ['"a".constructor', "x.__proto__", "{a: 1}.toString", "globalThis", "feel", "constructor", "toString()", "__proto__"]
)
def test_nothing_of_javascript_is_reachable(expression: str) -> None:
    assert feel.evaluate(expression, {"x": {"y": 1}}) is None


ENDLESS = "for i in 1..1000000000 return i"

RUNAWAYS = {
    "endless loop": ENDLESS,
    "endless test": "some x in 1..100000, y in 1..100000 satisfies x + y < 0",
    "huge range": "count(for i in 1..1000000000 return string(i))",
    "huge string": '(function(f, s) f(f, s + s))(function(f, s) f(f, s + s), "aaaaaaaaaaaaaaaa")',
    "deep recursion": "(function(f) f(f))(function(f) f(f))",
    "deep nesting": "(" * 5000 + "1" + ")" * 5000,
    "back-tracking": 'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a+)+$")',
    "huge output": 'for x in 1..400000 return "abcdefgh"',
    "too long": "1" + " + 1" * 50000,
}


@pytest.mark.parametrize("name", RUNAWAYS)
def test_a_runaway_ends_after_a_second_of_computing_and_the_next_call_answers(name: str) -> None:
    feel.evaluate("1", {})
    start = clocktime.process_time()
    with pytest.raises(ExpressionLimit):
        feel.evaluate(RUNAWAYS[name], {})
    # tried twice, each time in a context that is made anew
    assert clocktime.process_time() - start < 2 * feel_sandbox.TIME_LIMIT + 1
    assert feel.evaluate("1 + 1", {}) == 2


LONG = "count(for i in 1..60000 return i * 1.5)"


def test_a_busy_machine_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time goes by on the wall while V8 waits for its turn: only its own computing counts."""
    with feel_sandbox._pool.context() as context:
        pass
    monkeypatch.setattr(feel_sandbox, "TIME_LIMIT", 0.01)
    with pytest.raises(ExpressionLimit):
        feel.evaluate(LONG, {})
    monkeypatch.setattr(feel_sandbox, "_computed", lambda thread: 0.0)
    started = clocktime.monotonic()
    assert feel.evaluate(LONG, {}) == 60000
    assert clocktime.monotonic() - started > feel_sandbox.TIME_LIMIT
    assert context.computed() == 0


def test_the_wall_is_the_outer_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    feel.evaluate("1", {})
    monkeypatch.setattr(feel_sandbox, "_computed", lambda thread: 0.0)
    monkeypatch.setattr(feel_sandbox, "OUTER_LIMIT", 0.1)
    with pytest.raises(ExpressionLimit):
        feel.evaluate(RUNAWAYS["back-tracking"], {})


def test_a_breach_is_tried_again_once_in_a_new_context(monkeypatch: pytest.MonkeyPatch) -> None:
    feel.evaluate("1", {})
    tries: list[str] = []
    real = feel_sandbox._Context.run

    def run(context: feel_sandbox._Context, code: str) -> str:
        tries.append(code)
        if len(tries) == 1:
            raise feel_sandbox.JSTimeoutException
        return real(context, code)

    monkeypatch.setattr(feel_sandbox._Context, "run", run)
    assert feel.evaluate("20 + 2", {}) == 22
    assert len(tries) == 2 and tries[0] == tries[1]


def test_each_context_counts_its_own_computing() -> None:
    with feel_sandbox._pool.context() as one, feel_sandbox._pool.context() as other:
        assert one._thread is not None and one._thread != other._thread
        waited = other.computed()
        had = one.computed()
        one.run(f"feel.evaluate({json.dumps(json.dumps({'e': [LONG], 'v': {}}))})")
        assert one.computed() - had > 10 * (other.computed() - waited)


def test_checking_a_runaway_is_limited_too() -> None:
    assert feel.check("(" * 5000 + "1" + ")" * 5000).error is not None
    assert feel.check(RUNAWAYS["too long"]).error is not None


def test_others_are_served_while_some_loop() -> None:
    feel.evaluate("1", {})
    failures: list[BaseException] = []

    def loop() -> None:
        try:
            feel.evaluate(ENDLESS, {})
        except ExpressionLimit as error:
            failures.append(error)

    loops = [threading.Thread(target=loop) for _ in range(2)]
    for thread in loops:
        thread.start()
    answered = 0
    while any(thread.is_alive() for thread in loops):
        assert feel.evaluate("a + 1", {"a": 1}) == 2
        answered += 1
    assert len(failures) == len(loops)
    assert answered > len(loops), "the others do not wait for those that loop"


def test_threads_get_their_own_answers() -> None:
    wrong: list[tuple[int, object]] = []

    def count(start: int) -> None:
        for number in range(start, start + 50):
            result = feel.evaluate("{n: n, twice: n * 2}", {"n": number})
            if result != {"n": number, "twice": number * 2}:
                wrong.append((number, result))

    threads = [threading.Thread(target=count, args=(index * 1000,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_has_its_own_sandbox() -> None:
    feel.evaluate("1", {})
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, str(feel.evaluate("20 + 1", {})).encode())
        os._exit(0)
    os.close(writing)
    assert os.read(reading, 100) == b"21"
    assert os.waitpid(child, 0)[1] == 0
    assert feel.evaluate("20 + 2", {}) == 22


def test_only_the_named_variables_travel() -> None:
    big = {f"id{number}": {"text": "x" * 1000} for number in range(60_000)}
    # 60 MB would not fit into the sandbox
    assert feel.evaluate("a + 1", {**big, "a": 1}) == 2


def test_memory_stays_flat_over_many_calls() -> None:
    household = {"members": [{"name": f"张{number}", "note": "x" * 200} for number in range(20)]}
    for number in range(1500):
        # every call is a new text to V8, and leaves its garbage behind
        variables = {"household": household | {"code": number}, f"2020-05-{number}": number}
        assert feel.evaluate("count(household.members) + household.code", variables) == 20 + number


def test_assert_stops_with_its_cause() -> None:
    with pytest.raises(ExpressionError, match="no head of household"):
        feel.evaluate('assert(x, x != null, "no head of household")', {})


@pytest.mark.parametrize(
    "expression",
    [
        'repeat("a", 1000000000)',
        '{f: function(s, n) if n = 0 then s else f(s + s, n - 1), r: string length(f("aaaaaaaaaa", 40))}.r',
    ],
)
def test_a_string_that_nobody_can_hold_is_too_large_and_not_null(expression: str) -> None:
    with pytest.raises(ExpressionLimit) as caught:
        feel.evaluate(expression, {})
    assert "1 MiB" in caught.value.english


# --- a campaign's calendar ----------------------------------------------------------------------------------------------

MAY = {"after": "2020-06-01", "offset": "+08:00", "counted": "calendar_days", "holidays": ["2020-05-25"], "make_up": ["2020-05-30"]}
WORKING = {**MAY, "counted": "working_days"}


@pytest.mark.parametrize(
    ("expression", "calendar", "expected"),
    [
        ('back(11, "08:30")', MAY, "2020-05-21T08:30:00+08:00"),
        ('back(1, "24:00")', MAY, "2020-06-01T00:00:00+08:00"),
        ("back(0)", MAY, "2020-06-01"),
        ("back(11)", MAY, "2020-05-21"),
        ("back(5)", WORKING, "2020-05-26"),
        ('back(6, "24:00")', WORKING, "2020-05-23T00:00:00+08:00"),
        ('forward(date("2020-05-29"), 1, "08:00")', WORKING, "2020-05-30T08:00:00+08:00"),
        ("forward(back(11), 2)", MAY, "2020-05-23"),
        ('forward(back(3, "24:00"), 1, "09:00")', MAY, "2020-05-31T09:00:00+08:00"),
        ('workdays(date("2020-05-18"), date("2020-05-31"))', MAY, 10),
        ('workdays(date("2020-05-31"), date("2020-05-18"))', MAY, 0),
        ('workday(date("2020-05-25"))', MAY, False),
        ('workday(date("2020-05-30"))', WORKING, True),
        ('workday(date and time("2020-05-31T08:00:00+08:00"))', MAY, False),
        ("back(-1)", MAY, None),
        ("back(1.5)", MAY, None),
        ('back(1, "8:30")', MAY, None),
        ('back(1, "25:00")', MAY, None),
        ("back(20000)", MAY, None),
        ('workdays(date("1900-01-01"), date("2020-05-31"))', MAY, None),
    ],
)
def test_days_are_counted_in_the_calendar_of_the_campaign(expression: str, calendar: dict[str, object], expected: object) -> None:
    """The functions take the calendar from the variable ``campaign``, wherever they stand; without one they are null."""
    assert feel.check(expression).error is None
    assert feel.check(expression).variables == {"campaign"}
    assert feel.to_json(feel.evaluate(expression, {"campaign": {"calendar": calendar}, "x": 1})) == expected
    assert feel.evaluate(expression, {}) is None
