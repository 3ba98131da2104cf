"""CSRF, Content-Security-Policy and the other headers; nothing inline in any template."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from app import auth
from app.db import Database
from tests import web

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "app").rglob("templates/**/*.html"))


def test_a_post_without_the_token_is_refused_in_words(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    client = web.signed_in_as(app, "ran").client
    answer = client.post("/account/acting", data={"for": ""})
    assert answer.status_code == 400
    assert "安全校验没有通过" in answer.text
    assert client.post("/logout").status_code == 400
    assert client.get("/account").status_code == 200, "nothing was changed"


@pytest.mark.parametrize("how", ["htmx", "json"])
def test_the_token_is_asked_of_htmx_and_json_too(app: Flask, db: Database, how: str) -> None:
    web.person(db, "ran", "office")

    @app.route("/probe", methods=["POST", "PUT", "PATCH", "DELETE"])
    @auth.signed_in
    def probe() -> dict[str, bool]:
        return {"done": True}

    browser = web.signed_in_as(app, "ran")
    headers = {"HX-Request": "true"} if how == "htmx" else {"Content-Type": "application/json"}
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert browser.client.open("/probe", method=method, data="{}", headers=headers).status_code == 400
        right = {**headers, "X-CSRFToken": browser.token()}
        assert browser.client.open("/probe", method=method, data="{}", headers=right).status_code == 200


def test_somebody_elses_token_does_not_fit(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    web.person(db, "tan", "office")
    ran, tan = web.signed_in_as(app, "ran"), web.signed_in_as(app, "tan")
    assert ran.client.post("/logout", headers={"X-CSRFToken": tan.token()}).status_code == 400


@pytest.mark.parametrize("path", ["/login", "/account", "/nothing-here", "/static/seal.svg"])
def test_every_answer_carries_the_policy(app: Flask, db: Database, path: str) -> None:
    web.person(db, "ran", "office")
    with web.signed_in_as(app, "ran").get(path) as answer:
        headers = answer.headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == policy["style-src"] == policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


def test_pages_are_not_kept_by_browsers_and_assets_are(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office")
    browser = web.signed_in_as(app, "ran")
    assert browser.get("/account").headers["Cache-Control"] == "no-store"
    page = browser.get("/account").text
    style = re.search(r'href="(/static/dist/shell\.css\?v=[0-9a-f]{12})"', page)
    assert style
    with browser.get(style[1]) as answer:
        assert "immutable" in answer.headers["Cache-Control"]


def test_cookies_cannot_be_read_by_scripts_and_are_secure_in_production(app: Flask, db: Database, tmp_path: Path) -> None:
    cookie = app.test_client().get("/login").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    answer = web.application(db, tmp_path, production=True).test_client().get("/login", base_url="https://localhost")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age=" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize("path", TEMPLATES, ids=[str(path.relative_to(ROOT)) for path in TEMPLATES])
def test_no_template_has_anything_inline(path: Path) -> None:
    """The policy would refuse it silently: no <style>, no style=, no on…=, no <script> with content, nothing from elsewhere."""
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for tag in re.findall(r"<[a-zA-Z][^>]*>", text):
        assert not re.search(r"\sstyle\s*=", tag), tag
        assert not re.search(r"\son[a-z]+\s*=", tag), tag
        assert "hx-on" not in tag, tag
        assert "javascript:" not in tag, tag
        assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", tag), tag
    assert "<style" not in text
    for attributes, content in re.findall(r"<script([^>]*)>(.*?)</script>", text, flags=re.DOTALL):
        data = 'type="application/json"' in attributes
        assert data or ("src=" in attributes and not content.strip()), attributes


def test_forms_that_post_carry_the_token() -> None:
    """Without it the form could never be sent."""
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", text, flags=re.DOTALL | re.IGNORECASE):
            assert "csrf" in form, f"{path.relative_to(ROOT)}: {form[:120]}"


def test_a_hostile_name_is_inert(app: Flask, db: Database) -> None:
    web.person(db, "ran", "office", name="<script>alert(1)</script>")
    web.person(db, "guard", "security_admin")
    for page in (web.signed_in_as(app, "ran").get("/account").text, web.signed_in_as(app, "guard").get("/accounts").text):
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;" in page
