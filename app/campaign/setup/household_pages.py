"""Households from and to Excel: template, import with progress, marked workbook, export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock, personal
from app.auth import access, actor, database, identity
from app.campaign.blueprint import blueprint
from app.campaign.importing import columns, export, marked, runs
from app.campaign.models import CodeItem, Extract, Household, ImportRun, Member
from app.campaign.registering import NewHousehold, NewMember
from app.campaign.setup import lookup
from app.campaign.setup.uploads import send, uploaded
from app.engine import events


@blueprint.get("/campaigns/<int:campaign_id>/households")
@access("office")
def household_imports(campaign_id: int) -> str:
    """What is there, the template, the upload, and the imports so far."""
    with database().reading() as read:
        found = lookup.campaign(read, identity(), campaign_id)
        imports = read.scalars(select(ImportRun).where(ImportRun.campaign_id == found.id).order_by(ImportRun.key.desc()).limit(20)).all()
        kinds = select(Household.kind, func.count()).where(Household.campaign_id == found.id).group_by(Household.kind)
        return render_template(
            "campaign/setup/households.html",
            campaign=found,
            imports=imports,
            kinds=dict(read.execute(kinds).all()),
            sheets=columns.sheets(),
            expected=marked.expected,
        )


@blueprint.get("/campaigns/<int:campaign_id>/households/template")
@access("office")
def household_template(campaign_id: int) -> Response:
    """The empty workbook, with every column documented."""
    with database().reading() as read:
        found = lookup.campaign(read, identity(), campaign_id)
        items = read.execute(
            select(CodeItem.code, CodeItem.label_zh)
            .where(CodeItem.campaign_id == found.id, CodeItem.list == "key_reasons", CodeItem.active)
            .order_by(CodeItem.position)
        )
        lists = {"key_reasons": list(items)}
    return send(marked.template(columns.sheets(), lists), _("农户导入模板") + ".xlsx")


@blueprint.post("/campaigns/<int:campaign_id>/households/import")
@access("office")
def household_import(campaign_id: int) -> Response:
    """Take a workbook and work on it in the background."""
    with database().reading() as read:
        lookup.campaign(read, identity(), campaign_id)
    content, name = uploaded()
    if not content:
        return redirect(url_for("campaign.household_imports", campaign_id=campaign_id), 303)
    who, by = identity(), actor()

    def work(write: Session) -> int:
        found = lookup.campaign(write, who, campaign_id)
        return runs.begin(write, found.id, name, by).key

    key = database().in_transaction(work)
    runs.start(database(), current_app.config["DAOPAI"].uploads, key, content, by)
    return redirect(url_for("campaign.import_run", campaign_id=campaign_id, key=key), 303)


def _run(read: Session, campaign_id: int, key: int) -> ImportRun:
    found = lookup.campaign(read, identity(), campaign_id)
    run = read.scalar(select(ImportRun).where(ImportRun.campaign_id == found.id, ImportRun.key == key))
    if run is None:
        abort(404)
    return run


@blueprint.get("/campaigns/<int:campaign_id>/imports/<int:key>")
@access("office")
def import_run(campaign_id: int, key: int) -> str:
    """How far an import is; the page may be left and found again."""
    with database().reading() as read:
        run = _run(read, campaign_id, key)
        return render_template("campaign/setup/import.html", run=run, campaign_id=campaign_id, **_standing(run))


@blueprint.get("/campaigns/<int:campaign_id>/imports/<int:key>/progress")
@access("office")
def import_progress(campaign_id: int, key: int) -> str:
    """The moving part of that page."""
    with database().reading() as read:
        run = _run(read, campaign_id, key)
        return render_template("campaign/setup/progress.html", run=run, campaign_id=campaign_id, **_standing(run))


def _standing(run: ImportRun) -> dict[str, Any]:
    ended = run.state in runs.ENDED
    return {"ended": ended, "silent": not ended and clock.real_now() - run.touched_at > runs.SILENT}


@blueprint.post("/campaigns/<int:campaign_id>/imports/<int:key>/result")
@access("office")
def import_result(campaign_id: int, key: int) -> Response:
    """The marked workbook, or the first passwords; kept for a day. That it was taken is recorded."""
    by = actor()
    with database().reading() as read:
        run = _run(read, campaign_id, key)
        workbook = runs.kept(current_app.config["DAOPAI"].uploads, run)
    if workbook is None:
        abort(404)
    passwords = run.kind == "staff" and run.state == "done"
    kind = "import.passwords_taken" if passwords else "import.marked_taken"
    detail = {"file": run.file_name, "rows": run.rows, "run": str(key)}
    database().in_transaction(lambda write: events.record(write, kind, by, campaign_id=campaign_id, detail=detail))
    return send(workbook, _("初始密码") + ".xlsx" if passwords else f"{run.file_name.removesuffix('.xlsx')}-{_('标注')}.xlsx")


@blueprint.post("/campaigns/<int:campaign_id>/households/clear")
@access("office")
def household_clear(campaign_id: int) -> Response:
    """Take all households out of a draft again."""
    who, by = identity(), actor()

    def work(write: Session) -> int:
        return runs.clear(write, lookup.campaign(write, who, campaign_id).id, by)

    flash(_("已移出 %(count)s 户。", count=database().in_transaction(work)), "success")
    return redirect(url_for("campaign.household_imports", campaign_id=campaign_id), 303)


@blueprint.post("/campaigns/<int:campaign_id>/households/export")
@access("office")
def household_export(campaign_id: int) -> Response:
    """All households as the import's workbook, personal values masked; recorded."""
    who, by = identity(), actor()
    with database().reading() as read:
        found = lookup.campaign(read, who, campaign_id)
        number = found.id
        workbook = export.workbook(_masked(read, number))
        count = read.scalar(select(func.count()).where(Household.campaign_id == number)) or 0

    def work(write: Session) -> None:
        events.record(write, "households.exported", by, campaign_id=number, detail={"households": count, "masked": True})

    database().in_transaction(work)
    return send(workbook, _("农户") + ".xlsx")


