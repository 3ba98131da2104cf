"""*What happened, is it true?* The auditor's first page: search, what is out of the ordinary, the seal. And one record alone."""

from __future__ import annotations

from itertools import islice
from typing import Any

from flask import abort, current_app, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import unreadable
from app.audit import queries
from app.audit.blueprint import blueprint
from app.audit.history import entries
from app.audit.queries import Filter, Record
from app.audit.search.filling import LIGHT
from app.audit.sentence_templates import GROUPS, TEXTS
from app.audit.wording import both
from app.auth import access, database
from app.auth.language import locale
from app.element_names import spoken
from app.engine.chain_models import Seal
from app.engine.models import Definition, Event, ProcessInstance

#: Kinds that an auditor looks at first.
IRREGULAR = (
    "personal.unmasked",
    "role.assigned",
    "role.withdrawn",
    "account.locked",
    "account.closed",
    "instance.moved",
    "instance.migrated",
    "variables.changed",
    "signature.voided",
)


#: how many of them stand on the first page
FEW = 6


@blueprint.get("/")
@access("auditor")
def records() -> str:
    """Search in everything; what was out of the ordinary in the last day; whether the records are sealed."""
    wanted = Filter.of(request.args)
    with database().reading() as session:
        page = queries.select_records(session, wanted, after=queries.cursor(request.args.get("after", "")))
        lines = entries.build(session, page.rows, locale())
        first = not wanted.query() and not request.args.get("after")
        return render_template(
            "audit/records.html",
            wanted=wanted,
            days=entries.by_day(lines),
            page=page,
            irregular=_irregular(session) if first else [],
            seal=session.scalar(select(Seal).order_by(Seal.number.desc()).limit(1)) if first else None,
            irregular_kinds=",".join(IRREGULAR),
            first=first,
            kinds=kinds(),
            campaigns=campaigns(session),
            processes=processes(session),
            wrong=_wrong(wanted),
        )


def _wrong(wanted: Filter) -> list[str]:
    """Conditions that were given and make no sense: what was typed, each with its name."""
    names = (("from", _("从"), wanted.from_), ("to", _("到"), wanted.to), ("instance", _("流程实例"), wanted.instance))
    given = ((label, request.args.get(name, "").strip()[:40], value) for name, label, value in names)
    return [f"{label} {typed}" for label, typed, value in given if typed and not value]


@blueprint.get("/records/<int:key>")
@access("auditor")
def record(key: int) -> str:
    """One record: the sentence, the record as it is stored, and ways on from it."""
    with database().reading() as session, unreadable.refused():  # it is the page of this row: it says what is wrong with it
        query = select(Event, ProcessInstance).outerjoin(ProcessInstance, ProcessInstance.key == Event.instance_key).options(*LIGHT)
        row = session.execute(query.where(Event.key == key)).first()
        if row is None:
            abort(404)
        lines = entries.build(session, [Record(row[0], row[1])], locale())
        return render_template("audit/record.html", entry=lines[0])


def _irregular(session: Session) -> list[tuple[str, list[entries.Entry]]]:
    """The newest records of kinds that deserve a look."""
    found = islice(queries.every_record(session, Filter(kind=",".join(IRREGULAR)), size=FEW), FEW)
    return entries.by_day(entries.build(session, list(found), locale()))


def kinds() -> list[tuple[str, str]]:
    """For the search form: groups of kinds, then each kind."""
    found = [(group, both(*names, locale())) for group, names in GROUPS.items()]
    names = {kind: both(texts[0], texts[2], locale()) for kind, texts in TEXTS.items()}
    return [("", _("全部")), *found, *((kind, f"　{names[kind]}") for kind in sorted(names))]


def campaigns(session: Session) -> list[tuple[int, str]]:
    """(id, name) of the campaigns that have not ended, as the campaign tells."""
    provider: Any = current_app.extensions.get("daopai.campaigns")
    return provider(session) if provider else []


def processes(session: Session) -> list[tuple[str, str]]:
    """(id, name) of every process, by its newest name in the reader's language."""
    rows = session.execute(select(Definition.id, Definition.name).where(Definition.kind == "process").order_by(Definition.version))
    return sorted((key, spoken(name or key)) for key, name in dict(rows.all()).items())
