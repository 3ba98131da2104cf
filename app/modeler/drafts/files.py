"""What may become a draft: plain ``.bpmn``, ``.dmn`` and ``.form`` files within the caps, under a file name that is harmless everywhere."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

import orjson

from app.engine import safe_xml
from app.engine.definitions import Problem
from app.engine.errors import Refused
from app.engine.resources import KINDS, Defined, defined

#: kind of definition -> suffix of its files
SUFFIXES = {kind: suffix for suffix, kind in KINDS.items()}

#: bytes, of any file
MAX_SIZE = safe_xml.MAX_SIZE
#: values in a form's JSON, and values inside each other
MAX_VALUES = 50_000
MAX_DEPTH = 100
#: characters of a file name without its suffix
MAX_NAME = 120

#: kind -> what the namespace of the root element contains, and the problem when it does not
_ROOTS = {"process": ("BPMN/20100524/MODEL", "not_bpmn"), "decision": ("/DMN/", "not_dmn")}
_UNSAFE = re.compile(r"[^\w.\-]+")


def kind_of(name: str) -> str | None:
    """``process``, ``decision`` or ``form`` by the suffix; None for any other file, archives included."""
    return KINDS.get(PurePosixPath(name.replace("\\", "/")).suffix.lower())


def file_name(text: str, kind: str) -> str:
    """*text* as a file name: no folders, no characters that mean something to a shell, a browser or a spreadsheet, the kind's suffix."""
    last = text.replace("\\", "/").rsplit("/", 1)[-1]
    suffix = SUFFIXES[kind]
    stem = last[: -len(suffix)] if last.lower().endswith(suffix) else last
    stem = _UNSAFE.sub("_", stem).strip("._-")[:MAX_NAME]
    return (stem or kind) + suffix


def read(kind: str, resource: str, content: bytes) -> Defined:
    """What the file defines (id "" while that cannot be read). Raises ``Refused`` for what is no such file, too large or not harmless.

    What is merely unfit for deployment is fine: a draft is unfinished.
    """
    if kind == "form":
        _read_form(resource, content)
    else:
        root = safe_xml.read(content)
        namespace, code = _ROOTS[kind]
        if safe_xml.local(root) != "definitions" or namespace not in safe_xml.namespace(root):
            raise Refused([Problem(resource, "", "", code, {"root": safe_xml.local(root)[:60]})])
    found = [item for item in defined(resource, content) if item.kind == kind]
    best = next((item for item in found if item.id == PurePosixPath(resource).stem), found[0] if found else Defined(kind, "", ""))
    return Defined(kind, best.id[:200], best.name[:200])


def _read_form(resource: str, content: bytes) -> None:
    if len(content) > MAX_SIZE:
        raise Refused([Problem(resource, "", "", "file_too_large", {"size": len(content) // 1024, "limit": MAX_SIZE // 1024})])
    try:
        form = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Refused([Problem(resource, "", "", "form_not_json", {"reason": str(error)})]) from error
    if not isinstance(form, dict) or not isinstance(form.get("components"), list):
        raise Refused([Problem(resource, "", "", "form_without_components")])
    _refuse_large(resource, form)


def _refuse_large(resource: str, form: dict[str, Any]) -> None:
    count = 0
    level: list[Any] = [form]
    for _depth in range(MAX_DEPTH):
        count += len(level)
        if count > MAX_VALUES:
            raise Refused([Problem(resource, "", "", "form_too_large", {"limit": MAX_VALUES})])
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return
    raise Refused([Problem(resource, "", "", "form_too_deep", {"limit": MAX_DEPTH})])


def _inside(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
