"""Reading XML that strangers send: no DOCTYPE, no entities, no network, capped in size, depth and number of nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from app.engine.errors import Refused
from app.engine.problems import Problem

#: bytes
MAX_SIZE = 1024 * 1024
#: elements of the document
MAX_NODES = 20_000
#: elements inside each other
MAX_DEPTH = 100

#: Encodings in which "<!DOCTYPE" can be found before the parser runs: supersets of ASCII, and UTF-16, which is decoded first.
_ENCODINGS = {
    "utf-8",
    "utf8",
    "us-ascii",
    "ascii",
    "iso-8859-1",
    "windows-1252",
    "gb2312",
    "gbk",
    "gb18030",
    "utf-16",
    "utf-16le",
    "utf-16be",
}
_DECLARATION = re.compile(r"""^\s*<\?xml[^>]*?\bencoding\s*=\s*["']([^"']*)["'][^>]*\?>""")
#: what may stand before the root element: declaration, processing instructions, comments
_PROLOG = re.compile(r"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)

Node = Any


def read(content: bytes) -> Node:
    """The root element of *content*. Raises ``Refused`` with one problem that says where and why."""
    if len(content) > MAX_SIZE:
        raise _refused("file_too_large", size=len(content) // 1024, limit=MAX_SIZE // 1024)
    _refuse_doctype(content)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
        if "depth" in str(error.msg):
            raise _refused("xml_too_deep", line=line, limit=MAX_DEPTH) from error
        raise _refused("xml_malformed", line=line, reason=str(error.msg)) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise _refused("xml_doctype")
    _refuse_size(root)
    return root


def local(node: Node) -> str:
    """The name of *node* without its namespace."""
    return str(etree.QName(node).localname)


def namespace(node: Node) -> str:
    return str(etree.QName(node).namespace or "")


def elements(node: Node) -> Iterator[Node]:
    """The child elements of *node* (no comments, no processing instructions)."""
    return (child for child in node if isinstance(child.tag, str))


def text(node: Node) -> str:
    """The text of *node*, without white space around it."""
    return "".join(node.itertext()).strip()


def _refuse_doctype(content: bytes) -> None:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:4]:
        encoding = "utf-16" if content[:1] in (b"\xff", b"\xfe") else ("utf-16-be" if content[:1] == b"\0" else "utf-16-le")
        try:
            start = content.decode(encoding)
        except UnicodeDecodeError as error:
            raise _refused("xml_malformed", reason=str(error)) from error
    else:
        start = content.decode("latin-1").removeprefix("\xef\xbb\xbf")
    declared = _DECLARATION.match(start)
    if declared and declared.group(1).lower() not in _ENCODINGS:
        raise _refused("xml_encoding", line=1, encoding=declared.group(1)[:40])
    prolog = _PROLOG.match(start)
    if start.startswith("<!DOCTYPE", prolog.end() if prolog else 0):
        raise _refused("xml_doctype", line=start.count("\n", 0, prolog.end() if prolog else 0) + 1)


def _refuse_size(root: Node) -> None:
    count = depth = 0
    for event, node in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            depth -= 1
            continue
        count += 1
        depth += 1
        if depth > MAX_DEPTH:
            raise _refused("xml_too_deep", line=node.sourceline or 0, limit=MAX_DEPTH)
        if count > MAX_NODES:
            raise _refused("xml_too_many_nodes", limit=MAX_NODES)


def _refused(code: str, *, line: int = 0, **params: Any) -> Refused:
    return Refused([Problem(resource="", element_id="", element_name="", code=code, params=params, severity="error", line=line)])
