"""Headers that tell the browser what this site never does."""

from __future__ import annotations

from flask import Flask, request
from werkzeug.wrappers import Response

#: Nothing inline, nothing from elsewhere. ``data:`` and ``blob:`` images are QR codes and previews of photos before they are sent.
POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

CSP = "; ".join(f"{name} {value}" for name, value in POLICY.items())


def install(app: Flask) -> None:
    """Send the headers with every answer; pages with personal data are not cached."""
    secure = app.config["DAOPAI"].production

    def add(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", CSP)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"
        if request.endpoint == "static":
            # The address carries a digest of the content (presenting.asset).
            headers["Cache-Control"] = "public, max-age=31536000, immutable" if "v" in request.args else "no-cache"
        else:
            headers.setdefault("Cache-Control", "no-store")
        if secure:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return response

    app.after_request(add)
