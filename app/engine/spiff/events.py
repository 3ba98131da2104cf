"""Waiting for events, and what happens when they come: boundary events, event subprocesses, errors, escalations, the end of scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from app.engine import bpmn
from app.engine import step as steps
from app.engine.errors import StepFailed
from app.engine.spiff import repeating
from app.engine.spiff.bounded import bounded
from app.engine.spiff.tree import ROOT, Token
from app.engine.step import Variables

if TYPE_CHECKING:
    from app.engine.spiff.run import Run


class Events:
    """The waits of one instance. A wait is a token in state WAITING with one of the notes ``host``, ``gateway`` or ``starts``."""

    def __init__(self, run: Run) -> None:
        self.run = run

    # --- arming -------------------------------------------------------------------------------------------------------

    def arm(self, element: bpmn.Element, scope: int, *, sees: int, notes: dict[str, Any]) -> None:
        """Wait for the event of *element* with a token of its own, which does not count as work of its scope."""
        token = self.run.put(element.id, scope, TaskState.WAITING)
        token.notes = dict(notes)
        self.subscribe(token, element, sees)

    def subscribe(self, token: Token, element: bpmn.Element, sees: int) -> None:
        """Ask for the timer, message or signal that *token* waits for."""
        event = element.event
        if event is None:
            raise StepFailed("an event without a definition cannot be waited for", element_id=element.id, kind="unsupported")
        run = self.run
        if event.kind == "timer":
            run.step.timers.append(repeating.arm(run, token, element, sees))
            return
        name, key = run.evaluate([event.name, event.correlation_key], sees, element.id)
        if event.kind == "message" and key is None and event.correlation_key is not None:
            raise StepFailed(
                f"the correlation key “{event.correlation_key}” of message “{name}” has no value", element_id=element.id, kind="expression"
            )
        name, key = bounded(name, f"name of the {event.kind}", element), bounded(key, "correlation key", element)
        run.step.subscriptions.append(steps.Subscription(token.id, element.id, event.kind, name, key, element.interrupting))

    def arm_boundaries(self, token: Token) -> None:
        """Wait for the timers, messages and signals on the border of the activity that *token* has entered."""
        for element in self.run.process.elements.values():
            if element.attached_to == token.task_spec.name and element.event and element.event.kind in {"timer", "message", "signal"}:
                self.arm(element, token.scope, sees=self.run.sees(token), notes={"host": token.id})

    def arm_scope(self, scope_element: str, scope: int) -> None:
        """Wait for the start events of the event subprocesses of a scope."""
        for start in self.event_starts(scope_element):
            if start.event and start.event.kind in {"timer", "message", "signal"}:
                self.arm(start, scope, sees=scope, notes={"starts": start.scope})

    def event_starts(self, scope_element: str) -> list[bpmn.Element]:
        elements = self.run.process.elements
        return [
            start
            for start in elements.values()
            if start.kind == "startEvent"
            and start.scope
            and elements[start.scope].triggered_by_event
            and elements[start.scope].scope == scope_element
        ]

    def interrupted(self, scope: int) -> bool:
        """Whether an interrupting event subprocess runs in *scope*: then no other one of it can be triggered (BPMN 2.0, 13.5.4)."""
        interrupting = {
            element.scope for element in self.run.process.elements.values() if element.kind == "startEvent" and element.interrupting
        }
        return any(
            token.scope == scope and token.task_spec.element.triggered_by_event and token.task_spec.name in interrupting
            for token in self.run.tree.tokens()
        )

    def disarm_host(self, key: int) -> None:
        """Stop waiting for events on the border of, or behind the event-based gateway, *key*."""
        for token in self.run.tree.tokens():
            if key in (token.notes.get("host"), token.notes.get("gateway")):
                self.disarm(token)

    def disarm(self, token: Token) -> None:
        self.run.step.closed.add(token.id)
        self.run.step.timers = [timer for timer in self.run.step.timers if timer.key != token.id]
        self.run.step.subscriptions = [row for row in self.run.step.subscriptions if row.key != token.id]
        self.run.tree.drop(token)

    # --- firing -------------------------------------------------------------------------------------------------------

    def fire(self, token: Token, variables: Variables) -> None:
        """The event that *token* waits for has come."""
        element = token.task_spec.element
        notes = token.notes
        if "host" in notes:
            host = self.run.token(notes["host"])
            if element.interrupting:
                self.cancel(host, element.id)
            else:
                self._stay(token, element)
            self._pass_event(element, token.scope, variables)
        elif "gateway" in notes:
            gateway = self.run.token(notes["gateway"])
            self.run.leave(gateway)
            self.run.tree.drop(gateway)
            self._pass_event(element, token.scope, variables)
        elif "starts" in notes:
            if element.interrupting:
                self.disarm(token)
            else:
                self._stay(token, element)
            self.start_event_subprocess(element, token.scope, variables)
        else:
            self.run.map_outputs(token, element, variables)
            self.run.finish(token)

    def _stay(self, token: Token, element: bpmn.Element) -> None:
        """A non-interrupting event has fired: messages and signals wait on, a cycle waits for its next turn, other timers are over."""
        if element.event is None or element.event.kind != "timer":
            return
        following = repeating.fired(self.run, token, element)
        if following is None:
            self.disarm(token)
        else:
            self.run.step.timers.append(following)

    def _pass_event(self, element: bpmn.Element, scope: int, variables: Variables) -> None:
        """Send a token through an event that has fired."""
        run = self.run
        token = run.put(element.id, scope, TaskState.STARTED)
        run.enter(token)
        run.map_outputs(token, element, variables)
        run.finish(token)

    def start_event_subprocess(self, start: bpmn.Element, scope: int, variables: Variables) -> None:
        """Begin the event subprocess of *start* in *scope*; an interrupting one first ends everything else there."""
        run = self.run
        if start.interrupting:
            self.cancel_scope(scope, start.scope)
        subprocess = run.process.elements[start.scope]
        token = run.put(subprocess.id, scope, TaskState.STARTED)
        run.enter(token)
        run.scopes.open(token.id, scope)
        self.arm_scope(subprocess.id, token.id)
        inner = run.put(start.id, token.id, TaskState.STARTED)
        run.enter(inner)
        run.map_outputs(inner, start, variables)
        run.finish(inner)

    # --- errors and escalations ---------------------------------------------------------------------------------------

    def throw_error(self, code: str, message: str, variables: Variables, *, scope: int, activity: Token | None, at: str) -> None:
        """Hand an error outward: the activity's border, then each enclosing scope's event subprocesses and border."""
        found = self._catcher("error", code, scope, activity)
        if found is None:
            if not self.run.has_parent:
                # What was sent with it may be somebody's: quoted, it is left out where the failure is kept.
                said = f": “{message}”" if message else ""
                raise StepFailed(f"nobody catches the error “{code}”{said}", element_id=at, kind="error")
            self.run.step.error = (code, message, variables)
            self.run.step.outcome = "error"
            self.cancel_scope(ROOT, at)
            return
        self._caught(found, variables)

    def throw_escalation(self, code: str, variables: Variables, *, scope: int, activity: Token | None) -> None:
        """Hand an escalation outward; what nobody here catches goes to the parent."""
        found = self._catcher("escalation", code, scope, activity)
        if found is None:
            self.run.step.escalations.append((code, variables))
        else:
            self._caught(found, variables)

    def _caught(self, found: tuple[bpmn.Element, Token | None, int], variables: Variables) -> None:
        element, host, scope = found
        if host is None:
            self.start_event_subprocess(element, scope, variables)
            return
        if element.interrupting:
            self.cancel(host, element.id)
        self._pass_event(element, scope, variables)

    def _catcher(self, kind: str, code: str, scope: int, activity: Token | None) -> tuple[bpmn.Element, Token | None, int] | None:
        run = self.run
        host = activity
        while True:
            if host is not None:
                border = _matching(kind, code, [e for e in run.process.elements.values() if e.attached_to == host.task_spec.name])
                if border is not None:
                    return border, host, host.scope
                scope = host.scope
            inside = host.task_spec.name if host is not None else None
            scope_element = "" if scope == ROOT else run.token(scope).task_spec.name
            starts = [start for start in self.event_starts(scope_element) if start.scope != inside and not self.interrupted(scope)]
            start = _matching(kind, code, starts)
            if start is not None:
                return start, None, scope
            if scope == ROOT:
                return None
            host = run.token(scope)

    # --- cancelling and ending ----------------------------------------------------------------------------------------

    def cancel(self, token: Token, cause: str) -> None:
        """End an activity that has not completed, and everything in it."""
        run = self.run
        element = token.task_spec.element
        if token.notes.keys() & {"host", "gateway", "starts"}:
            self.disarm(token)
            return
        if element.kind == "subProcess":
            self.cancel_scope(token.id, cause)
        if token.state == TaskState.STARTED:
            run.leave(token, "canceled", cause)
        if token.id in run.tree.tasks:
            token.cancel()
            run.tree.drop(token)

    def cancel_scope(self, scope: int, cause: str) -> None:
        """End every token and every wait in a scope."""
        for token in self.run.tree.tokens():
            if token.scope == scope and token.id in self.run.tree.tasks:
                self.cancel(token, cause)

    def end_scopes(self) -> bool:
        """Complete the scopes in which no token is left. True if one was."""
        run = self.run
        busy = {token.scope for token in run.tree.tokens() if not token.notes.keys() & {"host", "gateway", "starts"}}
        for token in run.tree.tokens():
            if token.task_spec.element.kind == "subProcess" and token.state == TaskState.STARTED and token.id not in busy:
                self._end(token)
                return True
        if ROOT not in busy and run.step.outcome == "active":
            self.cancel_scope(ROOT, "")
            run.step.outcome = "completed"
        return False

    def _end(self, token: Token) -> None:
        run = self.run
        element = token.task_spec.element
        self.cancel_scope(token.id, element.id)
        if element.outputs:
            run.map_outputs(token, element, {})
        run.finish(token)


def _matching(kind: str, code: str, elements: list[bpmn.Element]) -> bpmn.Element | None:
    """The event that catches *code*: the one that names it, otherwise one that catches all."""
    events = [element for element in elements if element.event is not None and element.event.kind == kind]
    for element in events:
        if element.event is not None and element.event.code == code:
            return element
    return next((element for element in events if element.event is not None and not element.event.code), None)
