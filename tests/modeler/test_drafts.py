"""Drafts: versions, conflicts, presence, what may be imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.db import Database
from app.engine.actor import Actor
from app.engine.errors import Conflict, NotFound, Refused
from app.modeler.drafts import presence, starting, store
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
            db.in_transaction(lambda session, who=username: presence.touch(session, key, who))

    def others() -> list[str]:
        with db.reading() as session:
            return presence.present(session, [key], besides="li").get(key, [])

    assert others() == ["张三"]
    later = presence.clock.real_now() + presence.SILENCE
    monkeypatch.setattr(presence.clock, "real_now", lambda: later)
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
