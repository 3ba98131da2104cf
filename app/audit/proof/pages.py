"""The state of the seals, verification, and what an auditor takes away: the anchor file, a record's proof, the script that checks it."""

from __future__ import annotations

from pathlib import Path

import orjson
from flask import Response as Answer
from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.audit.blueprint import blueprint
from app.audit.proof import picture, queries
from app.auth import access, actor, database, identity
from app.auth.language import locale
from app.border import number_or, whole_number
from app.engine import events
from app.engine.chain_models import Seal, Verification
from app.engine.errors import Conflict
from app.engine.proof import anchors, coverage, inclusion, mail_seals, verdict, verification_runs, verify_records, write_seals

#: seals, and verifications, on one page
SEALS, VERIFICATIONS = 20, 5
SCRIPT = Path(__file__).resolve().parent.parent / "verify_proof.py"


@blueprint.get("/proof")
@access("auditor", "security_admin")
def proof() -> str:
    """*Is it true?* How much is sealed, what was verified, and the way to verify it now."""
    before = request.args.get("after", type=whole_number)
    with database().reading() as session:
        rows = queries.seals(session, before, SEALS + 1)
        return render_template(
            "audit/proof/proof.html",
            state=queries.state(session),
            seals=rows[:SEALS],
            older=rows[SEALS - 1].number if len(rows) > SEALS else "",
            verifications=queries.verifications(session, VERIFICATIONS),
            can_seal=write_seals.public_key() is not None,
            mail=queries.mail(session),
            may_send=identity().has("auditor"),
            left_out=coverage.words(locale()),
        )


@blueprint.post("/seals")
@access("auditor", "security_admin")
def seal() -> Response:
    """Seal everything that grew, now."""
    by = actor()
    made = write_seals.run(database(), everything=True)
    if made is None:
        flash(_("没有新的记录，不需要封印。"), "info")
    else:
        detail = {"number": made.number, "hash": made.hash}
        database().in_transaction(lambda session: events.record(session, "records.sealed", by, detail=detail))
        flash(_("第 %(number)s 号封印已完成，并已写入锚定文件。", number=made.number), "success")
    return redirect(url_for("audit.proof"), 303)


@blueprint.get("/seals/<int(max=2147483647):number>", endpoint="seal_page")
@access("auditor", "security_admin")
def seal_page(number: int) -> str:
    """One seal on a sheet to print and keep: in words, and its line of the anchor file as a code to read with a phone."""
    g.nav_entry = "audit.proof"
    with database().reading() as session:
        row = session.get(Seal, number)
        if row is None:
            abort(404)
        line = orjson.dumps(anchors.as_json(row)).decode()
        return render_template("audit/proof/seal.html", row=row, code=picture.code(line))


@blueprint.post("/seals/mail")
@access("auditor")
def seal_mail() -> Response:
    """Send the newest seal by mail now, and record who wanted it."""
    by = actor()

    def work(session: Session) -> int:
        last = write_seals.newest(session)
        if last is None or mail_seals.missing():
            return 0
        events.record(session, "seal.mail_requested", by, subject=mail_seals.SUBJECT, detail={"number": last.number, "hash": last.hash})
        mail_seals.ask(session, mail_seals.ASKED)
        return last.number

    number = database().in_transaction(work)
    if number:
        flash(_("第 %(number)s 号封印正在寄出，结果显示在本页。", number=number), "success")
    else:
        flash(_("还不能寄出：没有封印，或者邮件没有设置好。"), "warning")
    return redirect(url_for("audit.proof"), 303)


@blueprint.post("/verifications")
@access("auditor", "security_admin")
def verification_begin() -> Response:
    """Begin a verification; people may leave it."""
    by = actor()
    try:
        key = database().in_transaction(lambda session: verification_runs.begin(session, by).key)
    except Conflict as conflict:
        flash(conflict.text(locale()), "warning")
        return redirect(url_for("audit.proof"), 303)
    return redirect(url_for("audit.verification", key=key), 303)


@blueprint.get("/verifications/<int:key>", endpoint="verification")
@access("auditor", "security_admin")
def verification_page(key: int) -> str:
    """How far it is, and what it found."""
    g.nav_entry = "audit.proof"
    with database().reading() as session:
        row = session.get(Verification, key)
        if row is None:
            abort(404)
        part = "audit/proof/running.html" if request.headers.get("HX-Request") else "audit/proof/verification.html"
        found = queries.told(session, verification_runs.findings_of(row), locale())
        limits = [limit.text(locale()) for limit in verification_runs.limits_of(row)]
        said = verdict.sentence(row.seal, row.state == "SOUND", locale())
        return render_template(part, row=row, findings=found, limits=limits, verdict=said, may_read=identity().has("auditor"))


@blueprint.post("/proof/anchor")
@access("auditor", "security_admin")
def anchor() -> Answer:
    """All signed seals as a file to keep elsewhere. That it was taken is recorded."""
    by = actor()

    def take(session: Session) -> bytes:
        lines = [orjson.dumps(anchors.as_json(row)) for row in reversed(queries.seals(session, None, 1_000_000))]
        events.record(session, "anchor.exported", by, detail={"seals": len(lines)})
        return b"\n".join([*lines, b""])

    content = database().in_transaction(take)
    return Answer(content, mimetype="application/x-ndjson", headers={"Content-Disposition": f"attachment; filename={anchors.NAME}"})


@blueprint.post("/proof/records")
@access("auditor")
def record_proof() -> Answer | Response:
    """The proof of one record as a file. That it was taken is recorded, since it holds the record's free texts."""
    key, by = number_or(request.form.get("key", "").strip()), actor()
    with verify_records.snapshot(database().engine) as connection:
        found = inclusion.proof(connection, key)
    if found is None:
        flash(_("没有这条记录，或者它还没有被封印。请核对编号；新的记录请先封印。"), "warning")
        return redirect(url_for("audit.proof"), 303)
    database().in_transaction(lambda session: events.record(session, "record.proved", by, detail={"record": str(key)}))
    headers = {"Content-Disposition": f"attachment; filename=proof-{key}.json"}
    return Answer(orjson.dumps(found, option=orjson.OPT_INDENT_2), mimetype="application/json", headers=headers)


@blueprint.get("/proof/verify_proof.py")
@access("auditor", "security_admin")
def script() -> Answer:
    """The script that checks a proof without this system."""
    return Answer(SCRIPT.read_bytes(), mimetype="text/plain", headers={"Content-Disposition": "attachment; filename=verify_proof.py"})
