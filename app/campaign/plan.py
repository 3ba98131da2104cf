"""What BPMN has no place for: ``processes/plan.json`` with code lists, settings, columns of the spreadsheets, labels and numbering.

This is the only place that reads it; ``plan.schema.json`` says what may stand in it, ``problems`` what else must be so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from app.config import ROOT, ConfigError

FILE = ROOT / "processes" / "plan.json"
_SCHEMA = Path(__file__).with_name("plan.schema.json")

#: paper → what its series and number may name, besides ``{n}``
PAPERS: Mapping[str, Collection[str]] = {
    "problem": ("village",),
    "question": ("group",),
    "problem_list": ("village",),
    "notice": ("prefix", "year"),
    "handover": ("group",),
}
#: ``{village}``; ``{n:3}``: the running number with at least three digits
PLACE = re.compile(r"\{([a-z_]+)(?::([1-9]))?\}")


def section(name: str) -> Any:
    """One section of the plan, not to be changed. ConfigError, with every fault, when the file cannot be used."""
    return load()[name]


@cache
def load() -> dict[str, Any]:
    """The whole plan, read once. ConfigError as ``section``."""
    try:
        content = FILE.read_bytes()
    except OSError as error:
        raise ConfigError(f"{FILE}: {error.strerror}") from error
    if found := problems(content):
        raise ConfigError("\n".join(f"{FILE}: {each}" for each in found))
    plan: dict[str, Any] = json.loads(content)
    return plan


#: what may be wrong besides the schema; Chinese / English
_TEXTS = {
    "json": "不是 JSON：{error} / is not JSON",
    "twice": "“{name}”重复 / stands twice: “{name}”",
    "default": "默认值 {value} 超出范围 / the default {value} is not among what it may be",
    "list": "没有代码表“{name}” / there is no code list “{name}”",
    "brace": "大括号有误 / a brace without a name",
    "name": "不认识“{name}”，可用的有 {known} / not known here, use {known}",
    "n": "缺少 {{n}}，各件编号会相同 / without {{n}} all have the same number",
    "series": "缺少“{name}”，不同序列的编号会相同 / without “{name}” numbers of different series are the same",
}


def problems(content: bytes) -> list[str]:
    """Everything that keeps *content* from being used as a plan, one bilingual sentence each."""
    try:
        plan = json.loads(content)
    except ValueError as error:
        return [_TEXTS["json"].format(error=error)]
    validator = Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))
    found = [f"{error.json_path.removeprefix('$').lstrip('.')}: {error.message}" for error in validator.iter_errors(plan)]
    return sorted(found) or [*_twice(plan), *_settings(plan["settings"]), *_columns(plan), *_numbering(plan["numbering"])]


def _said(where: str, code: str, **params: str) -> str:
    return f"{where}: {_TEXTS[code].format(**params)}"


def _twice(plan: Mapping[str, Any]) -> Iterator[str]:
    """Codes, settings and columns are found by their key: each stands once."""
    keyed = {f"code_lists.{name}": [item[0] for item in items] for name, items in plan["code_lists"].items()}
    keyed["settings"] = [setting["name"] for setting in plan["settings"]]
    keyed |= {f"sheets.{name}": [column["key"] for column in columns] for name, columns in plan["sheets"].items()}
    for where, keys in keyed.items():
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield _said(where, "twice", name=key)


def _settings(settings: list[dict[str, Any]]) -> Iterator[str]:
    """The value of a new campaign is one that the page would take."""
    for setting in settings:
        default, kind = setting["default"], setting["kind"]
        if kind == "boolean":
            fits = isinstance(default, bool)
        elif kind == "choice":
            fits = default in [option[0] for option in setting.get("options", ())]
        else:
            number = not isinstance(default, bool) and isinstance(default, int if kind == "integer" else int | float)
            fits = number and setting.get("min", 0) <= default <= setting.get("max", 0)
        if not fits:
            yield _said(f"settings.{setting['name']}", "default", value=json.dumps(default))


def _columns(plan: Mapping[str, Any]) -> Iterator[str]:
    for name, columns in plan["sheets"].items():
        for column in columns:
            listed = str(column.get("kind", "")).partition("list:")[2]
            if listed and listed not in plan["code_lists"]:
                yield _said(f"sheets.{name}.{column['key']}", "list", name=listed)


def _numbering(numbering: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Two papers of one campaign never get the same number: whatever begins a series of its own stands in the number, too."""
    for paper, parts in PAPERS.items():
        names = {part: {found[0] for found in PLACE.findall(numbering[paper][part])} for part in ("series", "number")}
        for part, used in names.items():
            where = f"numbering.{paper}.{part}"
            if re.search(r"[{}]", PLACE.sub("", numbering[paper][part])):
                yield _said(where, "brace")
            for name in sorted(used - {*parts, *(("n",) if part == "number" else ())}):
                yield _said(where, "name", name=name, known=", ".join(parts))
        if "n" not in names["number"]:
            yield _said(f"numbering.{paper}.number", "n")
        for name in sorted(names["series"] - names["number"]):
            yield _said(f"numbering.{paper}.number", "series", name=name)
