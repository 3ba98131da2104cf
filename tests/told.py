"""Whoever changes the state writes a record: what each way of changing it tells, and a watch that holds it in every test of pages.

``ROUTES`` names for each address that is not for reading the kinds of records of which one is written when it succeeds, or why it writes
none. ``watch`` looks at every transaction of a request: one that writes a table other than ``QUIET`` and leaves no record fails, in
whichever test it happens. ``tests/audit/test_completeness.py`` holds the tables against the product.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, has_request_context, request
from sqlalchemy import Connection, event

from app.db import Database
from app.engine.models import Event

#: Tables that are no state of the campaign, with the reason why writing them is not told.
QUIET = {
    "login_session": "when a session was last used; its beginning and end are told",
    "login_failure": "the count of failures; each failure and each lock is told by a record of its own",
    "draft": "typed and not handed in: seen by nobody else, encrypted, gone with the completion; handing it on is told with the task",
    "import_run": "how far an import is; that a file came, and what was taken from it, is told",
    "notification": "which notices somebody has read",
    "virtual_clock": "the demonstration's clock while it stands at each timer; moving it is told",
    "installation": "what the database belongs to, noted at its first start",
    "model_draft_presence": "who has a drawing open",
    "model_draft_version": "saves of a drawing: each is kept as a version with name and time, none of them is in force",
    "model_draft": "as above; that a drawing was begun, taken over, discarded is told",
    "trial": "a trial runs in a throw-away database",
    "scenario_run": "what a scenario said when it was played: kept with name and time; scenarios and releases are told",
    "operation_item": "progress of a batch; the batch and each act in it are told",
    "operation_batch": "as above",
    "idempotency": "the answer to a request that may come twice",
    "job": "leases and retries of due work; what a job does is told",
    "verification": "progress; begin and end are told",
    "seal": "made before something is handed out, too; it stands in the anchor file, and what is handed out is told",
    "sealed_head": "as above",
    "record_index": "the index of the records themselves",
    "record_span": "as above",
    "record_words": "as above",
}

#: Tables that a request may write in a transaction before the one that tells: a one-time code counts as used, then follows the sign-in.
BEFORE = {
    "auth.code": {"account"},
    **dict.fromkeys(("auth.two_factor", "auth.remove_two_factor", "auth.recovery_codes"), {"account"}),
}

READS = "only reads; POST because the question is long"
OWN = "a preference of one's own screen"
DRAWS = "drafts and trials: nothing of it is in force before a release, and each save is kept as a version with name and time"

TASK = {"task.completed"}
ROLE = {"role.assigned", "role.withdrawn"}
#: endpoint → kinds of records of which one is written when it succeeds, or why none is
ROUTES: dict[str, set[str] | str] = {
    "account.acting": "for whom one acts from now on: each act tells it itself (on behalf of)",
    "account.announce_absence": {"substitution.made"},
    "account.campaign": OWN,
    "account.end_absence": {"substitution.ended"},
    "account.make_token": {"account.token_made", "account.sign_in_failed"},
    "account.revoke_session": {"account.signed_out", "account.session_revoked"},
    "account.revoke_token": {"account.token_revoked"},
    "accounts.assign": ROLE,
    "activations.hand_out": {"account.activation_code_handed_out"},
    "accounts.end_absence": {"substitution.ended"},
    "accounts.new": {"account.created"},
    "accounts.reset_password": {"account.password_changed", "account.second_factor_removed"},
    "accounts.revoke_token": {"account.token_revoked"},
    "accounts.revoke_session": {"account.session_revoked", "account.signed_out"},
    "accounts.state": {"account.opened", "account.closed"},
    "accounts.unlock": {"account.unlocked"},
    "accounts.withdraw": ROLE,
    "api.assign_user_task": {"task.claimed", "task.handed_over"},
    "api.broadcast_signal": {"signal.sent"},
    "api.cancel_process_instance": {"instance.terminated"},
    "api.complete_user_task": TASK,
    "api.create_deployment": {"deployment.made"},
    "api.create_process_instance": {"instance.started"},
    "api.evaluate_decision": READS,
    "api.evaluate_expression": READS,
    "api.pin_clock": {"clock.advanced"},
    "api.publish_message": {"message.published"},
    "api.resolve_incident": {"incident.resolved"},
    "api.resume_process_instance": {"instance.resumed"},
    **{
        f"api.search_{what}": READS
        for what in (
            "decision_definitions",
            "element_instances",
            "incidents",
            "jobs",
            "process_definitions",
            "process_instances",
            "user_task_effective_variables",
            "user_task_variables",
            "user_tasks",
            "variables",
        )
    },
    "api.set_variables": {"variables.changed"},
    "api.suspend_process_instance": {"instance.suspended"},
    "api.unassign_user_task": {"task.released"},
    "audit.anchor": {"anchor.exported"},
    "audit.erasure_ask": {"erasure.requested"},
    "audit.erasure_decide": {"erasure.confirmed", "erasure.rejected"},
    "audit.export": {"export.requested", "export.made"},
    "audit.export_decide": {"export.confirmed", "export.rejected"},
    "audit.export_file": {"export.made"},
    "audit.record_proof": {"record.proved"},
    "audit.retention_set": {"retention.set"},
    "audit.seal": {"records.sealed"},
    "audit.seal_mail": {"seal.mail_requested"},
    "audit.verification_begin": {"verification.started"},
    "auth.code": {"account.signed_in", "account.sign_in_failed"},
    "auth.enter": {"account.signed_in", "account.sign_in_failed"},
    "auth.language": OWN,
    "auth.logout": {"account.signed_out"},
    "auth.password": {"account.password_changed"},
    "auth.recovery_codes": {"account.recovery_codes_made", "account.sign_in_failed"},
    "auth.remove_two_factor": {"account.second_factor_removed", "account.sign_in_failed"},
    "auth.two_factor": {"account.second_factor_set", "account.sign_in_failed"},
    "campaign.campaign_take_dates": {"campaign.dates"},
    "campaign.campaign_dates": {"campaign.dates", "campaign.deadline"},
    "campaign.campaign_holidays": {"campaign.holidays"},
    "campaign.campaign_new": {"campaign.created"},
    "campaign.campaign_role_change": ROLE,
    "campaign.campaign_settings": {"campaign.settings"},
    "campaign.campaign_start": {"campaign.started"},
    "campaign.document_template_upload": {"template.changed"},
    "campaign.document_template_withdraw": {"template.withdrawn"},
    "campaign.group_save": {"campaign.group"},
    "campaign.household_clear": {"households.cleared"},
    "campaign.import_result": {"import.passwords_taken", "import.marked_taken"},
    "campaign.household_export": {"households.exported"},
    "campaign.household_import": {"households.uploaded"},
    "campaign.make_document": {"document.made"},
    "campaign.messages_read": OWN,
    "campaign.place_remove": {"campaign.place_removed"},
    "campaign.staff_import": {"staff.uploaded"},
    "campaign.staff_save": {"staff.saved"},
    "campaign.staff_withdraw": ROLE,
    "campaign.village_save": {"campaign.village"},
    "demo.move_clock": {"clock.advanced"},
    "demo.switch": {"account.signed_in"},
    "inbox.start_process": {"instance.started"},
    "inbox.attachment_copy": {"attachment.taken"},
    "inbox.attach": {"attachment.added"},
    "inbox.claim": {"task.claimed"},
    "inbox.comment": {"comment.made"},
    "inbox.complete": TASK,
    "inbox.complete_bulk": TASK,
    "inbox.hand_over": {"task.handed_over"},
    "inbox.release": {"task.released"},
    "inbox.remove_attachment": {"attachment.removed"},
    "inbox.reply": {"comment.answered"},
    "inbox.save_draft": QUIET["draft"],
    "inbox.withdraw_comment": {"comment.withdrawn"},
    "modeler.deployment_again": {"release.requested"},
    "modeler.draft_check": READS,
    "modeler.draft_discard": {"draft.discarded"},
    "modeler.draft_import": {"draft.created"},
    "modeler.draft_new": {"draft.created"},
    "modeler.draft_presence": QUIET["model_draft_presence"],
    "modeler.draft_restore": DRAWS,
    "modeler.draft_save": DRAWS,
    "modeler.release_ask": {"release.requested"},
    "modeler.release_deploy": {"deployment.made", "release.tried"},
    "modeler.release_reject": {"release.rejected"},
    "modeler.release_try": {"release.tried"},
    "modeler.release_withdraw": {"release.withdrawn"},
    "modeler.scenario_change": {"scenario.changed"},
    "modeler.scenario_observe": {"scenario.changed"},
    "modeler.scenario_record": {"scenario.created"},
    "modeler.scenario_run": QUIET["scenario_run"],
    "modeler.scenario_state": {"scenario.active", "scenario.disabled", "scenario.deleted"},
    "modeler.scenarios_run": QUIET["scenario_run"],
    "modeler.trial_back": DRAWS,
    "modeler.trial_begin": DRAWS,
    "modeler.trial_keep": {"scenario.created"},
    "modeler.trial_step": DRAWS,
    "operations.start": {"instance.started"},
    "operations.batch_take_back": {"batch.started"},
    "operations.incident_retry": {"incident.resolved"},
    "operations.incidents_retry": {"batch.started"},
    "operations.instance_act": {"instance.suspended", "instance.resumed", "instance.terminated"},
    "operations.instance_move": {"instance.moved"},
    "operations.instance_take_back": {"instance.migration_taken_back"},
    "operations.instance_timer": {"timer.pulled"},
    "operations.instance_variable": {"variables.changed"},
    "operations.instances_act": {"batch.started"},
    "operations.migration_begin": {"batch.started"},
    "personal.unmask": {"personal.unmasked"},
}

_WRITES = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)
_here = threading.local()


@event.listens_for(Event, "after_insert")
def _note_kind(_mapper: Any, connection: Connection, target: Event) -> None:
    connection.info.setdefault("told", set()).add(target.kind)


def _watching(database: Database) -> None:
    """Listen to the engine, once."""
    engine: Any = database.engine
    if getattr(engine, "told", False):
        return
    engine.told = True

    @event.listens_for(engine, "before_cursor_execute")
    def note(connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        if found := _WRITES.match(statement):
            connection.info.setdefault("written", set()).add(found.group(1).lower())

    @event.listens_for(engine, "commit")
    def look(connection: Connection) -> None:
        written, told = connection.info.pop("written", set()), connection.info.pop("told", set())
        checked: Any = getattr(_here, "checked", None)
        if checked is not None or (has_request_context() and request.method in ("POST", "PUT", "PATCH", "DELETE")):
            _check(written, told, request.endpoint if checked is None else None)

    @event.listens_for(engine, "rollback")
    def forget(connection: Connection) -> None:
        connection.info.pop("written", None)
        connection.info.pop("told", None)


#: What the engine writes of itself beside a change that nobody told of: no answer to who did what.
BESIDE = {"rows.written"}


def _check(written: set[str], told: set[str], endpoint: str | None) -> None:
    told = told - BESIDE
    silent = written - set(QUIET) - {"event", "chain"} - BEFORE.get(endpoint or "", set())
    reason = ROUTES.get(endpoint or "")
    assert told or not silent or isinstance(reason, str), f"{endpoint}: {sorted(silent)} written, and nobody is told"
    if has_request_context():
        request.environ.setdefault("daopai.told", set()).update(told)
        request.environ.setdefault("daopai.written", set()).update(silent)


def watch(app: Flask, database: Database) -> None:
    """Let each request that changes something answer for its records."""
    _watching(database)

    @app.after_request
    def answer_for(response: Response) -> Response:
        wanted, told = ROUTES.get(request.endpoint or ""), request.environ.get("daopai.told", set())
        if isinstance(wanted, set) and response.status_code < 400 and request.environ.get("daopai.written"):
            assert told & wanted, f"{request.endpoint} tells of {sorted(told)}, not of {sorted(wanted)}"
        return response


@contextmanager
def watched(database: Database) -> Iterator[None]:
    """Every transaction of the block must tell what it does: for jobs, commands and verbs outside of requests."""
    _watching(database)
    _here.checked = True
    try:
        yield
    finally:
        _here.checked = None
