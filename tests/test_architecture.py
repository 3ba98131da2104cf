"""The rules of the house, held by reading the source: imports go down, one place commits, one place knows SpiffWorkflow, small pieces."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app"
FILES = sorted(path for path in APP.rglob("*.py") if "node_modules" not in path.parts and "migrations/versions" not in str(path))

#: Who may import whom, by the part under ``app``: everything else is refused.
FEATURES = {"inbox", "modeler", "audit", "campaign", "api"}
GROUND = {"db", "clock", "config", "lazy_import", "exact_json", "column_lengths", "unreadable"}
BORDER = {"border"}
ALLOWED = {
    "exact_json": set(),
    "column_lengths": set(),
    "unreadable": set(),
    "db": {"exact_json", "column_lengths", "unreadable"},
    "clock": set(),
    "config": set(),
    # What may come in by HTTP at all.
    "border": set(),
    "lazy_import": set(),
    "mail": {"config"},
    # What failed is kept without the values that it quotes.
    "engine": GROUND | {"mail", "personal"},
    "personal": GROUND,
    # What diagrams call things, said to people: above the engine, which knows no Flask.
    "element_names": set(),
    "auth": GROUND | BORDER | {"engine", "personal", "element_names"},
    "errors": GROUND | BORDER | {"engine", "auth"},
    "forms": GROUND | {"engine", "personal", "auth"},
    # What people do to tasks and instances, by whichever door: pages, the API and the simulation call these.
    "acts": GROUND | {"engine", "personal", "element_names", "auth", "forms"},
    **{feature: GROUND | BORDER | {"engine", "errors", "personal", "element_names", "auth", "forms", "acts"} for feature in FEATURES},
}

#: The engine's insides, which features do not see: they use runtime, models, definitions, decisions, feel, jobs, errors.
INSIDES = ("app.engine.spiff.", "app.engine.store.")

#: Library → the only place that may import it.
ROOMS = {"SpiffWorkflow": "app.engine.spiff", "py_mini_racer": "app.engine.feel", "smtplib": "app.mail"}

#: Modules over 500 lines, with the reason why they are not split.
LONG_MODULES: dict[str, str] = {}

#: Functions over 40 lines, with the reason why they are not split.
LONG_FUNCTIONS: dict[str, str] = {
    "app/engine/bpmn_element.py:read_element": "one record, an attribute a line: cut in two, it would be harder to compare with the model",
    "app/forms/submissions.py:save": "one record, an attribute a line",
}

MODULE_LINES, FUNCTION_LINES = 500, 40


def rule(check: Callable[[Path], Iterator[str]]) -> Callable[[], None]:
    """A test that *check* finds no offence in any file; ``test.rule`` is the check itself."""

    def test() -> None:
        assert [f"{path.relative_to(ROOT)}{offence}" for path in FILES for offence in check(path)] == []

    test.__doc__ = check.__doc__
    test.rule = check  # type: ignore[attr-defined]
    return test


_made_up: dict[Path, ast.Module] = {}


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def tree(path: Path) -> ast.Module:
    return _made_up.get(path) or _parsed(path)


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> list[tuple[str, int]]:
    """Every module that a file imports, anywhere in it, with the line. ``from app.x import y`` is ``app.x.y`` where that is a module."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            module = node.module or ""
            for alias in node.names:
                inner = ROOT.joinpath(*module.split("."), alias.name)
                is_module = module.split(".")[0] == "app" and (inner.is_dir() or inner.with_suffix(".py").exists())
                found.append((f"{module}.{alias.name}" if is_module else module, node.lineno))
    return found


def part(module: str) -> str:
    pieces = module.split(".")
    return pieces[1] if len(pieces) > 1 else ""


@rule
def test_imports_go_down_only(path: Path) -> Iterator[str]:
    own = part(name_of(path))
    if own not in ALLOWED:
        return  # create_app, the command line and the like stand above everything
    for module, line in imported(path):
        other = part(module)
        if module.split(".")[0] == "app" and other != own and other not in ALLOWED[own]:
            yield f":{line}: app.{own} may not import {module}"


@rule
def test_features_use_the_engine_not_its_insides(path: Path) -> Iterator[str]:
    for module, line in imported(path):
        if part(name_of(path)) != "engine" and f"{module}.".startswith(INSIDES):
            yield f":{line}: {module}"


@rule
def test_each_library_stays_in_its_room(path: Path) -> Iterator[str]:
    """SpiffWorkflow in engine/spiff, V8 in engine/feel, no Flask in the engine, no pickles."""
    for other, line in imported(path):
        top = other.split(".")[0]
        if not name_of(path).startswith(ROOMS.get(top, "")):
            yield f":{line}: {top} belongs into {ROOMS[top]}"
        if part(name_of(path)) in {"engine", *GROUND} and top.startswith(("flask", "werkzeug", "jinja2", "wtforms")):
            yield f":{line}: no web framework here"
        if top in ("pickle", "shelve", "marshal"):
            yield f":{line}: {top} runs what it reads"


