"""What a page hands to the browser's form: the schema in the reader's language, the values with personal fields masked, and of everything
else only what the form itself names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any

from flask_babel import gettext as _

from app import clock
from app.engine import feel, form_files, html
from app.forms import given, keyed_rows, masking
from app.forms.hooks import Prepared
from app.forms.schema import Form, Node

#: component key → property that holds its English
_ENGLISH = {
    "label": "labelEn",
    "dateLabel": "labelEn",
    "timeLabel": "labelEn",
    "description": "descriptionEn",
    "text": "textEn",
    "content": "contentEn",
    "alt": "altEn",
}


def payload(form: Form, prepared: Prepared, locale: str, *, draft: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """``{"schema", "data", "given", "context", "locked", "unfilled", "notices"}`` as JSON for ``DaopaiForm.mount``.

    ``draft`` (what the person had typed) lies over the prepared values, except where a field is held or filled by the system
    (``given``: the paths of those).
    """
    own = _own(form, prepared.data)
    known = {"as_of": clock.local(clock.now()).date(), **prepared.data, **prepared.context}
    wanted = sorted(name for name in {"as_of", *inputs(form)} if name in known and name not in _names(form))
    return {
        "schema": localized(form, locale),
        "data": feel.tagged(
            masking.masked(form, keyed_rows.under_draft(form, own, draft) if draft else own, open_kinds=masking.OPEN_IN_FORM)
        ),
        "given": list(given.places(form)),
        "context": {name: feel.tagged(feel.to_json(known[name])) for name in wanted},
        "locked": {path: {"reason": lock.reason, "who": lock.who, "url": lock.url} for path, lock in prepared.locked.items()},
        "unfilled": {path: _("未能自动填入，请手工填写。管理员已收到通知。") for path in prepared.failed},
        "notices": [{"text": notice.text, "kind": notice.kind, "url": notice.url} for notice in prepared.notices],
    }


def reading(form: Form, masked: dict[str, Any], locale: str, *, what: str = "", key: str = "") -> dict[str, Any]:
    """A filled form for reading. *masked*: its data, personal values masked; a masked choice is shown as the text that it is. With *what*
    (registered with ``personal.unmaskable``) a masked value has a button that shows ``<key>|<path>`` by the recorded act."""
    shown = payload(form, Prepared(data=masked), locale)
    for component in form_files.components(shown["schema"]):
        if (component.get("properties") or {}).get("personal") and component.get("type") not in ("textfield", "textarea"):
            component["type"] = "textfield"
    return {**shown, "data": masked, "readonly": True, **({"unmask": {"what": what, "key": key}} if what else {})}


def _own(form: Form, data: Mapping[str, Any]) -> dict[str, Any]:
    names = _names(form)
    return {key: value for key, value in data.items() if key in names}


def _names(form: Form) -> frozenset[str]:
    return frozenset(field.path.split(".")[0].split("[")[0] for field in form.fields())


def localized(form: Form, locale: str) -> dict[str, Any]:
    """The form-js schema in Chinese (as it is) or in English (from ``labelEn`` and its like)."""
    content: dict[str, Any] = deepcopy(dict(form.content))
    content.pop("rules", None)
    if locale == "en":
        _translate(content)
    for component in form_files.components(content):
        if component["type"] == "html":
            component["content"] = _cleaned(component.get("content") or "")
    return content


@lru_cache(maxsize=256)
def _cleaned(content: str) -> str:
    """HTML as it may be shown. What FEEL makes of it is cleaned by form-js."""
    return content if content.startswith("=") else html.clean(content)


def _translate(component: dict[str, Any]) -> None:
    properties = component.get("properties") or {}
    for key, english in _ENGLISH.items():
        if component.get(key) and properties.get(english):
            component[key] = properties[english]
    appearance = component.get("appearance")
    if appearance and appearance.get("suffixAdorner") and properties.get("unitEn"):
        appearance["suffixAdorner"] = properties["unitEn"]
    validate = component.get("validate")
    if validate and validate.get("patternErrorMessage") and properties.get("patternErrorMessageEn"):
        validate["patternErrorMessage"] = properties["patternErrorMessageEn"]
    for option in component.get("values") or ():
        if isinstance(option, dict) and option.get("labelEn"):
            option["label"] = option["labelEn"]
    for column in component.get("columns") or ():
        if column.get("labelEn"):
            column["label"] = column["labelEn"]
    for child in component.get("components") or ():
        _translate(child)


@lru_cache(maxsize=256)
def _inputs(expressions: tuple[str, ...]) -> frozenset[str]:
    names: set[str] = set()
    for text in expressions:
        names |= feel.check(text).variables
    return frozenset(names)


def inputs(form: Form) -> frozenset[str]:
    """Names that the form's expressions, templates and option lists read."""
    written = tuple(dict.fromkeys(_expressions(form.root)))
    keys = {str(node.component["valuesKey"]) for node in _nodes(form.root) if node.component.get("valuesKey")}
    return _inputs(written) | keys


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _nodes(child)


def _expressions(root: Node) -> Iterator[str]:
    for node in _nodes(root):
        yield from _texts(node.component)


def _texts(component: Mapping[str, Any]) -> Iterator[str]:
    for key, value in component.items():
        if key in ("components", "properties", "values"):
            continue
        if isinstance(value, dict):
            yield from _texts(value)
        elif isinstance(value, str) and value.startswith("="):
            yield value[1:]
        elif isinstance(value, str) and "{{" in value:
            yield from _template(value)


def _template(text: str) -> Iterator[str]:
    for part in text.split("{{")[1:]:
        inner = part.split("}}")[0].strip()
        for word in ("#if", "#loop"):
            inner = inner.removeprefix(word)
        if inner and not inner.startswith("/"):
            yield inner.strip()
