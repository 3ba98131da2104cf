"""What people read on pages: a walk through everything that a person can reach, and the text of a page as his eyes meet it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException

from tests import web

#: What the browser does not show.
_UNSEEN = {"script", "style", "template", "noscript"}
#: Attributes that people see or hear.
_SEEN = ("title", "placeholder", "aria-label", "alt", "data-confirm")
#: Addresses of one kind that are opened for one person.
MOST = 1


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of text, and where it stands: the names of the elements around it, with their classes."""

    text: str
    within: tuple[str, ...]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, str]] = []
        self.said: list[Said] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.open.append((tag, f"{tag}.{given.get('class', '')}" + ("[fold]" if tag == "details" else "")))
        self._keep(*(given[name] for name in _SEEN if name in given))
        if tag == "input" and given.get("type", "text") in ("text", "search", "submit", "button", "number", "date"):
            self._keep(given.get("value", ""))
        if tag in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if any(each == tag for each, _class in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not any(tag in _UNSEEN for tag, _class in self.open):
            self._keep(data)

    def _keep(self, *texts: str) -> None:
        within = tuple(described for _tag, described in self.open)
        self.said += [Said(" ".join(text.split()), within) for text in texts if text.strip()]


_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def read(page: str) -> list[Said]:
    """The texts of a page in their order: what is shown, read out, or stands in a field."""
    reader = _Reader()
    reader.feed(page)
    return reader.said


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "hx-get") and value and value.startswith("/")]


@dataclass(slots=True)
class Opened:
    """One page that was opened."""

    who: str
    endpoint: str
    path: str
    text: str


def walk(app: Flask, browser: web.Browser, who: str, start: list[str], kind: Callable[[str, dict[str, object]], str]) -> Iterator[Opened]:
    """Every page that *who* comes to by links from *start*, at most MOST of each kind (``kind(endpoint, values)``)."""
    seen: set[str] = set()
    counts: dict[str, int] = {}
    todo = list(start)
    adapter = app.url_map.bind("localhost")
    while todo:
        path = todo.pop(0).partition("#")[0]
        parts = urlsplit(path)
        if path in seen or parts.path.startswith(("/static", "/v2", "/logout")):
            continue
        seen.add(path)
        try:
            endpoint, values = adapter.match(parts.path, "GET")
        except HTTPException:
            continue
        name = kind(endpoint, dict(values)) + ("?" if parts.query else "")
        if counts.get(name, 0) >= MOST:
            continue
        with browser.get(path) as answer:
            if answer.status_code != 200 or answer.mimetype != "text/html":
                if answer.status_code == 303:
                    todo.append(str(answer.location))
                continue
            counts[name] = counts.get(name, 0) + 1
            text = answer.get_data(as_text=True)
        links = _Links()
        links.feed(text)
        todo += links.found
        yield Opened(who, endpoint, path, text)
