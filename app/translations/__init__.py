"""English beside the Chinese: the Chinese text is the message id, ``en/LC_MESSAGES/messages.po`` holds the English.

The names of the shipped diagrams' processes and steps are texts as well: the inbox says them (``app.element_names``); and so are the
words of the auditors' rules, whose decision tables are shown as they are.

``python -m app.translations`` collects what stands in the code and templates into the catalogue (keeping what is translated) and
compiles it. ``tests/test_translations.py`` says what is missing.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from lxml import etree

from app.element_names import unbroken
from app.engine.bpmn_element import ZEEBE

APP = Path(__file__).resolve().parent.parent
ENGLISH = Path(__file__).resolve().parent / "en" / "LC_MESSAGES" / "messages.po"

_METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
_OPTIONS = {"**/templates/**.html": {"extensions": "jinja2.ext.do", "trimmed": "true", "silent": "false", "trim_blocks": "true"}}
_KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
}
#: what of a diagram people read in words: in lists, on their tasks, in what comes next
_NAMED = (
    *("process", "subProcess", "userTask", "callActivity", "serviceTask", "sendTask", "receiveTask", "businessRuleTask"),
    *("startEvent", "intermediateCatchEvent", "boundaryEvent", "endEvent", "exclusiveGateway", "parallelGateway"),
)
#: properties whose values people read: what dates are called, what a gate waits for
_SPOKEN = re.compile(r"(?:date|time)\..+\.name|gate")
_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_DMN = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"
_RULES = "conformance.dmn"
_UNDATED = datetime(2020, 5, 21, tzinfo=UTC)
_ELSEWHERE = {"frontend", "static", "node_modules", "__pycache__"}


def collected() -> Catalog:
    """Every message id in the code and the templates, with the files in which it stands."""
    catalog = Catalog()
    found = extract_from_dir(
        APP,
        _METHODS,
        _OPTIONS,
        keywords=_KEYWORDS,
        directory_filter=lambda folder: Path(folder).name not in _ELSEWHERE,
    )
    for filename, _line, message, _comments, context in found:
        catalog.add(message, locations=[(f"app/{filename}", 0)], context=context)
    for name, file in (*_diagram_names(), *_decision_names(), *_rule_words()):
        catalog.add(name, locations=[(file, 0)])
    return catalog


def _diagram_names() -> Iterator[tuple[str, str]]:
    for path in sorted((APP.parent / "processes").glob("*.bpmn")):
        tree = etree.fromstring(path.read_bytes())
        for element in tree.iter(*(_BPMN + kind for kind in _NAMED)):
            if name := unbroken(element.get("name", "")):
                yield name, f"processes/{path.name}"
        for each in tree.iter(f"{{{ZEEBE}}}property"):
            if _SPOKEN.fullmatch(each.get("name", "")):
                yield unbroken(each.get("value", "")), f"processes/{path.name}"


def _decision_names() -> Iterator[tuple[str, str]]:
    for path in sorted((APP.parent / "processes").glob("*.dmn")):
        for decision in etree.fromstring(path.read_bytes()).iter(_DMN + "decision"):
            if name := unbroken(decision.get("name", "")):
                yield name, f"processes/{path.name}"


def _rule_words() -> Iterator[tuple[str, str]]:
    """What stands in the heads and margins of the decision tables: what a rule is about, its columns, its cases."""
    tree = etree.fromstring((APP.parent / "processes" / _RULES).read_bytes())
    written = [each.get("label", "") for each in tree.iter(_DMN + "input", _DMN + "output")]
    written += [each.text or "" for each in tree.iter(_DMN + "description")]
    for words in written:
        if word := unbroken(words):
            yield word, f"processes/{_RULES}"


def english() -> Catalog:
    """The catalogue as it is kept."""
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en")


def merged() -> Catalog:
    """What is in the code now, with the translations that are kept."""
    kept = english()
    catalog = Catalog(locale="en", project="Daopai", charset="utf-8", fuzzy=False)
    for message in collected():
        if message.id:
            known = kept.get(message.id)
            places = [(name, None) for name in sorted({name for name, _line in message.locations})]
            catalog.add(message.id, string=known.string if known else None, locations=places)  # type: ignore[arg-type]
    return catalog


def as_po(catalog: Catalog) -> bytes:
    """The catalogue as a file that changes only where a message changes."""
    stream = io.BytesIO()
    write_po(stream, catalog, width=120, sort_output=True, omit_header=True, include_lineno=False)
    header = b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
    return header + stream.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    """The compiled catalogue; without the day of its making, so that it changes only where a message changes."""
    catalog.creation_date = catalog.revision_date = _UNDATED
    stream = io.BytesIO()
    write_mo(stream, catalog)
    return stream.getvalue()


def write() -> list[str]:
    """Collect and compile; returns the message ids that still want their English."""
    catalog = merged()
    ENGLISH.write_bytes(as_po(catalog))
    ENGLISH.with_suffix(".mo").write_bytes(as_mo(english()))
    return [str(message.id) for message in catalog if message.id and not _complete(message.string)]


def _complete(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)
