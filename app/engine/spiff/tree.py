"""SpiffWorkflow's task tree, kept flat: one task per token, below the root.

SpiffWorkflow predicts future tasks, keeps every finished one and merges data down the tree; its walks stop at depth 1,000 and its joins
read finished history. Here a token is one ``Task`` without data: when it has been run, it leaves the tree and its followers hang below the
root. The tree's size is the number of live tokens, whatever the age of the instance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from app import exact_json
from app.db import new_key

if TYPE_CHECKING:
    from app.engine.spiff.run import Run
    from app.engine.spiff.specs import Node, ProcessSpec

#: The root task's id; no token has it.
ROOT = 0


class Token(Task):  # type: ignore[misc]
    """A token: where it is (``task_spec``), in which scope, and whether it waits.

    ``scope`` is the activity key of the embedded subprocess it is in, ROOT at the top. ``notes`` hold what a waiting token must remember
    (the flow it came by, the host of a boundary event, a cycle's next occurrence): JSON values.
    """

    task_spec: Node
    workflow: Tree

    def __init__(self, tree: Tree, spec: Any, parent: Token | None, scope: int, state: int = TaskState.FUTURE, key: int = 0) -> None:
        super().__init__(tree, spec, parent, state=state, id=key or new_key())
        self.scope = scope
        self.notes: dict[str, Any] = {}

    @property
    def joining(self) -> bool:
        """It waits at a gateway for tokens of other flows."""
        return _joins(self.state, self.notes)

    def _set_state(self, value: int) -> None:
        # SpiffWorkflow builds its log record here, eagerly, for each change: half of a step's time.
        self._state = value

    def _inherit_data(self) -> None:
        # Variables live in scopes, not in tokens.
        pass


class Tree(BpmnWorkflow):  # type: ignore[misc]
    """The tokens of one instance. ``run`` is the step that moves them now."""

    run: Run

    def __init__(self, spec: ProcessSpec) -> None:
        super().__init__(spec, deserializing=True)
        self.task_tree = Token(self, spec.start, None, ROOT, TaskState.COMPLETED, key=-1)
        del self.tasks[-1]
        self.task_tree.id = ROOT
        self.tasks[ROOT] = self.task_tree

    def _task_completed_notify(self, task: Token) -> None:
        # SpiffWorkflow walks the whole tree here to update waiting tasks; ours are moved by commands only.
        pass

    def tokens(self) -> list[Token]:
        """All live tokens, oldest first."""
        return [task for key, task in self.tasks.items() if key != ROOT]

    def drop(self, token: Token) -> None:
        """Take a finished token out; its followers hang below the root."""
        for child in token.children:
            child.parent = self.task_tree
            self.task_tree._children.append(child.id)
        token._children = []
        parent = token.parent
        if parent is not None and token.id in parent._children:
            parent._children.remove(token.id)
        self.tasks.pop(token.id, None)


class Place(NamedTuple):
    """A saved token: where it is."""

    key: int
    element_id: str
    #: SpiffWorkflow's
    state: int
    #: activity key of the embedded subprocess it is in, ROOT at the top
    scope: int
    notes: dict[str, Any]

    @property
    def waits(self) -> bool:
        """It is no work of its scope: it waits on a border, for an event subprocess, or behind an event-based gateway."""
        return _waits(self.notes)

    @property
    def joining(self) -> bool:
        """It waits at a gateway for tokens of other flows."""
        return _joins(self.state, self.notes)


def _joins(state: int, notes: dict[str, Any]) -> bool:
    return state == TaskState.WAITING and not _waits(notes)


def _waits(notes: dict[str, Any]) -> bool:
    return bool(notes.keys() & {"host", "gateway", "starts"})


def places(state: bytes | None) -> list[Place]:
    """The tokens of a saved state, oldest first."""
    return [Place(*row) for row in exact_json.loads(state)["t"]] if state else []


def moved(state: bytes, rows: list[Place]) -> bytes:
    """*state* with other tokens; local scopes stay."""
    return exact_json.dumps({"t": [list(row) for row in rows], "s": exact_json.loads(state)["s"]})


def save(tree: Tree, scopes: dict[int, Any]) -> bytes:
    """Tokens and local scopes as bytes; the instance's own variables are stored beside them."""
    rows = [[t.id, t.task_spec.name, t.state, t.scope, t.notes] for t in tree.tokens()]
    return exact_json.dumps({"t": rows, "s": [scope.row() for key, scope in scopes.items() if key != ROOT]})


def load(spec: ProcessSpec, state: bytes | None) -> tuple[Tree, list[Any]]:
    """The inverse of ``save``: the tree and the rows of the local scopes."""
    tree = Tree(spec)
    if not state:
        return tree, []
    stored = exact_json.loads(state)
    for key, name, task_state, scope, notes in stored["t"]:
        token = Token(tree, spec.task_specs[name], tree.task_tree, scope, task_state, key)
        token.notes = notes
    return tree, stored["s"]
