"""The player: try a draft step by step. Every step is kept and everything is played again, so any worker can go on with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock, exact_json
from app.auth import access, actor, database, identity
from app.auth.language import locale
from app.border import number_or, whole_number
from app.engine.errors import NotFound, Refused
from app.modeler.blueprint import blueprint
from app.modeler.drafts import store as drafts
from app.modeler.trial import beginning, filling, observing, playing, recorded, sandbox, sentences, store, view
from app.modeler.trial.models import Trial
from app.modeler.trial.sandbox import Deployed
from app.modeler.trial.steps import MOST_STEPS, Play, StepRefused, checked

#: characters of a step that is sent
MOST_SENT = 300_000


@blueprint.get("/drafts/<int:key>/trial")
@access("admin")
def trial(key: int) -> str:
    """The player; before the first step, or with ``?new``, how to begin."""
    with database().reading() as session:
        draft = drafts.find(session, key)
        found = store.trial_of(session, identity().username, key)
        base = sandbox.deployed(session)
        if found is None or "new" in request.args:
            return _beginning(session, draft, base, found)
        files = beginning.files(session, draft, found.beside)
        play = Play.of(found.play)
    shown = request.args.get("instance", "0")
    try:
        with playing.played(base, files, play) as went, went.sandbox.db.reading() as inside:
            seen = view.gather(inside, went, locale(), number_or(shown))
            refused = went.refused
    except Refused as error:
        with database().reading() as session:
            wrong = beginning.problems(session, error, locale())
        return render_template("modeler/trial_refused.html", draft=draft, problems=wrong)
    stopped = (len(seen.done) + 1, sentences.refused(refused)) if refused else None
    return render_template("modeler/trial.html", draft=draft, trial=found, play=play, view=seen, files=sorted(files), stopped=stopped)


def _beginning(session: Session, draft: Any, base: Deployed, found: Trial | None) -> str:
    beside = request.args.getlist("beside", type=whole_number)
    contents = beginning.files(session, draft, beside)
    choice = beginning.choice(session, draft, contents, base, request.args.get("process", ""))
    instance, source = number_or(request.args.get("instance", "").strip()), ""
    if instance:
        try:
            choice.variables = recorded.start_variables(session, instance)
            source = str(instance)
        except NotFound:
            flash(_("没有编号为 %(key)s 的流程实例。", key=instance), "error")
    return render_template(
        "modeler/trial_new.html",
        draft=draft,
        trial=found,
        choice=choice,
        beside=beside,
        variables=view.pretty(choice.variables),
        source=source,
    )


@blueprint.post("/drafts/<int:key>/trial")
@access("admin")
def trial_begin(key: int) -> Response:
    """Begin anew: the process, the moment, what stands in for called processes, start variables."""
    form = request.form
    again = url_for("modeler.trial", key=key, new=1, process=form.get("process", ""))
    step: dict[str, Any] = {"do": "start", "process": form.get("process", ""), "at": form.get("at", "")}
    try:
        step["variables"] = _variables(form.get("variables", "{}"))
        begin = datetime.fromisoformat(form.get("begin", "")).replace(tzinfo=clock.CAMPAIGN_ZONE)
        play = Play.of(Play(step["process"], begin, form.getlist("stub"), [step]).as_json())
    except ValueError as error:
        flash(_("没有开始：%(why)s", why=error), "error")
        return redirect(again, 303)
    beside = form.getlist("beside", type=whole_number)
    with database().reading() as session:
        draft = drafts.find(session, key)
        base, files = sandbox.deployed(session), beginning.files(session, draft, beside)
    try:
        with playing.played(base, files, play) as went:
            refused = went.refused
    except Refused:
        refused = None  # kept: the page says what is wrong, and the trial goes on when the draft is mended
    if refused is not None:
        flash(sentences.refused(refused), "error")
        return redirect(again, 303)
    who = identity().username
    database().in_transaction(lambda session: store.begin_trial(session, who, key, play, beside))
    return redirect(url_for("modeler.trial", key=key), 303)


def _variables(text: str) -> dict[str, Any]:
    """A JSON object. ``ValueError`` in the reader's words."""
    try:
        given = exact_json.loads(text.strip() or "{}")
    except ValueError as error:
        raise ValueError(_("变量不是正确的 JSON：%(why)s", why=error)) from error
    if not isinstance(given, dict):
        raise ValueError(_('变量要写成一个 JSON 对象：{"名称": 值}'))
    return given


