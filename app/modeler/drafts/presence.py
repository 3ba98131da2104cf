"""Who has a draft open in an editor: each open page says so again and again; what falls silent is gone."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.auth.models import Account
from app.modeler.drafts.models import ModelDraftPresence

#: An editor speaks every 15 s; after this it is taken to be closed.
SILENCE = timedelta(seconds=50)


def touch(session: Session, draft_key: int, person: str) -> None:
    """*person* has the draft open now."""
    found = session.get(ModelDraftPresence, (draft_key, person))
    if found is not None:
        found.seen_at = clock.real_now()
        return
    try:
        with session.begin_nested():
            session.add(ModelDraftPresence(draft_key=draft_key, person=person, seen_at=clock.real_now()))
            session.flush()
    except IntegrityError:
        pass  # another window of the same person said so at this moment


def leave(session: Session, draft_key: int, person: str) -> None:
    """*person* has closed the editor (another window of his says within seconds that he is still there)."""
    session.execute(delete(ModelDraftPresence).where(ModelDraftPresence.draft_key == draft_key, ModelDraftPresence.person == person))


def present(session: Session, draft_keys: list[int], *, besides: str = "") -> dict[int, list[str]]:
    """Draft key → names of the people who have it open now, without *besides*. One statement."""
    if not draft_keys:
        return {}
    query = (
        select(ModelDraftPresence.draft_key, Account.name)
        .join(Account, Account.username == ModelDraftPresence.person)
        .where(
            ModelDraftPresence.draft_key.in_(draft_keys),
            ModelDraftPresence.seen_at > clock.real_now() - SILENCE,
            ModelDraftPresence.person != besides,
        )
        .order_by(ModelDraftPresence.draft_key, Account.name)
    )
    found: dict[int, list[str]] = {}
    for key, name in session.execute(query):
        found.setdefault(key, []).append(name)
    return found