def _masked(read: Session, campaign_id: int) -> Iterator[NewHousehold]:
    """Every household with masked personal values: three statements."""
    secret = {column.key: column.personal for column in columns.key_fields() if column.personal}
    members: dict[str, list[NewMember]] = {}
    for row in read.scalars(select(Member).where(Member.campaign_id == campaign_id).order_by(Member.household, Member.position)):
        number = personal.mask("id_number", personal.decrypt("member", row.key, "id_number", row.id_number_cipher))
        born = row.birth_date or clock.local(clock.now()).date()
        members.setdefault(row.household, []).append(NewMember(row.name, row.sex, born, number, row.relation, "", row.facts))
    extracts: dict[str, dict[str, dict[str, Any]]] = {}
    for found in read.scalars(select(Extract).where(Extract.campaign_id == campaign_id)):
        values = {
            name: personal.mask(secret[name], personal.decrypt("extract", found.key, name, value)) if name in secret and value else value  # type: ignore[arg-type]
            for name, value in found.values.items()
        }
        extracts.setdefault(found.household, {})[found.source] = values
    for home in read.scalars(select(Household).where(Household.campaign_id == campaign_id).order_by(Household.code)):
        yield NewHousehold(
            code=home.code,
            village=home.village,
            group_no=home.group_no,
            work_group=home.work_group,
            kind=home.kind,
            head=home.head,
            members=tuple(members.get(home.code, ())),
            phone=personal.mask("phone", personal.decrypt("household", home.key, "phone", home.phone_cipher)),
            address=home.address,
            investigator=home.investigator,
            walking_order=home.walking_order,
            year_registered=home.year_registered,
            year_out=home.year_out,
            poverty_status=home.poverty_status,
            poverty_cause=home.poverty_cause,
            low_income_allowance=home.low_income_allowance,
            key_reason=home.key_reason,
            facts=home.facts,
            extracts=extracts.get(home.code, {}),
        )