@blueprint.post("/drafts/<int:key>/trial/steps")
@access("admin")
def trial_step(key: int) -> Response | tuple[Response, int]:
    """One step more: JSON from the form's script, or a page's form. A step that cannot be carried out is not kept."""
    if (request.content_length or 0) > MOST_SENT:
        abort(413)
    sent: Mapping[str, Any] = request.get_json() if request.is_json else request.form
    back = url_for("modeler.trial", key=key, instance=request.args.get("instance"))
    try:
        step = _step(sent)
    except (StepRefused, ValueError) as error:
        return _refused(sentences.refused(error) if isinstance(error, StepRefused) else str(error), back)
    with database().reading() as session:
        found = _mine(session, key)
        base, files = sandbox.deployed(session), beginning.files(session, drafts.find(session, key), found.beside)
    play = Play.of(found.play)
    if str(sent.get("count", "")) != str(len(play.steps)):
        return _refused(_("这个试运行在别的窗口里已经走到第 %(count)s 步，页面已更新。", count=len(play.steps)), back)
    if len(play.steps) >= MOST_STEPS:
        return _refused(sentences.refused(StepRefused("too_many_steps", most=MOST_STEPS)), back)
    play.steps.append(step)
    try:
        with playing.played(base, files, play) as went:
            refused = went.refused
    except Refused as error:
        return _refused(sentences.not_deployable(error), back)
    if refused is not None:
        outcome = refused.params.get("outcome")
        if request.is_json and outcome is not None:
            return jsonify(outcome.as_json()), 422
        return _refused(sentences.refused(refused), back)
    _keep(key, play, len(play.steps) - 1)
    return jsonify(redirect=back) if request.is_json else redirect(back, 303)


def _step(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The step as it was sent: JSON as it is, a page's form with its variables as JSON text."""
    names = ("do", "process", "at", "name", "key", "to", "error", "failure")
    step: dict[str, Any] = {name: str(sent[name]) for name in names if sent.get(name)}
    if str(sent.get("nth", "1")) not in ("", "1"):
        step["nth"] = int(sent["nth"])
    given = sent.get("variables")
    if given:
        step["variables"] = _variables(given) if isinstance(given, str) else given
    if isinstance(sent.get("form"), dict):
        step["form"] = sent["form"]
    if step.get("do") == "clock" and sent.get("moment"):
        step["to"] = datetime.fromisoformat(str(sent["moment"])).replace(tzinfo=clock.CAMPAIGN_ZONE).isoformat()
    return checked(step)


def _refused(text: str, back: str) -> Response | tuple[Response, int]:
    if request.is_json:
        return jsonify(title=text, status=422), 422
    flash(text, "error")
    return redirect(back, 303)


def _mine(session: Session, draft_key: int) -> Trial:
    """The caller's own trial of this draft; 404 when there is none."""
    drafts.find(session, draft_key)
    found = store.trial_of(session, identity().username, draft_key)
    if found is None:
        abort(404)
    return found


def _keep(draft_key: int, play: Play, seen: int) -> None:
    """Keep the steps, unless another window has gone on from *seen* steps meanwhile: then nothing changes."""

    def work(session: Session) -> None:
        found = _mine(session, draft_key)
        if len(found.play["steps"]) == seen:
            store.keep_steps(session, found, play)

    database().in_transaction(work)


@blueprint.post("/drafts/<int:key>/trial/back")
@access("admin")
def trial_back(key: int) -> Response:
    """Back to before step ``to`` (default: the last one): the steps from there on are forgotten."""
    with database().reading() as session:
        play = Play.of(_mine(session, key).play)
    count, to = len(play.steps), request.form.get("to", "")
    keep = min(number_or(to, count) - 1, count)
    play.steps = play.steps[: max(keep, 1)]
    _keep(key, play, count)
    return redirect(url_for("modeler.trial", key=key), 303)


@blueprint.get("/drafts/<int:key>/trial/form")
@access("admin")
def trial_form(key: int) -> Response | tuple[Response, int]:
    """The form of a waiting task, for the real renderer, as JSON."""
    args = request.args
    with database().reading() as session:
        found = _mine(session, key)
        base, files = sandbox.deployed(session), beginning.files(session, drafts.find(session, key), found.beside)
    nth = args.get("nth", "1")
    try:
        with playing.played(base, files, Play.of(found.play)) as went, went.sandbox.db.reading() as inside:
            task = view.task_at(inside, args.get("process", ""), args.get("at", ""), number_or(nth, 1))
            payload = filling.payload(inside, task, locale(), sample="sample" in args) if task else None
    except (Refused, StepRefused):
        payload = None
    if payload is None:
        return jsonify(title=_("这项任务已经不在等待，请刷新页面。"), status=422), 422
    return jsonify(payload)


@blueprint.post("/drafts/<int:key>/trial/scenario")
@access("admin")
def trial_keep(key: int) -> Response:
    """Keep the trial as a scenario: what was seen after each step is what is expected from now on."""
    name, by = request.form.get("name", "").strip(), actor()
    with database().reading() as session:
        found = _mine(session, key)
        base, files = sandbox.deployed(session), beginning.files(session, drafts.find(session, key), found.beside)
    play = Play.of(found.play)
    try:
        with playing.played(base, files, play) as went, went.sandbox.db.reading() as inside:
            play.steps = [{**done.step, "expect": observing.expectation(inside, done.seen)} for done in went.done]
    except Refused as error:
        flash(sentences.not_deployable(error), "error")
        return redirect(url_for("modeler.trial", key=key), 303)
    made = database().in_transaction(lambda session: store.keep(session, name, play, by))
    flash(_("已保存为场景“%(name)s”，以后每次发布前都会再跑一遍。", name=made.name), "success")
    return redirect(url_for("modeler.scenario", key=made.key), 303)
