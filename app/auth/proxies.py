"""The client's address behind proxies: the one place that reads ``X-Forwarded-For`` and ``X-Forwarded-Proto``."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix


def install(app: Flask) -> None:
    """Trust the last entries of the headers, which so many proxies wrote (``Config.proxies``); 0: they are anybody's word, not believed.

    Records, sessions, throttles and limits then hold the client's address. The host stays what the request names: a proxy passes it on.
    """
    count = app.config["DAOPAI"].proxies
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0, x_port=0, x_prefix=0)  # type: ignore[method-assign]
