"""Drafts: versions, conflicts, presence, what may be imported."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from werkzeug.test import TestResponse

from app import clock
from app.db import Database
from app.engine import definitions
from app.engine.actor import Actor
from app.engine.errors import Conflict, NotFound, Refused
from app.modeler.drafts import files, presence, starting, store
from app.modeler.drafts.models import ModelDraft
from tests import web

ZHANG, LI = Actor("zhang"), Actor("li")
FORM = starting.template("form", "paper", "一张纸")


def draft(db: Database, **more: Any) -> int:
    values = {"kind": "form", "resource": "paper.form", "content": FORM, **more}
    return db.in_transaction(lambda session: store.create(session, ZHANG, **values)).key


def changed(text: str) -> bytes:
    return FORM.replace("一张纸".encode(), text.encode())


def save(db: Database, key: int, seen: int, content: bytes, actor: Actor = ZHANG) -> ModelDraft:
    return db.in_transaction(lambda session: store.save(session, key, seen, content, actor))


def test_each_save_is_a_version_that_stays(db: Database) -> None:
    key = draft(db)
    save(db, key, 1, changed("二"))
    saved = save(db, key, 2, changed("三"), LI)
    with db.reading() as session:
        found = store.find(session, key)
        assert [store.content_of(session, found, number) for number in (1, 2, None)] == [FORM, changed("二"), changed("三")]
        assert (saved.number, found.name, found.updated_by) == (3, "三", "li")
        assert store.authors(session, found) == {"zhang", "li"}
        with pytest.raises(NotFound):
            store.content_of(session, found, 4)


def test_what_has_not_changed_makes_no_version(db: Database) -> None:
    key = draft(db)
    assert save(db, key, 1, FORM).number == 1


def test_a_save_over_another_version_is_refused_and_kept_aside(db: Database) -> None:
    """Nothing is lost: the refused content is a version of its own that does not count, and can be made to count."""
    key = draft(db)
    save(db, key, 1, changed("李的"), LI)
    with pytest.raises(Conflict) as refused:
        save(db, key, 1, changed("张的"))
    assert (refused.value.params["by"], refused.value.params["number"]) == ("li", 2)
    for _twice in range(2):
        kept = db.in_transaction(lambda session: store.put_aside(session, key, changed("张的"), ZHANG))
    assert (kept.number, kept.adopted) == (3, False)
    with db.reading() as session:
        assert store.content_of(session, store.find(session, key)) == changed("李的")
    restored = db.in_transaction(lambda session: store.restore(session, key, 3, 2, ZHANG))
    assert (restored.number, restored.name) == (4, "张的")


def test_a_closed_draft_is_not_saved(db: Database) -> None:
    released, discarded = draft(db), draft(db)
    db.in_transaction(lambda session: store.mark_released(session, released, LI))
    db.in_transaction(lambda session: store.discard(session, discarded, ZHANG))
    for key in (released, discarded):
        with pytest.raises(Conflict):
            save(db, key, 1, changed("迟了"))
    with db.reading() as session:
        assert store.open_drafts(session) == []


def test_presence_names_the_others_until_they_fall_silent(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    key = draft(db)
    for username, name in (("zhang", "张三"), ("li", "李四")):
        web.person(db, username, "admin", name=name)
        for _twice in range(2):
            db.in_transaction(partial(presence.touch, draft_key=key, person=username))

    def others() -> list[str]:
        with db.reading() as session:
            return presence.present(session, [key], besides="li").get(key, [])

    assert others() == ["张三"]
    later = clock.real_now() + presence.SILENCE
    monkeypatch.setattr(clock, "real_now", lambda: later)
    assert others() == []


@pytest.mark.parametrize("kind", ["process", "decision", "form"])
def test_a_template_is_a_file_of_its_kind(sqlite_db: Database, kind: str) -> None:
    """Even where its name is hostile."""
    name = '"><script>alert(1)</script>'
    content = starting.template(kind, "new_one", name)
    suffix = {"process": ".bpmn", "decision": ".dmn", "form": ".form"}[kind]
    key = draft(sqlite_db, kind=kind, resource="new_one" + suffix, content=content)
    with sqlite_db.reading() as session:
        found = store.find(session, key)
        assert (found.definition_id, found.name) == ("new_one", name)


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("process", b'<!DOCTYPE x [<!ENTITY a "b">]><x/>', "xml_doctype"),
        ("process", b"PK\x03\x04", "xml_malformed"),
        ("process", b"<x/>", "not_bpmn"),
        ("decision", b"<x/>", "not_dmn"),
        ("process", b"<x>" * 200 + b"</x>" * 200, "xml_too_deep"),
        ("decision", b"<x>" + b"<y/>" * 20_001 + b"</x>", "xml_too_many_nodes"),
        ("process", b" " * 1_100_000, "file_too_large"),
        ("form", b" " * 1_100_000, "file_too_large"),
        ("form", b"[" * 100_000, "form_not_json"),
        ("form", b"[]", "form_without_components"),
        ("form", b'{"components": [' + b"0," * 60_000 + b"0]}", "form_too_large"),
        ("form", b'{"components": [' + b"[" * 150 + b"]" * 150 + b"]}", "form_too_deep"),
    ],
)
def test_what_is_no_harmless_file_is_refused(sqlite_db: Database, kind: str, content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        draft(sqlite_db, kind=kind, resource="x", content=content)
    assert [problem.code for problem in refused.value.problems] == [code]


@pytest.fixture
def app(db: Database, tmp_path: Path) -> Any:
    return web.application(db, tmp_path)


def signed_in(app: Any, username: str = "zhang", name: str = "张三") -> web.Browser:
    web.person(app.extensions["daopai.db"], username, "admin", name=name)
    return web.signed_in_as(app, username)


def sent(browser: web.Browser, name: str, content: bytes) -> Any:
    answer = browser.post("/modeler/drafts/import", {"file": (io.BytesIO(content), name)}, content_type="multipart/form-data")
    answer.close()
    return answer


def json(answer: TestResponse) -> dict[str, Any]:
    return cast(dict[str, Any], answer.get_json())


def test_a_file_is_imported_shown_changed_restored_and_exported(app: Any, db: Database) -> None:
    """By the pages; nothing is deployed on the way."""
    browser = signed_in(app)
    answer = sent(browser, r"..\..\evil dir/纸 张;rm.FORM", FORM)
    key = int(answer.location.rsplit("/", 1)[1])
    page = browser.get(answer.location).text
    assert "纸_张_rm.form" in page and "一张纸" in page
    saved = browser.post(f"/modeler/drafts/{key}/versions", json={"from_number": 1, "content": changed("二").decode(), "note": "改名"})
    assert (saved.status_code, json(saved)["number"]) == (201, 2)
    assert "改名" in browser.get(f"/modeler/drafts/{key}/versions").text
    assert "只能查看" not in browser.get(f"/modeler/drafts/{key}?number=1").text  # said by the script, which is told:
    assert '"readonly": true' in browser.get(f"/modeler/drafts/{key}?number=1").text
    assert browser.post(f"/modeler/drafts/{key}/restore", {"number": 1, "from_number": 2}).status_code == 303
    with browser.get(f"/modeler/drafts/{key}/file") as file:
        assert file.data == FORM
        assert file.headers["Content-Disposition"].startswith("attachment")
        assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert browser.post(f"/modeler/drafts/{key}/discard").status_code == 303
    assert browser.post(f"/modeler/drafts/{key}/versions", json={"from_number": 3, "content": "{}"}).status_code == 409
    with db.reading() as session:
        assert definitions.newest(session, "form", "paper") is None


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.zip", b"PK\x03\x04", "压缩包请先解开"),
        ("a.bpmn.zip", b"PK\x03\x04", "压缩包请先解开"),
        ("a.bpmn", b"PK\x03\x04", "不是格式正确的 XML"),
        ("a.bpmn", b"<!DOCTYPE a><a/>", "不允许 DOCTYPE"),
        ("a.dmn", b"<a/>", "不是 DMN"),
        ("a.form", b"{", "不是有效的 JSON"),
    ],
)
def test_an_upload_that_is_refused_says_why(sqlite_db: Database, tmp_path: Path, name: str, content: bytes, why: str) -> None:
    browser = signed_in(web.application(sqlite_db, tmp_path))
    sent(browser, name, content)
    assert why in browser.get("/modeler/drafts").text
    with sqlite_db.reading() as session:
        assert store.open_drafts(session) == []


def test_only_so_much_of_an_upload_is_read(sqlite_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_SIZE", 1_000)
    browser = signed_in(web.application(sqlite_db, tmp_path))
    sent(browser, "a.form", b" " * 50_000)
    assert "超过上限" in browser.get("/modeler/drafts").text


def test_a_draft_begins_from_any_deployed_version(app: Any, db: Database) -> None:
    for text in ("一", "二"):
        paper = {"paper.form": changed(text)}
        db.in_transaction(partial(definitions.deploy, files=paper, actor=LI, now=clock.now()))
    with db.reading() as session:
        first = definitions.version_of(session, "form", "paper", 1)
        assert first is not None
    browser = signed_in(app)
    key = int(browser.post("/modeler/drafts", {"base": str(first.key)}).location.rsplit("/", 1)[1])
    with db.reading() as session:
        found = store.find(session, key)
        assert (found.base_key, found.name, store.content_of(session, found)) == (first.key, "一", changed("一"))


def test_a_save_that_is_repeated_is_one_save(app: Any, db: Database) -> None:
    """The same request id gets the first answer, also after others have saved since; with other content it is refused."""
    browser, other = signed_in(app), signed_in(app, "li", "李四")
    key = draft(db)
    address = f"/modeler/drafts/{key}/versions"
    asked = {"from_number": 1, "content": changed("一").decode(), "note": "", "request_id": "0123456789abcdef"}
    first, again = browser.post(address, json=asked), browser.post(address, json=asked)
    assert (first.status_code, again.status_code) == (201, 201) and json(first) == json(again)
    assert other.post(address, json={"from_number": 2, "content": changed("二").decode()}).status_code == 201
    assert json(browser.post(address, json=asked))["number"] == 2
    assert browser.post(address, json={**asked, "content": changed("三").decode()}).status_code == 409
    assert other.post(address, json=asked).status_code == 409  # another person's request is another request
    for bad in ("short", "x" * 41, 12345678, "a b c d e f"):
        assert browser.post(address, json={**asked, "request_id": bad}).status_code == 400
    with db.reading() as session:
        assert [row.number for row in store.versions(session, store.find(session, key)) if row.adopted] == [3, 2, 1]


def test_what_is_the_newest_version_already_is_no_conflict(app: Any, db: Database) -> None:
    """The same content from an older version: nothing of anybody would be written over."""
    browser = signed_in(app)
    key = draft(db)
    asked = {"from_number": 1, "content": changed("一").decode()}
    assert [json(browser.post(f"/modeler/drafts/{key}/versions", json=asked))["number"] for _each in range(2)] == [2, 2]


def test_a_check_without_content_is_that_of_the_version(app: Any, db: Database) -> None:
    """In the encoding that the file has: what nobody touched is not sent through the browser."""
    browser = signed_in(app)
    text = starting.template("process", "paper", "一张纸").decode().replace("UTF-8", "GBK")
    key = db.in_transaction(lambda s: store.create(s, ZHANG, kind="process", resource="paper.bpmn", content=text.encode("gbk")).key)
    address = f"/modeler/drafts/{key}/check"
    drawn = {each["code"] for each in json(browser.post(address, json={"content": text.replace("GBK", "UTF-8")}))["problems"]}
    assert {each["code"] for each in json(browser.post(address, json={"number": 1}))["problems"]} == drawn
    assert browser.post(address, json={"number": 7}).status_code == 404


def test_a_conflict_names_the_other_and_where_to_compare(app: Any, db: Database) -> None:
    browser, other = signed_in(app), signed_in(app, "li", "李四")
    key = draft(db)
    address = f"/modeler/drafts/{key}/versions"
    assert other.post(address, json={"from_number": 1, "content": changed("李的").decode()}).status_code == 201
    answer = browser.post(address, json={"from_number": 1, "content": changed("张的").decode()})
    assert answer.status_code == 409
    assert (json(answer)["newest"], json(answer)["mine"]) == (2, 3)
    assert json(answer)["detail"].startswith("李四已于")
    assert json(answer)["difference"] == f"/modeler/drafts/{key}/difference?left=2&right=3"
    assert browser.get(json(answer)["difference"]).status_code == 200


def test_presence_tells_of_others_and_of_newer_versions(app: Any, db: Database) -> None:
    browser, other = signed_in(app), signed_in(app, "li", "李四")
    key = draft(db)
    address = f"/modeler/drafts/{key}/presence"
    assert json(other.post(address, json={}))["others"] == []
    save(db, key, 1, changed("二"), LI)
    seen = json(browser.post(address, json={}))
    assert (seen["others"], seen["number"], seen["by"]) == (["李四"], 2, "李四")
    other.post(address, json={"leaving": True})
    assert json(browser.post(address, json={}))["others"] == []


def test_the_check_while_drawing_is_the_deployments(app: Any, db: Database) -> None:
    """The same problems, with the element to jump to; content that cannot even be read is a finding, not an error."""
    content = starting.template("process", "new_one", "新流程")
    key = draft(db, kind="process", resource="new_one.bpmn", content=content)
    browser = signed_in(app)
    found = json(browser.post(f"/modeler/drafts/{key}/check", json={"content": content.decode()}))["problems"]
    expected = definitions.check({"new_one.bpmn": content}, definitions.Known())
    assert [(each["element"], each["code"]) for each in found] == [(problem.element_id, problem.code) for problem in expected]
    assert any(each["element"] == "start" and each["code"] == "ends_nowhere" for each in found)
    broken = json(browser.post(f"/modeler/drafts/{key}/check", json={"content": "<!DOCTYPE a><a/>"}))["problems"]
    assert [each["code"] for each in broken] == ["xml_doctype"]


def test_pickers_list_what_exists(app: Any, db: Database) -> None:
    paper = {"paper.form": FORM}
    db.in_transaction(lambda session: definitions.deploy(session, paper, LI, now=clock.now()))
    key = draft(db, kind="process", resource="new_one.bpmn", content=starting.template("process", "new_one", "新流程"))
    lists = json(signed_in(app).get(f"/modeler/drafts/{key}/vocabulary"))
    assert {"value": "paper", "label": "一张纸 · paper"} in lists["forms"]
    assert {"value": "new_one", "label": "新流程 · new_one (草稿)"} in lists["processes"]
    assert {"value": "office", "label": "镇扶贫办 · office"} in lists["roles"]
    assert "campaign.notify" in [each["value"] for each in lists["handlers"]]
