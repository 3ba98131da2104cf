"""An application that real Chromium can visit: a server on a free loopback port, and one browser for a test session."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

T = TypeVar("T")

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]


def aside(function: Callable[[], T]) -> T:
    """Run *function* in a thread of its own: Playwright keeps an event loop in the test's thread, and V8 (expressions) refuses to run
    beside one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Tests read pages, not logs."""


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve *app*; yields its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Real Chromium, without a screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """A signed-in person's browser window. What the page complains about is kept in ``complaints``."""

    def __init__(self, browser: Browser, base: str, *, cookie: str, size: dict[str, int], locale: str = "zh-CN") -> None:
        self.base = base
        self.context: BrowserContext = browser.new_context(viewport=size, locale=locale, base_url=base)  # type: ignore[arg-type]
        self.context.set_default_timeout(15_000)
        self.context.add_cookies([{"name": "daopai", "value": cookie, "url": base}])
        self.complaints: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)

    def open(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page

    def close(self) -> None:
        self.context.close()
