"""One step of one instance: moves tokens until nothing can move, and notes what came of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from SpiffWorkflow.util.task import TaskState

from app.engine import bpmn, feel
from app.engine import step as steps
from app.engine.errors import ExpressionError, StepFailed
from app.engine.spiff.circles import first_of_circle
from app.engine.spiff.events import Events
from app.engine.spiff.scopes import Scopes, put
from app.engine.spiff.specs import InclusiveGateway, spec_of
from app.engine.spiff.tree import ROOT, Token, load, save
from app.engine.step import Variables

#: Tokens that one step may move. A diagram that needs more turns in a circle without waiting.
MOVE_LIMIT = 10_000

Decide = Callable[[str, Variables], Any]


class Run:
    """The state of an instance while one command is carried out."""

    def __init__(
        self,
        process: bpmn.Process,
        state: bytes | None,
        variables: Variables,
        *,
        now: datetime,
        decide: Decide,
        has_parent: bool,
    ) -> None:
        self.process = process
        self.now = now
        self.decide = decide
        self.has_parent = has_parent
        self.tree, rows = load(spec_of(process), state)
        self.tree.run = self
        self.scopes = Scopes(variables, rows)
        self.queue: deque[Token] = deque()
        self.step = steps.Step(b"", {})
        self.events = Events(self)

    # --- tokens -------------------------------------------------------------------------------------------------------

    def token(self, key: int) -> Token:
        """The live token *key*; StepFailed if it has gone."""
        if key == ROOT or key not in self.tree.tasks:
            raise StepFailed("this activity is no longer open", element_id="", kind="gone")
        return self.tree.tasks[key]  # type: ignore[no-any-return]

    def put(self, element_id: str, scope: int, state: int = TaskState.FUTURE) -> Token:
        """Put a new token on an element, in a scope; it does not move by itself."""
        return Token(self.tree, self.tree.spec.task_specs[element_id], self.tree.task_tree, scope, state)

    def place(self, element_id: str, scope: int) -> None:
        """Put a new token on an element; it runs when its turn comes."""
        token = self.put(element_id, scope)
        token.task_spec._update(token)

    def follow(self, token: Token, flow: str) -> None:
        """Send a follower of *token* along a sequence flow."""
        target = self.tree.spec.task_specs[self.process.flows[flow].target]
        follower = Token(self.tree, target, token, token.scope)
        follower.notes = {"flow": flow}
        # SpiffWorkflow updates a task's children when it completes: that wakes the follower.

    def enter(self, token: Token) -> None:
        element = token.task_spec.element
        self.step.entered.append(steps.Entered(token.id, element.id, element.name, element.kind, token.scope or None))

    def leave(self, token: Token, how: str = "completed", cause: str = "") -> None:
        self.step.left.append(steps.Left(token.id, token.task_spec.name, how, cause))
        self.close(token.id)

    def close(self, key: int) -> None:
        """Everything that hung on activity *key* is over."""
        self.step.closed.add(key)
        self.scopes.pop(key, None)
        self.events.disarm_host(key)

    def finish(self, token: Token) -> None:
        """A token that waited is done; its followers go on."""
        token.complete()
        self.tree.drop(token)

    # --- the loop -----------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Move tokens until each waits for a command or has ended."""
        moves = 0
        while True:
            while self.queue:
                token = self.queue.popleft()
                if token.id not in self.tree.tasks or token.state != TaskState.READY:
                    continue
                moves += 1
                if moves > MOVE_LIMIT:
                    raise StepFailed(
                        f"the diagram turned {MOVE_LIMIT} times in a circle without waiting", element_id=token.task_spec.name, kind="limit"
                    )
                token.run()
                if token.has_state(TaskState.FINISHED_MASK):
                    self.tree.drop(token)
            if not (self._wake_join() or self.events.end_scopes()):
                return

    def _wake_join(self) -> bool:
        waiting = [
            token for token in self.tree.tokens() if token.state == TaskState.WAITING and isinstance(token.task_spec, InclusiveGateway)
        ]
        ready = next((token for token in waiting if not token.task_spec.blockers(token)), None) or first_of_circle(waiting)
        if ready is None:
            return False
        ready.task_spec.merge(ready)
        ready._ready()
        return True

    def result(self) -> steps.Step:
        """The step, with the new state."""
        self.step.variables = self.scopes[ROOT].variables
        self.step.changed = self.scopes.changed
        self.step.state = save(self.tree, self.scopes)
        self.step.joining = [token.task_spec.name for token in self.tree.tokens() if token.joining]
        opened = self.step.closed
        self.step.user_tasks = [task for task in self.step.user_tasks if task.key not in opened]
        self.step.jobs = [job for job in self.step.jobs if job.key not in opened]
        self.step.children = [children for children in self.step.children if children.key not in opened]
        return self.step

    # --- expressions --------------------------------------------------------------------------------------------------

    def sees(self, token: Token) -> int:
        """The scope that *token*'s expressions look from: its own, if it has one."""
        return self.scopes.nearest(token.id, token.scope)

    def evaluate(self, written: Sequence[str | None], scope: int, element_id: str, extra: Variables | None = None) -> list[Any]:
        """Values as written in attributes: ``=`` in front is FEEL, other text is literal, None stays None. One call for all."""
        wanted = [(index, text[1:]) for index, text in enumerate(written) if text and text.startswith("=")]
        values: list[Any] = list(written)
        if wanted:
            seen = self.scopes.visible(scope)
            if extra:
                seen = {**seen, **extra}
            try:
                results = feel.evaluate_many([expression for _, expression in wanted], seen)
            except ExpressionError as error:
                raise StepFailed.of(error, element_id=element_id) from error
            for (index, _), result in zip(wanted, results, strict=True):
                values[index] = result
        return values

    def true_flows(self, token: Token, gateway: bpmn.Element, *, first_only: bool) -> list[str]:
        """The flows out of a gateway whose conditions are true, in document order; the default flow if none is."""
        conditional = [self.process.flows[flow] for flow in gateway.outgoing if flow != gateway.default]
        results = self.evaluate(
            [f"={flow.condition}" if flow.condition is not None else None for flow in conditional], token.scope, gateway.id
        )
        taken: list[str] = []
        for flow, result in zip(conditional, results, strict=True):
            if flow.condition is None or result is True:
                taken.append(flow.id)
                if first_only:
                    break
            elif result is not False:
                raise StepFailed(
                    f"the condition “{flow.condition}” of flow “{flow.name or flow.id}” is neither true nor false but {result!r}",
                    element_id=gateway.id,
                    kind="gateway",
                )
        if not taken and gateway.default:
            taken = [gateway.default]
        if not taken:
            raise StepFailed(
                f"no condition of gateway “{gateway.name or gateway.id}” is true and it has no default flow",
                element_id=gateway.id,
                kind="gateway",
            )
        return taken

    def map_inputs(self, token: Token, element: bpmn.Element) -> None:
        """Evaluate the input mappings into the activity's own scope; later ones see earlier ones."""
        if not element.inputs:
            return
        local = self.scopes.open(token.id, token.scope)
        for target, value in self.mapped(element.inputs, local.key, element.id):
            self.scopes.write_local(local.key, target, value)

    def map_outputs(self, token: Token, element: bpmn.Element, variables: Variables, *, propagate: bool = True) -> None:
        """Bring *variables* out of an activity: by its output mappings, or, if it has none, all of them but those that are its own.

        Camunda 8's rule: what the input mappings have made stays in the activity, unless an output mapping says otherwise.
        """
        if element.outputs:
            for target, value in self.mapped(element.outputs, self.sees(token), element.id, variables):
                self.scopes.write(token.scope, target, value)
        elif propagate:
            for name, value in variables.items():
                self.scopes.write(self.sees(token), name, feel.to_json(value))

    def mapped(
        self, mappings: Sequence[tuple[str, str]], scope: int, element_id: str, given: Variables | None = None
    ) -> Iterator[tuple[str, Any]]:
        """(target, value) of each mapping. Sources see *scope*, *given* and what was mapped before.

        A context that is put together entry by entry does not hide the rest of the one of its name: ``a.x``, ``a.y`` both read ``a``.
        """
        seen = dict(given or {})
        for sources in _independent(mappings):
            values = self.evaluate([source for source, _ in sources], scope, element_id, seen)
            around = self.scopes.visible(scope)
            for (_, target), value in zip(sources, values, strict=True):
                plain = feel.to_json(value)
                put(seen, target, plain, over=around)
                yield target, plain


def _independent(mappings: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Cut mappings into runs that can be evaluated in one call: no source of a run may name a target of the same run."""
    runs: list[list[tuple[str, str]]] = [[]]
    targets: set[str] = set()
    for source, target in mappings:
        if source.startswith("=") and any(name in source for name in targets):
            runs.append([])
            targets = set()
        runs[-1].append((source, target))
        targets.add(target.partition(".")[0])
    return [run for run in runs if run]