@rule
def test_no_python_is_made_from_text(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec", "compile", "__import__"):
            yield f":{node.lineno}: {node.func.id}"


def test_loading_the_engine_loads_no_web_framework() -> None:
    """The job worker and the command line start without it."""
    code = "import sys, app.engine.runtime, app.engine.jobs; print([m for m in ('flask', 'werkzeug', 'app.campaign') if m in sys.modules])"
    seen = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"


#: Verbs of the engine that people, programs and jobs reach through ``app.acts`` only.
ACTS = {"complete", "claim", "release", "hand_over", "cancel", "suspend", "resume", "set_variables", "move_token", "pull_timer"}
ACTS |= {"migrate", "reschedule", "take_back_migration", "retry"}


@rule
def test_every_act_has_one_door(path: Path) -> Iterator[str]:
    """Form, permission, reason and record of an act are decided in app/acts; ``stated`` is for the throw-away database of trials."""
    if part(name_of(path)) in {"engine", "acts"}:
        return
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "runtime" and node.attr in ACTS:
                yield f":{node.lineno}: runtime.{node.attr}: call app.acts"
            if (node.value.id, node.attr) == ("completion", "stated") and path != APP / "modeler" / "trial" / "sandbox.py":
                yield f":{node.lineno}: a task is completed with its form"
    for module, line in imported(path):
        if module in {"app.engine.incidents", "app.engine.instances"}:
            yield f":{line}: {module}: call app.acts"


@rule
def test_only_db_commits(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and node.attr == "commit" and path != APP / "db.py":
            yield f":{node.lineno}: use db.in_transaction(work)"


@rule
def test_no_time_without_a_zone_and_no_second_clock(path: Path) -> Iterator[str]:
    if path == APP / "clock.py":
        return
    for node in ast.walk(tree(path)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        owner = ast.unparse(node.func.value).split(".")[-1]
        if owner in ("datetime", "date", "dt") and node.func.attr in ("now", "utcnow", "today", "utcfromtimestamp"):
            yield f":{node.lineno}: use app.clock"


@rule
def test_portable_sql_only(path: Path) -> Iterator[str]:
    """No ON CONFLICT, no column types of one database."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and node.attr.startswith("on_conflict"):
            yield f":{node.lineno}: insert in a savepoint and catch IntegrityError"
    for module, line in imported(path):
        if module.startswith("sqlalchemy.dialects.postgresql"):
            yield f":{line}: {module}"


@rule
def test_a_name_says_what_is_in_it(path: Path) -> Iterator[str]:
    if path.stem in {"util", "utils", "helper", "helpers", "common", "misc", "tools", "shared"}:
        yield ": says nothing"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef) and node.name.endswith(("Service", "Manager", "Helper", "Util", "Utils")):
            yield f":{node.lineno}: {node.name}"


@rule
def test_no_page_branches_on_an_element_of_a_diagram(path: Path) -> Iterator[str]:
    """What a person may do next is said by the diagram: page code compares no process or element id with a literal."""
    if part(name_of(path)) not in FEATURES or "handlers" in path.parts:
        return
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            names = {side.attr for side in sides if isinstance(side, ast.Attribute)}
            literal = any(isinstance(side, ast.Constant) and isinstance(side.value, str) and side.value for side in sides)
            if literal and names & {"element_id", "process_id"}:
                yield f":{node.lineno}: {ast.unparse(node)}"


@rule
def test_nothing_names_a_machine(path: Path) -> Iterator[str]:
    """No path of a build machine, nothing loaded from elsewhere at run time."""
    text = path.read_text(encoding="utf-8")
    for forbidden in ("/tmp/", "/root/", "cdn.jsdelivr", "unpkg.com"):
        if forbidden in text:
            yield f": {forbidden}"


def test_the_rules_notice_what_they_forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each rule finds its offence in a file made for it: a rule that cannot fail holds nothing."""
    bad = """
import pickle
from sqlalchemy.dialects.postgresql import JSONB
def f(session, datetime):
    session.commit()
    eval("1")
    insert().on_conflict_do_nothing()
    runtime.complete(session)
    return datetime.now()
"""
    path = APP / "engine" / "made_up_by_the_test.py"
    checks = {
        test_each_library_stays_in_its_room: 1,
        test_no_python_is_made_from_text: 1,
        test_only_db_commits: 1,
        test_no_time_without_a_zone_and_no_second_clock: 1,
        test_portable_sql_only: 2,
    }
    monkeypatch.setitem(_made_up, path, ast.parse(bad))
    page = APP / "inbox" / "made_up_by_the_test.py"
    monkeypatch.setitem(_made_up, page, ast.parse(bad))
    assert len(list(test_every_act_has_one_door.rule(page))) == 1  # type: ignore[attr-defined]
    for check, offences in checks.items():
        assert len(list(check.rule(path))) == offences, check.rule.__name__  # type: ignore[attr-defined]


def too_long_modules() -> dict[str, int]:
    lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    return {name: count for name, count in lines.items() if count > MODULE_LINES}


def too_long_functions() -> dict[str, int]:
    found = {}
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES:
                    found[f"{path.relative_to(ROOT)}:{node.name}"] = length
    return found


def test_modules_stay_small() -> None:
    assert set(too_long_modules()) - set(LONG_MODULES) == set(), too_long_modules()


def test_functions_stay_small() -> None:
    assert set(too_long_functions()) - set(LONG_FUNCTIONS) == set(), too_long_functions()


def test_no_exception_outlives_its_reason() -> None:
    """What has become short leaves the lists."""
    assert set(LONG_MODULES) <= set(too_long_modules())
    assert set(LONG_FUNCTIONS) <= set(too_long_functions())
    assert all(LONG_MODULES.values())
    assert all(LONG_FUNCTIONS.values())
