"""Scenarios: the list with how each went, one with its steps, its expectations and the first difference on the diagram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock, exact_json
from app.auth import access, actor, database
from app.border import number_or
from app.engine import bpmn, definitions
from app.engine.errors import NotFound
from app.modeler.blueprint import blueprint
from app.modeler.trial import beginning, observing, recorded, sandbox, scenarios, sentences, store, stubs, view
from app.modeler.trial.models import Scenario
from app.modeler.trial.steps import Play, StepRefused


@blueprint.get("/scenarios")
@access("admin")
def scenarios_list() -> str:
    """Every scenario with its newest run, the failed ones first."""
    with database().reading() as session:
        rows = store.listed(session)
        names = {row.process_id: (found.name if (found := beginning.newest(session, row.process_id)) else "") for row, _run in rows}
    rows.sort(key=lambda pair: (pair[0].state != "ACTIVE", pair[1] is None or pair[1].ok))
    return render_template("modeler/scenarios.html", rows=rows, names=names)


@blueprint.post("/scenarios/run")
@access("admin")
def scenarios_run() -> Response:
    """Run all of them on what is deployed."""
    by = actor()
    with database().reading() as session:
        found, base = scenarios.active(session), sandbox.deployed(session)
    results = scenarios.run(found, base, {})
    database().in_transaction(lambda session: store.note_runs(session, results, by))
    bad = sum(not result.ok for result in results)
    if bad:
        flash(_("跑了 %(all)s 个场景，%(bad)s 个与预期不同。", all=len(results), bad=bad), "error")
    else:
        flash(_("跑了 %(all)s 个场景，全部符合预期。", all=len(results)), "success")
    _warn(results)
    return redirect(url_for("modeler.scenarios_list"), 303)


@blueprint.get("/scenarios/<int:key>")
@access("admin")
def scenario(key: int) -> str:
    """Its steps with what is expected after each, its runs, and the newest difference on the diagram."""
    with database().reading() as session:
        found = store.scenario(session, key)
        runs = store.runs_of(session, key)
        newest = beginning.newest(session, found.process_id)
        try:
            play = Play.of(found.play)
        except StepRefused as refused:  # an older version kept it: it can be deleted here
            flash(_("无法读取：%(why)s", why=sentences.refused(refused)), "error")
            play = Play(found.process_id, clock.now())
        names = view.names_of(_processes(session, play))
        file = definitions.newest_file(session, "process", found.process_id)
    steps = [(number, sentences.step(step, names), step.get("expect", {})) for number, step in enumerate(play.steps, start=1)]
    marks = (runs[0].result.get("marks") if runs else None) or _expected(play)
    return render_template(
        "modeler/scenario.html",
        scenario=found,
        play=play,
        steps=steps,
        runs=runs,
        process_name=newest.name if newest else found.process_id,
        boot={
            "xml": file.content.decode("utf-8", "replace") if file else "",
            "activities": {element: {"state": state, "times": 1} for element, state in marks.items()},
        },
        spoken=lambda element: _spoken(element, found.process_id, names),
        source=exact_json.dumps(found.play, indent=True).decode(),
        kinds=observing.EXPECTATIONS,
    )


def _processes(session: Session, play: Play) -> dict[int, bpmn.Process]:
    """What is deployed of the processes that the steps and expectations name."""
    named = {play.process}
    for step in play.steps:
        named.add(step.get("process", ""))
        named.update(element.partition("/")[0] for element in step.get("expect", {}).get("open", []) if "/" in element)
    newest = [beginning.newest(session, each) for each in sorted(named) if each]
    return {each.key: definitions.drawn(session, each.key) for each in newest if each is not None}


def _spoken(element: str, own: str, names: Mapping[tuple[str, str], str]) -> str:
    """What people call an element; one of another process with that process before it."""
    process, slash, at = element.rpartition("/")
    if at == stubs.ELEMENT and slash:
        return str(_("替身：%(process)s", process=process))
    name = names.get((process or own, at), at)
    return f"{process}/{name}" if slash else name


def _expected(play: Play) -> dict[str, str]:
    """Where the steps are expected to lead, for the diagram."""
    marks = {element: "done" for step in play.steps for element in step.get("expect", {}).get("path", []) if "/" not in element}
    last = play.steps[-1].get("expect", {}).get("open", []) if play.steps else []
    return {**marks, **{element: "here" for element in last if "/" not in element}}


@blueprint.post("/scenarios/<int:key>/run")
@access("admin")
def scenario_run(key: int) -> Response:
    """Run one on what is deployed."""
    by = actor()
    with database().reading() as session:
        found, base = store.scenario(session, key), sandbox.deployed(session)
    result = scenarios.run_one(found, base, {})
    database().in_transaction(lambda session: store.note_runs(session, [result], by))
    flash(
        _("符合预期。") if result.ok else _("第 %(step)s 步与预期不同：%(what)s", step=result.step, what=result.difference),
        "success" if result.ok else "error",
    )
    _warn([result])
    return redirect(url_for("modeler.scenario", key=key), 303)


def _warn(results: Sequence[scenarios.ScenarioResult]) -> None:
    """What they came to that nobody could do today."""
    found = scenarios.warnings(result.as_json() for result in results)
    if found:
        more = _("等 %(count)s 项", count=len(found)) if len(found) > _SAID else ""
        flash("；".join(text.rstrip("。") for text in found[:_SAID]) + more + "。", "warning")


#: warnings that are said after a run
_SAID = 5


@blueprint.post("/scenarios/<int:key>")
@access("admin")
def scenario_change(key: int) -> Response:
    """Another name, ticked expectations, or the JSON as edited."""
    form, by = request.form, actor()

    def work(session: Session) -> None:
        found = store.scenario(session, key)
        store.change(session, found, form.get("name", found.name), _edited(found), by)

    try:
        database().in_transaction(work)
    except ValueError as error:
        flash(_("没有保存：不是正确的 JSON（%(why)s）。", why=error), "error")
    except StepRefused as error:
        flash(sentences.refused(error), "error")
    else:
        flash(_("已保存。"), "success")
    return redirect(url_for("modeler.scenario", key=key), 303)


def _edited(found: Scenario) -> Play:
    """The steps from the JSON view, or with only those expectations that are ticked."""
    form = request.form
    if form.get("source"):
        return Play.of(exact_json.loads(form["source"]))
    play = Play.of(found.play)
    if form.get("ticked"):
        for number, step in enumerate(play.steps, start=1):
            expect = step.get("expect", {})
            step["expect"] = {name: value for name, value in expect.items() if f"{number}.{name}" in form.getlist("expect")}
    return play


@blueprint.post("/scenarios/<int:key>/expectations")
@access("admin")
def scenario_observe(key: int) -> Response:
    """Take what comes of it today as what is expected: after a change that was meant."""
    by = actor()
    with database().reading() as session:
        found, base = store.scenario(session, key), sandbox.deployed(session)
    try:
        play = scenarios.observed(Play.of(found.play), base)
    except StepRefused as error:
        flash(sentences.refused(error), "error")
        return redirect(url_for("modeler.scenario", key=key), 303)
    database().in_transaction(lambda session: store.change(session, store.scenario(session, key), found.name, play, by))
    flash(_("已按现在的结果更新预期。"), "success")
    return redirect(url_for("modeler.scenario", key=key), 303)


@blueprint.post("/scenarios/<int:key>/state")
@access("admin")
def scenario_state(key: int) -> Response:
    """Disable, enable or delete; the first and the last with a reason."""
    state, reason, by = request.form.get("state", ""), request.form.get("reason", "").strip(), actor()
    if state not in ("ACTIVE", "DISABLED", "DELETED"):
        abort(400)
    if state != "ACTIVE" and not reason:
        flash(_("请写明原因。"), "error")
        return redirect(url_for("modeler.scenario", key=key), 303)
    database().in_transaction(lambda session: store.set_state(session, store.scenario(session, key), state, reason, by))
    said: dict[str, Any] = {"ACTIVE": _("已启用。"), "DISABLED": _("已停用，发布前不再跑它。"), "DELETED": _("已删除。")}
    flash(said[state], "success")
    return redirect(url_for("modeler.scenarios_list") if state == "DELETED" else url_for("modeler.scenario", key=key), 303)


@blueprint.post("/scenarios/from-instance")
@access("admin")
def scenario_record() -> Response:
    """Make a scenario of a real instance that has ended; personal data are replaced."""
    number, by = request.form.get("instance", "").strip(), actor()
    try:
        with database().reading() as session:
            found = recorded.record(session, number_or(number))
    except NotFound:
        flash(_("没有编号为 %(key)s 的已结束流程实例。", key=number), "error")
        return redirect(url_for("modeler.scenarios_list"), 303)
    name = request.form.get("name", "").strip() or found.name
    made = database().in_transaction(lambda session: store.keep(session, name, found.play, by, instance_key=int(number)))
    if found.differs:
        flash(_("已生成场景，但重放与实际经过不同，请核对变量：%(what)s", what=found.differs), "warning")
    else:
        flash(_("已生成场景，重放与实际经过一致；人名、户号等已替换成样例。"), "success")
    return redirect(url_for("modeler.scenario", key=made.key), 303)
