"""Word files from templates, and what is refused of a template that somebody uploads."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError, UndefinedError

from app.campaign.documents.phrases import clean
from app.campaign.documents.plain_jinja import PlainEnvironment
from app.engine import safe_xml
from app.engine.errors import Refused
from app.lazy_import import Later

docx, docxtpl = Later("docx"), Later("docxtpl")

TEMPLATES = Path(__file__).parent / "templates"

#: bytes of the file, bytes unpacked, parts
FILE_LIMIT, UNPACKED_LIMIT, PART_LIMIT = 2 * 1024 * 1024, 20 * 1024 * 1024, 200

#: parts that carry programs or other documents
_ALIEN = re.compile(r"vbaProject|/embeddings/|/activeX/|altChunk|/afchunk|\.bin$|\.(docm|dotm|exe|dll|js|vbs|html?)$", re.IGNORECASE)
#: fields that Word may fill in by itself without reaching out
_FIELDS = {"PAGE", "NUMPAGES", "SECTIONPAGES", "SECTION", "DATE", "TIME", "TITLE", "AUTHOR", "STYLEREF", "TOC", "REF", "PAGEREF", "SEQ"}


class TemplateRefused(ValueError):
    """An uploaded template cannot be used. ``code`` says why; ``detail`` names the place."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


def original(kind: str) -> bytes:
    """The template that came with the system."""
    return (TEMPLATES / f"{kind}.docx").read_bytes()


def render(template: bytes, words: Mapping[str, Any]) -> bytes:
    """The document. Raises jinja2's ``TemplateError`` when the template names what there is not."""
    made = docxtpl.DocxTemplate(io.BytesIO(template))
    made.render(_cleaned(words), jinja_env=PlainEnvironment(), autoescape=True)
    buffer = io.BytesIO()
    made.save(buffer)
    return _undated(buffer)


def _undated(made: io.BytesIO) -> bytes:
    """The same file without the moment of its making in its entries: the same words give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            target.writestr(zipfile.ZipInfo(part.filename, (1980, 1, 1, 0, 0, 0)), source.read(part), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _cleaned(value: Any) -> Any:
    """Text without what XML cannot hold, and without what docxtpl itself would rewrite in the finished file (``{_{`` and the like)."""
    if isinstance(value, Mapping):
        return {key: _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(inner) for inner in value]
    if isinstance(value, str):
        text = re.sub("[\t\a\f]", " ", clean(value))
        return re.sub(r"\{_(?=[{%])|(?<=[}%])_\}", lambda found: f"{found[0][0]}\u200b{found[0][1]}", text)
    return value


def check(content: bytes, sample: Mapping[str, Any]) -> None:
    """Refuse (``TemplateRefused``) what is no plain Word template or does not fill with *sample*."""
    if len(content) > FILE_LIMIT:
        raise TemplateRefused("too_large")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _look_inside(archive)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise TemplateRefused("no_word_file") from error
    try:
        made = render(content, sample)
        docx.Document(io.BytesIO(made))
    except TemplateSyntaxError as error:
        raise TemplateRefused("syntax", str(error.message or "")[:80]) from error
    except UndefinedError as error:
        raise TemplateRefused("unknown_name", str(error.message or "")[:80]) from error
    except TemplateError as error:
        raise TemplateRefused("syntax", type(error).__name__) from error
    except Exception as error:  # python-docx and lxml raise whatever a broken part makes them raise
        raise TemplateRefused("no_word_file", type(error).__name__) from error


def _look_inside(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > PART_LIMIT or sum(part.file_size for part in parts) > UNPACKED_LIMIT:
        raise TemplateRefused("unpacks_to_too_much")
    names = {part.filename for part in parts}
    if "word/document.xml" not in names or "[Content_Types].xml" not in names or len(names) != len(parts):
        raise TemplateRefused("no_word_file")
    for part in parts:
        if ".." in part.filename or part.filename.startswith("/") or _ALIEN.search(part.filename):
            raise TemplateRefused("carries_program", part.filename)
        if part.filename.endswith((".xml", ".rels")):
            _look_at_xml(part.filename, _unpacked(archive, part))


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """A part's bytes; the size that the archive claims is not trusted."""
    with archive.open(part) as stream:
        content = stream.read(safe_xml.MAX_SIZE + 1)
    if len(content) > safe_xml.MAX_SIZE:
        raise TemplateRefused("unpacks_to_too_much", part.filename)
    return content


def _look_at_xml(name: str, content: bytes) -> None:
    try:
        root = safe_xml.read(content)
    except Refused as error:
        raise TemplateRefused("bad_xml", name) from error
    field = ""
    for node in root.iter():
        kind = safe_xml.local(node)
        if kind == "Relationship" and node.get("TargetMode") == "External" and not str(node.get("Type", "")).endswith("/hyperlink"):
            raise TemplateRefused("reaches_out", str(node.get("Target", ""))[:80])
        if kind in ("altChunk", "object", "control", "subDoc", "attachedTemplate"):
            raise TemplateRefused("carries_program", kind)
        if kind == "fldSimple":
            _look_at_field(_attribute(node, "instr"))
        elif kind == "instrText":
            field += node.text or ""
        elif kind == "fldChar":
            _look_at_field(field)
            field = ""
    _look_at_field(field)


def _look_at_field(code: str) -> None:
    """A field may count pages; it may not read files, links or databases, nor run anything."""
    words = code.split()
    if words and words[0].upper() not in _FIELDS:
        raise TemplateRefused("reaches_out", words[0][:40])


def _attribute(node: Any, name: str) -> str:
    return next((str(value) for key, value in node.attrib.items() if key.endswith("}" + name)), "")
