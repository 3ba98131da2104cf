"""A page with one form on loopback, as the inbox makes it, under the Content-Security-Policy of the application."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from app.auth.headers import CSP
from app.config import ROOT
from app.forms import browser, hooks, validation
from tests.forms.conftest import decide, form

HERE = Path(__file__).parent
KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


@dataclass
class Task:
    """One form to fill. ``sent`` collects what the browser submitted."""

    form_id: str
    prepared: hooks.Prepared
    locale: str = "zh"
    more: dict[str, Any] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    outcomes: list[dict[str, Any]] = field(default_factory=list)

    def page(self) -> dict[str, Any]:
        return {**browser.payload(form(self.form_id), self.prepared, self.locale), "locale": self.locale, **self.more}

    def complete(self, data: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.sent.append(deepcopy(data))
        outcome = validation.validate(
            form(self.form_id),
            data,
            context=self.prepared.context,
            locked=self.prepared.locked,
            decide=decide,
            initial=self.prepared.data,
        )
        self.outcomes.append(outcome.data)
        return (200 if outcome.ok and not outcome.unseen else 422), outcome.as_json()


def _answer(task: Task, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
    if path == "/form":
        return 200, "application/json", json.dumps(task.page()).encode()
    if path == "/completion":
        status, found = task.complete(json.loads(body))
        return status, "application/json", json.dumps(found).encode()
    if path == "/upload":
        return 200, "application/json", b'{"id": "7", "name": "\xe7\x85\xa7\xe7\x89\x87.jpg", "url": "/attachments/7"}'
    file = HERE / "page.html" if path == "/" else ROOT / "app/static" / path[1:] if path.startswith("/dist/") else HERE / path[1:]
    if method == "GET" and file.is_file():
        return 200, KINDS[file.suffix] + "; charset=utf-8", file.read_bytes()
    return (204 if path == "/favicon.ico" else 404), "text/plain", b""


@contextmanager
def serving() -> Iterator[tuple[str, Callable[[Task], None]]]:
    """(address, open): ``open(task)`` decides which form the page shows."""
    shown: list[Task] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: Any) -> None:
            pass

        def respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, kind, content = _answer(shown[-1], self.command, self.path.partition("?")[0], body)
            self.send_response(status)
            for name, value in (("Content-Type", kind), ("Content-Length", str(len(content))), ("Content-Security-Policy", CSP)):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = respond  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", shown.append
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
