"""Four eyes: who drew or asked does not release; what is released is what was looked at; each release is a new, numbered deployment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from app import migrations
from app.db import Database
from app.engine.actor import Actor
from app.engine.errors import Conflict, Refused
from app.engine.models import Definition, Deployment, Event
from app.modeler.drafts import store
from app.modeler.release import again, queries, requests
from tests.modeler.releasing import LI, WANG, ZHANG, ask, deploy, diagram, draft, release, save, standing, versions

NEW = diagram("复核")


@pytest.fixture
def deployed(db: Database) -> Database:
    deploy(db, diagram())
    return db


def refusal(code: str, work) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Conflict) as refused:
        work()
    assert refused.value.code == code


def test_another_person_releases_and_the_draft_is_closed(deployed: Database) -> None:
    key = draft(deployed, NEW)
    request = release(deployed, ask(deployed, key), LI)
    assert [content for _version, content in versions(deployed)] == [diagram(), NEW]
    with deployed.reading() as session:
        made = session.get_one(Deployment, request.deployment_key)
        assert (made.number, made.actor, made.comment) == (2, "li", "改到期时间")
        assert store.find(session, key).state == "RELEASED"
        kinds = session.scalars(select(Event.kind).where(Event.subject == f"release:{request.key}").order_by(Event.key)).all()
        assert kinds == ["release.requested", "release.released"]


@pytest.mark.parametrize(
    ("owner", "saver", "asker", "releaser", "may"),
    [
        ("zhang", "zhang", "zhang", "zhang", False),
        ("zhang", "zhang", "zhang", "li", True),
        ("zhang", "zhang", "li", "zhang", False),  # who drew
        ("zhang", "zhang", "li", "li", False),  # who asked
        ("zhang", "zhang", "li", "wang", True),
        ("zhang", "li", "zhang", "li", False),  # who saved one version
        ("zhang", "li", "li", "zhang", False),  # who began it
        ("zhang", "li", "zhang", "wang", True),
        ("zhang", "li", "wang", "zhang", False),
        ("zhang", "li", "wang", "li", False),
        ("zhang", "li", "wang", "wang", False),
    ],
)
def test_who_may_release(sqlite_db: Database, owner: str, saver: str, asker: str, releaser: str, may: bool) -> None:
    key = draft(sqlite_db, diagram(), Actor(owner))
    save(sqlite_db, key, NEW, Actor(saver))
    request = ask(sqlite_db, key, by=Actor(asker))
    if may:
        assert release(sqlite_db, request, Actor(releaser)).state == "RELEASED"
        return
    refusal("request_own", lambda: release(sqlite_db, request, Actor(releaser)))
    assert versions(sqlite_db) == []


def test_nobody_releases_in_the_place_of_who_drew(sqlite_db: Database) -> None:
    """Nor does somebody whose refused version was put aside, and may have been taken over."""
    key = draft(sqlite_db, NEW)
    sqlite_db.in_transaction(lambda session: store.put_aside(session, key, diagram("王的"), WANG))
    request = ask(sqlite_db, key)
    refusal("request_own", lambda: release(sqlite_db, request, Actor("li", on_behalf_of="zhang")))
    refusal("request_own", lambda: release(sqlite_db, request, WANG))
    assert release(sqlite_db, request, LI).state == "RELEASED"


def test_a_draft_that_goes_on_makes_the_request_stale(deployed: Database) -> None:
    key = draft(deployed, NEW)
    request = ask(deployed, key)
    save(deployed, key, diagram("又改"), ZHANG)
    with deployed.reading() as session:
        assert [file.resource for file in queries.stale(session, queries.find(session, request))] == ["p.bpmn"]
    refusal("request_stale", lambda: release(deployed, request, LI))
    newer = ask(deployed, key)
    with deployed.reading() as session:
        old = queries.find(session, request)
        assert (old.state, old.decided_by, old.reason) == ("WITHDRAWN", "zhang", "由新的申请取代")
    release(deployed, newer, LI)
    assert versions(deployed)[-1] == (2, diagram("又改"))


def test_a_discarded_draft_is_not_released(sqlite_db: Database) -> None:
    key = draft(sqlite_db, NEW)
    request = ask(sqlite_db, key)
    sqlite_db.in_transaction(lambda session: store.discard(session, key, ZHANG))
    refusal("request_stale", lambda: release(sqlite_db, request, LI))


def test_of_two_releasers_one_is_told(deployed: Database) -> None:
    """Both have looked; both press at the same moment; there is one new version."""
    request = ask(deployed, draft(deployed, NEW))
    seen, start = standing(deployed, request), threading.Barrier(2)

    def press(actor: Actor) -> str:
        start.wait()
        try:
            return release(deployed, request, actor, seen).state
        except Conflict as conflict:
            return conflict.code

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(press, (LI, WANG)))
    assert answers == ["RELEASED", "request_decided"]
    assert len(versions(deployed)) == 2


def test_what_was_released_meanwhile_has_to_be_looked_at(deployed: Database) -> None:
    first, second = ask(deployed, draft(deployed, NEW)), ask(deployed, draft(deployed, diagram("另一份")))
    seen = standing(deployed, second)
    release(deployed, first, LI)
    refusal("request_moved_on", lambda: release(deployed, second, LI, seen))
    release(deployed, second, LI)
    assert [version for version, _content in versions(deployed)] == [1, 2, 3]


def test_an_error_is_refused_when_asked_for_and_when_released(deployed: Database) -> None:
    with_form = diagram("填表", extensions='<zeebe:formDefinition formId="paper"/>')
    key = draft(deployed, with_form)
    with pytest.raises(Refused) as refused:
        ask(deployed, key)
    assert [problem.code for problem in refused.value.problems if problem.severity == "error"] == ["form_unknown"]
    form = draft(deployed, b'{"type": "default", "id": "paper", "components": []}', resource="paper.form", kind="form")
    request = ask(deployed, key, form)
    release(deployed, request, LI)
    assert versions(deployed)[-1][1] == with_form
    assert len(versions(deployed, "form", "paper")) == 1


def test_rejected_and_withdrawn_say_why(sqlite_db: Database) -> None:
    key = draft(sqlite_db, NEW)
    request = ask(sqlite_db, key)
    refusal("reason_needed", lambda: sqlite_db.in_transaction(lambda s: requests.reject(s, request, LI, " ")))
    refusal("request_own", lambda: sqlite_db.in_transaction(lambda s: requests.reject(s, request, ZHANG, "不好")))
    refusal("request_not_yours", lambda: sqlite_db.in_transaction(lambda s: requests.withdraw(s, request, LI, "算了")))
    done = sqlite_db.in_transaction(lambda s: requests.reject(s, request, LI, "期限太短"))
    assert (done.state, done.decided_by, done.reason) == ("REJECTED", "li", "期限太短")
    refusal("request_decided", lambda: release(sqlite_db, request, WANG))
    with sqlite_db.reading() as session:
        assert store.find(session, key).state == "OPEN"
    second = ask(sqlite_db, key)
    assert sqlite_db.in_transaction(lambda s: requests.withdraw(s, second, ZHANG, "再想想")).state == "WITHDRAWN"


def test_nothing_new_is_not_asked_for(deployed: Database) -> None:
    refusal("request_nothing_new", lambda: ask(deployed, draft(deployed, diagram())))
    refusal("comment_needed", lambda: ask(deployed, draft(deployed, NEW), comment="  "))
    two = draft(deployed, NEW), draft(deployed, diagram("二"))
    refusal("request_twice", lambda: ask(deployed, *two))


def test_an_earlier_version_becomes_a_new_one(db: Database) -> None:
    """With four eyes: neither who drew that version then nor who asks for it now releases it."""
    first = deploy(db, diagram())
    second = release(db, ask(db, draft(db, NEW)), LI).deployment_key
    assert second is not None
    back = db.in_transaction(lambda s: again.ask_again(s, first, [], "退回上一版", LI)).key
    refusal("request_own", lambda: release(db, back, LI))
    release(db, back, ZHANG)
    forth = db.in_transaction(lambda s: again.ask_again(s, second, ["p.bpmn"], "再用新版", WANG)).key
    refusal("request_own", lambda: release(db, forth, ZHANG))  # he drew it
    release(db, forth, LI)
    assert versions(db) == [(1, diagram()), (2, NEW), (3, diagram()), (4, NEW)]
    with db.reading() as session:
        assert session.scalars(select(Deployment.number).order_by(Deployment.key)).all() == [1, 2, 3, 4]
        made = session.scalars(select(Deployment).order_by(Deployment.key.desc())).first()
        assert made is not None
        assert again.drawn_by(session, made) == {"p.bpmn": ["zhang"]}


def test_a_definition_and_a_deployment_never_change(deployed: Database) -> None:
    def edit(session) -> None:  # type: ignore[no-untyped-def]
        session.scalars(select(Deployment)).one().comment = "别的"

    with pytest.raises(TypeError, match="never changes"):
        deployed.in_transaction(edit)


def test_earlier_deployments_are_numbered_by_the_migration(db: Database) -> None:
    """In the order in which they were made; what refers to them stays."""
    settings = migrations.configuration(db)
    deploy(db, diagram())
    deploy(db, NEW)
    migrations.command.downgrade(settings, "0003")
    migrations.command.upgrade(settings, "head")
    with db.reading() as session:
        numbered = select(Deployment.number, Definition.version).join(Definition, Definition.deployment_key == Deployment.key)
        assert [tuple(row) for row in session.execute(numbered.order_by(Deployment.key))] == [(1, 1), (2, 2)]
    deploy(db, diagram("三"))
    with db.reading() as session:
        assert session.scalars(select(Deployment.number).order_by(Deployment.key)).all() == [1, 2, 3]
