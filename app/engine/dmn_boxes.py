"""Boxed expressions of DMN -> JSON for ``app/frontend/feel/decision``."""

from __future__ import annotations

from collections.abc import Callable

from app.engine.dmn_model import Json, Model, check_language, child_of, clean_name, expression_at, plain_type, type_of
from app.engine.safe_xml import Node, elements, local

HIT_POLICIES = ("UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER")
MANY_HITS = ("COLLECT", "RULE ORDER", "OUTPUT ORDER")
AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")


def box_at(model: Model, node: Node, owner: Node) -> Json:
    box = BOXES[local(node)](model, node, owner)
    # a table of many hits yields a list of what its type says
    if node.get("typeRef") and (local(node) != "decisionTable" or box["policy"] not in MANY_HITS or box["aggregation"]):
        box["type"] = plain_type(node.get("typeRef"))
    return box


def box_inside(model: Model, node: Node | None, owner: Node) -> Json | None:
    """The boxed expression inside *node*."""
    found = None if node is None else next((child for child in elements(node) if local(child) in BOXES), None)
    if found is None:
        model.warning(owner if node is None else node, "dmn_empty", owner)
    return None if found is None else box_at(model, found, owner)


def _literal(model: Model, node: Node, owner: Node) -> Json:
    if child_of(node, "importedValues") is not None:
        model.problem(node, "dmn_import", owner, name="importedValues")
    check_language(model, node, owner)
    written = expression_at(model, node, owner)
    if not written:
        model.warning(node, "dmn_empty", owner)
    return {"kind": "literal", "text": written}


def _context(model: Model, node: Node, owner: Node) -> Json:
    entries = []
    for child in elements(node):
        if local(child) == "contextEntry":
            variable = child_of(child, "variable")
            value = box_inside(model, child, owner)
            if value is not None and type_of(variable):
                value.setdefault("type", type_of(variable))
            entries.append({"name": None if variable is None else clean_name(variable.get("name", "")), "value": value})
    return {"kind": "context", "entries": entries}


def _list(model: Model, node: Node, owner: Node) -> Json:
    return {"kind": "list", "items": [box_at(model, child, owner) for child in elements(node) if local(child) in BOXES]}


def _relation(model: Model, node: Node, owner: Node) -> Json:
    found = [child for child in elements(node) if local(child) == "column"]
    columns, types = [clean_name(child.get("name", "")) for child in found], [type_of(child) for child in found]
    rows = [_list(model, child, owner)["items"] for child in elements(node) if local(child) == "row"]
    if any(len(row) != len(columns) for row in rows):
        model.problem(node, "dmn_row_length", owner)
    return {"kind": "relation", "columns": columns, "types": types, "rows": [row[: len(columns)] for row in rows]}


def _invocation(model: Model, node: Node, owner: Node) -> Json:
    bindings = []
    for child in elements(node):
        if local(child) == "binding":
            parameter = child_of(child, "parameter")
            name = clean_name("" if parameter is None else parameter.get("name", ""))
            bindings.append({"name": name, "type": type_of(parameter), "value": box_inside(model, child, owner)})
    return {"kind": "invocation", "target": box_inside(model, node, owner), "bindings": bindings}


def function_box(model: Model, node: Node, owner: Node) -> Json:
    kind = (node.get("kind") or "FEEL").upper()
    if kind not in ("FEEL", "F"):
        model.problem(node, "dmn_function_kind", owner, kind=node.get("kind"))
    parameters = [
        {"name": clean_name(child.get("name", "")), "type": plain_type(child.get("typeRef"))}
        for child in elements(node)
        if local(child) == "formalParameter"
    ]
    return {"kind": "function", "parameters": parameters, "body": box_inside(model, node, owner)}


def _conditional(model: Model, node: Node, owner: Node) -> Json:
    condition, yes, no = (box_inside(model, child_of(node, name), owner) for name in ("if", "then", "else"))
    return {"kind": "conditional", "condition": condition, "yes": yes, "no": no}


def _filter(model: Model, node: Node, owner: Node) -> Json:
    return {
        "kind": "filter",
        "source": box_inside(model, child_of(node, "in"), owner),
        "match": box_inside(model, child_of(node, "match"), owner),
    }


