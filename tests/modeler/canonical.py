"""Two files mean the same: canonical XML in which attribute order, white space between elements, the place of namespace declarations and
the writing of coordinates do not count; JSON in which the order of keys does not count."""

from __future__ import annotations

import json

from lxml import etree

#: namespaces whose attributes are coordinates and sizes
_DI = ("/DI", "/DC", "/DD/", "/DMNDI/")


def xml(content: bytes | str) -> str:
    """The canonical form of a diagram or a decision."""
    data = content.encode() if isinstance(content, str) else content
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, remove_comments=True, remove_pis=True))
    for node in root.iter():
        if len(node) and not (node.text or "").strip():
            node.text = None
        if not (node.tail or "").strip():
            node.tail = None
        if any(mark in str(etree.QName(node).namespace or "") for mark in _DI):
            for name, value in node.attrib.items():
                node.attrib[name] = _number(value)
    return str(etree.tostring(root, method="c14n", exclusive=True, with_comments=False).decode()).replace("><", ">\n<")


def _number(text: str) -> str:
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


def form(content: bytes | str) -> str:
    """The canonical form of a form."""
    return json.dumps(json.loads(content), ensure_ascii=False, sort_keys=True, indent=1)
