"""The Jinja of Word templates that people upload: names, ``for`` and ``if``, nothing that computes, calls or reaches out.

What a template may do is decided on its syntax tree, before anything runs, so that no template can loop without end, fill the memory
or look behind a value. Beneath that lies Jinja's own sandbox.
"""

from __future__ import annotations

from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

#: what a template may consist of
_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Const),
    *(nodes.For, nodes.If, nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand, nodes.Filter),
)
_FILTERS = frozenset({"length", "join", "default", "first", "last"})
#: loops inside each other: a list of sections, each with its rows
_DEPTH = 2


class PlainEnvironment(ImmutableSandboxedEnvironment):
    """Refuses with ``TemplateSyntaxError`` what is more than plain. Missing names are an error, values are escaped for XML."""

    def __init__(self) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined)
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in _FILTERS}
        self.tests = {}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for child in tree.body:
            _check(child, 0)
        return tree


def _check(node: Any, depth: int) -> None:
    if not isinstance(node, _ALLOWED):
        _refuse(node, type(node).__name__)
    if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
        _refuse(node, node.name)
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        _refuse(node, node.attr)
    if isinstance(node, nodes.For):
        depth += 1
        # an inner loop goes over a part of the outer one's item, so that the work grows with the data and not with its square
        if depth > _DEPTH or node.recursive or not isinstance(node.iter, nodes.Name if depth == 1 else nodes.Getattr):
            _refuse(node, "for")
    for child in node.iter_child_nodes():
        _check(child, depth)


def _refuse(node: Any, what: str) -> None:
    raise TemplateSyntaxError(what, getattr(node, "lineno", 1))
