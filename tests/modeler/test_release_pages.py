"""The pages of a release: what the releaser sees, and that the server holds four eyes whatever a page shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, url_for
from sqlalchemy import select

from app.db import Database
from app.engine import runtime
from app.engine.models import Deployment
from app.modeler.drafts import store
from app.modeler.release import trying
from app.modeler.trial.scenarios import ScenarioResult
from tests import web
from tests.modeler.releasing import LI, ZHANG, ask, deploy, diagram, draft, release, save, standing, versions

NEW = diagram("复核", due="=date and time(deadline)")
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def app(sqlite_db: Database, tmp_path: Path) -> Flask:
    for username, name in (("zhang", "张三"), ("li", "李四"), ("wang", "王五")):
        web.person(sqlite_db, username, "admin", name=name)
    deploy(sqlite_db, diagram())
    return web.application(sqlite_db, tmp_path)


def address(app: Flask, endpoint: str, **values: Any) -> str:
    with app.test_request_context():
        return url_for(f"modeler.{endpoint}", **values)


def test_from_the_draft_to_the_deployment(app: Flask, sqlite_db: Database) -> None:
    key = draft(sqlite_db, NEW)
    zhang, li = web.signed_in_as(app, "zhang"), web.signed_in_as(app, "li")
    answer = zhang.post(address(app, "release_ask", key=key), {"comment": "加上期限"})
    assert answer.status_code == 303
    page = zhang.get(answer.location).text
    assert "须由另一位管理员发布" in page and "撤回申请" in page and 'name="standing"' not in page
    page = li.get(answer.location).text
    assert 'name="standing"' in page and "退回" in page and "加上期限" in page
    assert li.get("/modeler/releases").text.count("加上期限") == 1
    request = int(answer.location.rpartition("/")[2])
    seen = {"standing": standing(sqlite_db, request)}
    refused = zhang.post(f"{answer.location}/deployment", seen)
    assert refused.status_code == 409 and "须由另一位管理员发布" in refused.text
    assert li.post(f"{answer.location}/deployment", seen).status_code == 303
    late = web.signed_in_as(app, "wang").post(f"{answer.location}/deployment", seen)
    assert late.status_code == 409 and "这份发布申请已由李四于" in late.text
    assert [version for version, _content in versions(sqlite_db)] == [1, 2]
    listed = li.get("/modeler/deployments").text
    assert "第 2 次部署" in listed and "张三 画，李四 发布" in listed and "安装时部署（命令行）" in listed
    assert "第 2 次部署" in li.get(answer.location).text


def test_after_the_release_the_page_leads_to_the_migration(app: Flask, sqlite_db: Database) -> None:
    """The number leads to the instances, the version to what would become of each."""
    sqlite_db.in_transaction(lambda session: runtime.start(session, "p", {"deadline": "2020-06-01T00:00:00+08:00"}, web.CLI))
    request = ask(sqlite_db, draft(sqlite_db, NEW))
    li, path = web.signed_in_as(app, "li"), address(app, "release", key=request)
    page = li.get(path).text
    assert "1 个运行中的实例留在旧版本上" in page and "=date and time(deadline)" in page and ">迁移它们<" not in page
    release(sqlite_db, request, LI)
    page = li.get(path).text
    assert ">迁移它们<" in page
    for href in re.findall(r'href="(/operations/[^"]+)"', page):
        assert li.get(href.replace("&amp;", "&")).status_code == 200, href


def test_errors_come_back_with_what_was_typed(app: Flask, sqlite_db: Database) -> None:
    key = draft(sqlite_db, diagram("填表", extensions='<zeebe:formDefinition formId="nowhere"/>'))
    answer = web.signed_in_as(app, "zhang").post(address(app, "release_ask", key=key), {"comment": "写过的说明"})
    assert answer.status_code == 422
    assert "写过的说明" in answer.text and "nowhere" in answer.text


def test_a_stale_request_says_so_and_offers_no_release(app: Flask, sqlite_db: Database) -> None:
    key = draft(sqlite_db, NEW)
    request = ask(sqlite_db, key)
    save(sqlite_db, key, diagram("又改"), ZHANG)
    page = web.signed_in_as(app, "li").get(address(app, "release", key=request)).text
    assert "已过时" in page and 'name="standing"' not in page


def test_a_newer_deployed_version_is_pointed_out(app: Flask, sqlite_db: Database) -> None:
    first, second = draft(sqlite_db, NEW), draft(sqlite_db, diagram("另一份"))
    release(sqlite_db, ask(sqlite_db, first), LI)
    page = web.signed_in_as(app, "li").get(address(app, "release", key=ask(sqlite_db, second))).text
    assert "草稿从版本 1 改起，现行已是版本 2" in page


def test_a_failing_scenario_has_to_be_accepted(app: Flask, sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = ScenarioResult("走一遍", "p", False, 0.1, difference="期限应为 5 月 25 日", step=2)
    monkeypatch.setattr(trying.scenarios, "run_all", lambda _db, _files: [failing, ScenarioResult("另一遍", "p", True, 0.1)])
    request = ask(sqlite_db, draft(sqlite_db, NEW))
    li, path = web.signed_in_as(app, "li"), address(app, "release", key=request)
    seen = {"standing": standing(sqlite_db, request)}
    assert li.post(f"{path}/deployment", seen).location.endswith("#decision")
    assert len(versions(sqlite_db)) == 1
    page = li.get(path).text
    assert "期限应为 5 月 25 日" in page and "1 / 2" in page and 'name="despite"' in page
    assert li.post(f"{path}/deployment", {**seen, "despite": "1"}).status_code == 303
    assert len(versions(sqlite_db)) == 2


def test_a_longer_list_takes_no_more_statements(app: Flask, sqlite_db: Database, statements: Any) -> None:
    li = web.signed_in_as(app, "li")

    def counted(path: str) -> int:
        with statements(sqlite_db) as seen:
            assert li.get(path).status_code == 200
        return len(seen)

    paths = ["/modeler/releases", "/modeler/releases?state=RELEASED", "/modeler/deployments", "/modeler/definitions"]
    release(sqlite_db, ask(sqlite_db, draft(sqlite_db, diagram("一"))), LI)
    ask(sqlite_db, draft(sqlite_db, diagram("二")))
    counted(paths[0])  # once a minute the navigation looks whether there is anything to start
    before = [counted(path) for path in paths]
    for name in ("三", "四"):
        release(sqlite_db, ask(sqlite_db, draft(sqlite_db, diagram(name))), LI)
        ask(sqlite_db, draft(sqlite_db, diagram(name + name)))
    assert [counted(path) for path in paths] == before


def test_every_page_shows_hostile_names_as_text(app: Flask, sqlite_db: Database) -> None:
    named = diagram(HOSTILE.replace("<", "&lt;").replace('"', "&quot;"))
    field = {"id": "a", "type": "textfield", "key": "a", "label": HOSTILE}
    paper = json.dumps({"type": "default", "id": "paper", "components": [field]}).encode()
    table = (
        b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
        b'<decision id="grade" name="&lt;script>"><literalExpression id="l"><text>"&lt;script&gt;"</text></literalExpression></decision>'
        b"</definitions>"
    )
    process, form, decision = (
        draft(sqlite_db, named),
        draft(sqlite_db, paper, resource="paper.form", kind="form"),
        draft(sqlite_db, table, resource="grade.dmn", kind="decision"),
    )
    request = ask(sqlite_db, process, form, decision, comment=HOSTILE)
    li = web.signed_in_as(app, "li")
    pages = [address(app, "release", key=request), "/modeler/releases"]
    pages += [address(app, "difference", draft=key, left="base") for key in (process, form, decision)]
    made = release(sqlite_db, request, LI)
    pages += ["/modeler/deployments", "/modeler/definitions", address(app, "deployment", key=made.deployment_key)]
    for path in pages:
        answer = li.get(path)
        assert answer.status_code == 200, path
        assert "<script>alert" not in answer.text and '<script>"' not in answer.text, path


def test_two_versions_of_a_draft_beside_each_other(app: Flask, sqlite_db: Database) -> None:
    key = draft(sqlite_db, b'{"type": "default", "id": "paper", "components": []}', resource="paper.form", kind="form")
    field = {"id": "a", "type": "number", "key": "age", "label": "年龄"}
    added = json.dumps({"type": "default", "id": "paper", "components": [field]}).encode()
    save(sqlite_db, key, added, LI)
    zhang = web.signed_in_as(app, "zhang")
    page = zhang.get(address(app, "difference", draft=key, left=1, right=2)).text
    assert 'data-what="added"' in page and "年龄" in page
    for wrong in ({"left": 1, "right": 9}, {"left": "x", "right": 1}):
        assert zhang.get(address(app, "difference", draft=key, **wrong)).status_code == 404
    with sqlite_db.reading() as session:
        assert store.find(session, key).number == 2


def test_an_earlier_version_is_asked_for_again(app: Flask, sqlite_db: Database) -> None:
    made = release(sqlite_db, ask(sqlite_db, draft(sqlite_db, NEW)), LI)
    assert made.deployment_key
    li = web.signed_in_as(app, "li")
    again = address(app, "deployment_again", key=made.deployment_key)
    answer = li.post(again, {"comment": "再发一次"})
    assert answer.status_code == 409 and "没有什么可发布" in answer.text
    page = li.get("/modeler/definitions").text
    assert page.count("版本 1</a>") == 1 and page.count("版本 2</a>") == 1
    with sqlite_db.reading() as session:
        first = session.scalars(select(Deployment.key).where(Deployment.number == 1)).one()
    answer = li.post(address(app, "deployment_again", key=first), {"comment": "退回上一版", "resource": "p.bpmn"})
    assert answer.status_code == 303
    page = web.signed_in_as(app, "zhang").get(answer.location).text
    assert "再次发布" in page and "第 1 次部署" in page and 'name="standing"' in page