def _iteration(model: Model, node: Node, owner: Node) -> Json:
    body = child_of(node, "return" if local(node) == "for" else "satisfies")
    return {
        "kind": local(node),
        "variable": clean_name(node.get("iteratorVariable", "")),
        "source": box_inside(model, child_of(node, "in"), owner),
        "body": box_inside(model, body, owner),
    }


def _table(model: Model, node: Node, owner: Node) -> Json:
    policy = node.get("hitPolicy", "UNIQUE")
    aggregation = node.get("aggregation")
    if policy not in HIT_POLICIES or (aggregation and aggregation not in AGGREGATIONS):
        model.problem(node, "dmn_hit_policy", owner, policy=f"{policy} {aggregation or ''}".strip())
    inputs = [_table_input(model, child, owner) for child in elements(node) if local(child) == "input"]
    outputs = [_table_output(model, child, owner) for child in elements(node) if local(child) == "output"]
    if not outputs:
        model.problem(node, "dmn_no_output", owner)
    names = [output["name"] for output in outputs]
    if len(outputs) > 1 and (len(set(names)) < len(names) or "" in names):
        model.problem(node, "dmn_output_names", owner)
    if policy in ("PRIORITY", "OUTPUT ORDER") and not any(output["values"] for output in outputs):
        model.problem(node, "dmn_no_priorities", owner, policy=policy)
    rules = [_rule(model, child, owner, len(inputs), len(outputs)) for child in elements(node) if local(child) == "rule"]
    return {
        "kind": "table",
        "policy": policy,
        "aggregation": aggregation if policy == "COLLECT" else None,
        "inputs": inputs,
        "outputs": outputs,
        "rules": rules,
    }


def _table_input(model: Model, node: Node, owner: Node) -> Json:
    expression, values = child_of(node, "inputExpression"), child_of(node, "inputValues")
    if expression is not None:
        check_language(model, expression, owner)
    written = "" if expression is None else expression_at(model, expression, owner)
    if not written:
        model.problem(node, "dmn_no_input_expression", owner, label=node.get("label", ""))
    return {
        "text": written,
        "label": node.get("label") or written,
        "type": None if expression is None else plain_type(expression.get("typeRef")),
        "values": _listed_values(model, values, owner),
    }


def _table_output(model: Model, node: Node, owner: Node) -> Json:
    values, otherwise = child_of(node, "outputValues"), child_of(node, "defaultOutputEntry")
    return {
        "name": clean_name(node.get("name", "")),
        "label": node.get("label") or node.get("name", ""),
        "type": type_of(node),
        "values": _listed_values(model, values, owner),
        "otherwise": "" if otherwise is None else expression_at(model, otherwise, owner),
    }


def _listed_values(model: Model, node: Node | None, owner: Node) -> str:
    """The allowed values of a column as written; "" where any is allowed ("-", too)."""
    written = "" if node is None else expression_at(model, node, owner, unary=True)
    return "" if written == "-" else written


def _rule(model: Model, node: Node, owner: Node, inputs: int, outputs: int) -> Json:
    tests = [child for child in elements(node) if local(child) == "inputEntry"]
    results = [child for child in elements(node) if local(child) == "outputEntry"]
    if len(tests) != inputs or len(results) != outputs:
        model.problem(node, "dmn_cells", owner, inputs=len(tests), outputs=len(results), wanted_inputs=inputs, wanted_outputs=outputs)
    for cell in (*tests, *results):
        check_language(model, cell, owner)
    return {
        "inputs": [expression_at(model, cell, owner, unary=True) for cell in tests],
        "outputs": [expression_at(model, cell, owner) for cell in results],
        "types": [type_of(cell) for cell in results],
    }


BOXES: dict[str, Callable[[Model, Node, Node], Json]] = {
    "literalExpression": _literal,
    "decisionTable": _table,
    "context": _context,
    "list": _list,
    "relation": _relation,
    "invocation": _invocation,
    "functionDefinition": function_box,
    "conditional": _conditional,
    "filter": _filter,
    "for": _iteration,
    "some": _iteration,
    "every": _iteration,
}
