"""HTML that a form shows: without script, handlers, styles and outside addresses. Templates (``{{name}}``) in its text stay."""

from __future__ import annotations

import re
from collections import Counter

import nh3

_TAG_NAMES = """a b blockquote br caption code col colgroup dd del div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark
    ol p pre q s small span strong sub sup table tbody td tfoot th thead tr u ul"""
_TAGS = frozenset(_TAG_NAMES.split())
_ATTRIBUTES = {
    "*": {"class", "title", "lang", "dir", "align"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
}
_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
#: an address on this site: a path, a place on the page; no scheme, no other host
_OWN = re.compile(r"(?:/(?![/\\])|#|\?|[\w.%-]+(?:[/?#]|$))[^\\]*")
_DATA = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*")


def clean(content: str) -> str:
    """*content* as it may be shown. What a template yields is escaped by form-js; one inside an attribute takes the attribute with it."""
    mark = _mark(content)
    templates = _TEMPLATE.findall(content)
    numbers = iter(range(len(templates)))
    # a comment may stand anywhere, between the rows of a table, too
    marked = _TEMPLATE.sub(lambda _found: f"<!--{mark}{next(numbers)}-->", content)

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if mark in value or (attribute in ("href", "src") and not own_address(value, image=tag == "img")):
            return None
        return value

    cleaned = nh3.clean(
        marked,
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        url_schemes={"data"},
        attribute_filter=keep,
        link_rel=None,
        strip_comments=False,
    )
    found = re.compile(rf"<!--(?:{mark}(\d+))?.*?-->", re.DOTALL)
    return found.sub(lambda comment: templates[int(comment[1])] if comment[1] else "", cleaned)


def removes(content: str) -> bool:
    """Whether cleaning takes tags or attributes away that its author has written."""
    return bool(_counted(content) - _counted(clean(content)))


def own_address(address: str, *, image: bool = False) -> bool:
    """Whether the browser finds *address* on this site (or, for an image, in the address itself)."""
    written = address.strip()
    return bool(_OWN.fullmatch(written)) or (image and bool(_DATA.fullmatch(written)))


def _counted(content: str) -> Counter[str]:
    """Names of tags and attributes, as often as they are written."""
    tags = re.findall(r"<([a-zA-Z][\w:-]*)([^>]*)>", _TEMPLATE.sub("", content))
    return Counter(
        [tag.lower() for tag, _rest in tags] + [name.lower() for _tag, rest in tags for name in re.findall(r"\s([\w:-]+)\s*=", rest)]
    )


def _mark(content: str) -> str:
    mark = "template"
    while mark in content:
        mark += "q"
    return mark
