"""Chinese first, English complete: every text that a person can see is marked, translated and compiled."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from babel.messages.mofile import read_mo
from flask import Flask
from jinja2 import nodes

from app import translations
from app.db import Database
from tests import web

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app"
CHINESE = re.compile("[\u3400-\u9fff]")
#: ASCII , : ; ? ! right after a Chinese character
HALF_WIDTH = re.compile("[\u4e00-\u9fff][,:;?!]")
#: a gloss in English may give the plan's own word
GLOSS = re.compile("[(（][^()（）]*[)）]")
MARKS = {"_", "_l", "gettext", "lazy_gettext", "ngettext", "lazy_ngettext"}

#: Chinese in Python that is no text of a page, by the beginning of its path, with the reason.
DATA = {
    "app/audit/descriptions.py": "sentences of records, Chinese and English beside each other",
    "app/audit/placeholder_texts/": "parts of these sentences, Chinese and English beside each other",
    "app/audit/placeholders.py": "the same",
    "app/audit/exporting/texts.py": "headings and conflict sentences, Chinese and English beside each other",
    "app/audit/sentence_templates/": "sentences of records, Chinese and English beside each other",
    "app/audit/wording.py": "words of records, Chinese and English beside each other",
    "app/auth/directory.py": "reasons in incidents, Chinese and English beside each other",
    "app/auth/roles.py": "the names of the roles, Chinese and English beside each other",
    "app/auth/scopes.py": "the names of what tokens may do, Chinese and English beside each other",
    "app/auth/totp.py": "the name of the product in an authenticator",
    "app/engine/": "knows no Flask; its texts stand in catalogues of Chinese and English",
    "app/campaign/demonstration/": "invented persons and places",
    "app/campaign/errors.py": "conflict sentences, Chinese and English beside each other",
    "app/campaign/importing/columns.py": "names of the sheets of the workbooks",
    "app/campaign/importing/texts.py": "Chinese and English beside each other",
    "app/modeler/drafts/errors.py": "conflict sentences, Chinese and English beside each other",
    "app/modeler/operations/errors.py": "conflict sentences, Chinese and English beside each other",
    "app/modeler/release/errors.py": "conflict sentences, Chinese and English beside each other",
    "app/modeler/trial/pseudonyms.py": "what stands for a person's data in a scenario",
    "app/modeler/trial/samples.py": "invented answers to a form",
    "app/modeler/trial/stubs.py": "the name of a stand-in in its diagram",
    "app/simulation/": "invented acts of invented persons",
    "app/cli.py": "the command line says both languages at once",
    "app/config.py": "what prevents a start is said in both languages at once",
    "app/db.py": "the same",
    "app/installation.py": "the same",
    "app/migrations/__init__.py": "the same",
    "app/deploying.py": "the command line says both languages at once",
    "app/proving.py": "the command line says both languages at once",
    "app/campaign/documents/": "documents are written in the plan's language; their titles on pages are marked",
    "app/campaign/hooks/problem_list_forms.py": "names of the words of a document's template",
    "app/campaign/hooks/signature_forms.py": "names of the words of a document's template, and a figure of a document",
    "app/campaign/handlers/": "what goes into records and documents is written in the plan's language",
}

#: Chinese in templates that is the same in every language.
PROPER_NAMES = {"中文", "倒", "排"}

TEMPLATES = sorted(APP.rglob("templates/**/*.html"))
MODULES = sorted(path for path in APP.rglob("*.py") if not str(path.relative_to(ROOT)).startswith(tuple(DATA)))


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|\{\w*\}", text))


def forms(entry: object) -> list[str]:
    return [str(each) for each in entry] if isinstance(entry, tuple | list) else [str(entry or "")]


def test_every_message_has_its_english() -> None:
    kept = {message.id: message.string for message in translations.english() if message.id}
    wanted = {message.id for message in translations.collected() if message.id}
    missing = sorted(str(each) for each in wanted if not all(forms(kept.get(each))))
    assert missing == [], "run `python -m app.translations` and write the English into messages.po"
    assert sorted(str(each) for each in set(kept) - wanted) == [], "in the catalogue, but not in the code any more"


def test_the_english_is_english_and_keeps_the_placeholders() -> None:
    for message in translations.english():
        for english in forms(message.string):
            if message.id and english:
                assert not CHINESE.search(GLOSS.sub("", english)), english
                assert placeholders(english) == placeholders(forms(message.id)[0]), english


def test_the_compiled_catalogue_is_the_written_one() -> None:
    with translations.ENGLISH.with_suffix(".mo").open("rb") as file:
        compiled = {str(message.id): message.string for message in read_mo(file) if message.id}
    written = read_mo(io.BytesIO(translations.as_mo(translations.english())))
    assert compiled == {str(message.id): message.string for message in written if message.id}, "run `python -m app.translations`"


def test_chinese_punctuation_is_full_width() -> None:
    """A half-width comma after a Chinese character looks like a slip of the pen."""
    texts = [text for message in translations.collected() if message.id for text in forms(message.id)]
    assert [text for text in texts if HALF_WIDTH.search(text)] == []


def unmarked_in_python(path: Path, source: str) -> Iterator[str]:
    """Chinese string literals outside of ``_()`` and docstrings; a text that says both (``中文 / English``) is fine."""
    parsed = ast.parse(source)
    fine: set[int] = set()
    for node in ast.walk(parsed):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            fine |= {id(inner) for argument in node.args for inner in ast.walk(argument)}
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            fine |= {id(each.value) for each in node.body if isinstance(each, ast.Expr)}
    for node in ast.walk(parsed):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CHINESE.search(node.value) and id(node) not in fine:
            if re.search(" / [A-Za-z]", node.value):
                continue
            yield f"{path.name}:{node.lineno}: {node.value[:40]}"


def unmarked_in_template(path: Path, source: str) -> Iterator[str]:
    """Chinese text outside of ``{{ _() }}``."""
    environment = jinja2.Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)
    parsed = environment.parse(source)
    fine: set[int] = set()
    for call in parsed.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in MARKS:
            fine |= {id(constant) for argument in call.args for constant in ([argument, *argument.find_all(nodes.Const)])}
    for text in parsed.find_all(nodes.TemplateData):
        for piece in re.split(r"[<>\"]", text.data):
            if CHINESE.search(piece) and piece.strip() not in PROPER_NAMES:
                yield f"{path.name}:{text.lineno}: {piece.strip()[:40]}"
    for constant in parsed.find_all(nodes.Const):
        if isinstance(constant.value, str) and CHINESE.search(constant.value) and id(constant) not in fine:
            yield f"{path.name}:{constant.lineno}: {constant.value[:40]}"


def test_no_chinese_in_python_is_unmarked() -> None:
    assert [each for path in MODULES for each in unmarked_in_python(path, path.read_text(encoding="utf-8"))] == []


def test_no_chinese_in_a_template_is_unmarked() -> None:
    assert [each for path in TEMPLATES for each in unmarked_in_template(path, path.read_text(encoding="utf-8"))] == []


def test_the_search_notices_what_is_unmarked() -> None:
    python = 'def f():\n    """说明"""\n    x = "没有标记"\n    return _("有标记"), g(a="也没有")\n'
    assert len(list(unmarked_in_python(Path("x.py"), python))) == 2
    template = '<p title="没有标记">{{ _("有") }} 也没有 {{ ui.row("没有") }} {{ ui.row(_("有")) }}</p>{# 注释 #}'
    assert len(list(unmarked_in_template(Path("x.html"), template))) == 3


@pytest.fixture
def app(sqlite_db: Database, tmp_path: Path) -> Flask:
    return web.application(sqlite_db, tmp_path)


def test_a_page_in_english_shows_no_chinese(app: Flask, sqlite_db: Database) -> None:
    """As far as it is ours: names and the other language's own name stay."""
    web.person(sqlite_db, "guard", "security_admin", name="Guard", locale="en")
    browser = web.signed_in_as(app, "guard")
    for path in ("/account", "/accounts", "/accounts/guard", "/account/password", "/account/two-factor", "/accounts/new", "/nothing-here"):
        page = GLOSS.sub("", re.sub(r"中文|倒<br>排", "", browser.get(path).text))
        assert [line.strip()[:80] for line in page.splitlines() if CHINESE.search(line)] == [], path
