"""The newest seal over the records, printed below the signatures: who holds the paper holds an anchor."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from app import clock
from app.campaign.documents.content import Document
from app.engine.proof import write_seals

#: Enough of the seal's hash to find it in an anchor file and to leave no second one.
_SHOWN = 32
LABEL = "记录封印"


def with_seal(session: Session, document: Document) -> Document:
    """The document with a line about the newest seal, where it is signed; as it is when nothing was sealed yet or nobody signs.

    A paper that was signed carries the first seal after that, so that each print of it is the same.
    """
    since = document.printed.stored_at if document.printed is not None else None
    last = write_seals.newest(session) if since is None else write_seals.first_after(session, since)
    if last is None:
        return document
    # In eights: easier to compare by eye, and a line of paper breaks between them.
    shown = " ".join(last.hash[start : start + 8] for start in range(0, _SHOWN, 8))
    line = f"第 {last.number} 号 {clock.local(last.at):%Y-%m-%d %H:%M} {shown}"
    words, form = document.words, document.form
    if isinstance(words.get("签字栏"), list) and words["签字栏"]:
        words = {**words, "签字栏": [*words["签字栏"], {"职务": LABEL, "签字": line}]}
    if form is not None and form.signatures:
        form = replace(form, signatures=[*form.signatures, f"{LABEL}：{line}"])
    return replace(document, words=words, form=form)
