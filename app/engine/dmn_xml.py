"""DMN XML -> the model that ``app/frontend/feel/decision`` evaluates: plain JSON values.

Knows DMN 1.1 to 1.5. What it does not know is a ``Problem``: a model with errors is not deployed and not evaluated.
"""

from __future__ import annotations

from collections.abc import Callable

from app.engine.dmn_boxes import BOXES, box_at, function_box
from app.engine.dmn_model import (
    Json,
    Model,
    check_language,
    child_of,
    clean_name,
    expression_at,
    hrefs,
    identity_of,
    plain_type,
    references,
    type_of,
)
from app.engine.safe_xml import Node, elements, local, namespace, read, text

NAMESPACE = "omg.org/spec/DMN/"


def parse(content: bytes) -> Model:
    """Read a DMN file. Raises ``Refused`` for XML that is not even read (DOCTYPE, size, malformed)."""
    root = read(content)
    model = Model()
    if local(root) != "definitions" or NAMESPACE not in namespace(root):
        model.problem(root, "not_dmn", root=local(root))
        return model
    check_language(model, root, root)
    for node in elements(root):
        reader = _TOP.get(local(node))
        if reader is not None and NAMESPACE in namespace(node):
            reader(model, node)
    _names(model)
    _types_in_a_circle(model, root)
    model.words = [*model.json["names"], *(expression.text for expression in model.expressions)]
    if not model.decisions:
        model.problem(root, "dmn_no_decision")
    return model


# --- elements of the file ---------------------------------------------------------------------------------------------


def _decision(model: Model, node: Node) -> None:
    identity = identity_of(model, node)
    if identity is None:
        return
    variable = child_of(node, "variable")
    logic = next((child for child in elements(node) if local(child) in BOXES), None)
    if logic is None and needed(node, identity):
        model.problem(node, "dmn_no_logic")
    elif logic is None:
        model.unused.append((identity, node.get("name", "")))
        return
    model.decisions.append((identity, node.get("name", "")))
    model.json["decisions"][identity] = {
        "id": identity,
        "name": clean_name(node.get("name") or identity),
        "variable": clean_name((variable.get("name") if variable is not None else None) or node.get("name") or identity),
        "type": type_of(variable),
        "requires": references(node, "informationRequirement", "requiredDecision"),
        "requiresInputs": references(node, "informationRequirement", "requiredInput"),
        "knows": references(node, "knowledgeRequirement", "requiredKnowledge"),
        "logic": None if logic is None else box_at(model, logic, node),
    }


def needed(decision: Node, identity: str) -> bool:
    """Whether anything in the file requires this decision, or there is no other one: then it needs logic."""
    root = decision.getparent()
    others = [each for each in elements(root) if local(each) == "decision" and each is not decision]
    references = {
        node.get("href", "").rpartition("#")[2]
        for node in root.iter("{*}requiredDecision", "{*}outputDecision", "{*}encapsulatedDecision", "{*}inputDecision")
    }
    return identity in references or not any(has_logic(each) for each in others)


def has_logic(decision: Node) -> bool:
    return any(local(child) in BOXES for child in elements(decision))


def _knowledge(model: Model, node: Node) -> None:
    identity = identity_of(model, node)
    if identity is None:
        return
    variable = child_of(node, "variable")
    encapsulated = child_of(node, "encapsulatedLogic")
    if encapsulated is None and not _known_to_somebody(node, identity):
        model.unused.append((identity, node.get("name", "")))
        return
    box: Json = {"parameters": [], "body": None} if encapsulated is None else function_box(model, encapsulated, node)
    if encapsulated is None:
        model.problem(node, "dmn_no_logic")
    model.json["knowledge"][identity] = {
        "id": identity,
        "name": clean_name(node.get("name") or identity),
        "type": type_of(variable) or (encapsulated is not None and plain_type(encapsulated.get("typeRef"))) or None,
        "requires": [],
        "knows": references(node, "knowledgeRequirement", "requiredKnowledge"),
        "parameters": box["parameters"],
        "logic": box["body"],
    }


def _known_to_somebody(knowledge: Node, identity: str) -> bool:
    """Whether anything in the file requires this knowledge model: then it needs logic."""
    required = knowledge.getparent().iter("{*}requiredKnowledge")
    return any(node.get("href", "").rpartition("#")[2] == identity for node in required)


def _service(model: Model, node: Node) -> None:
    identity = identity_of(model, node)
    if identity is None:
        return
    model.json["services"][identity] = {
        "id": identity,
        "name": clean_name(node.get("name") or identity),
        "type": type_of(child_of(node, "variable")),
        "outputs": hrefs(node, "outputDecision"),
        "inputDecisions": hrefs(node, "inputDecision"),
        "inputs": hrefs(node, "inputData"),
    }


def _input(model: Model, node: Node) -> None:
    identity = identity_of(model, node)
    if identity is None:
        return
    variable = child_of(node, "variable")
    name = clean_name(node.get("name") or identity)
    model.json["inputs"][identity] = {
        "id": identity,
        "name": name,
        "variable": clean_name((variable.get("name") if variable is not None else None) or name),
        "type": type_of(variable),
    }


def _item(model: Model, node: Node) -> None:
    model.json["types"][node.get("name", "")] = _item_type(model, node, node)


def _item_type(model: Model, node: Node, owner: Node) -> Json:
    result: Json = {"name": node.get("name", ""), "list": node.get("isCollection") == "true"}
    reference = child_of(node, "typeRef")
    result["base"] = plain_type(text(reference)) if reference is not None else "Any"
    components = [_item_type(model, child, owner) for child in elements(node) if local(child) == "itemComponent"]
    if components:
        result["components"] = components
    function = child_of(node, "functionItem")
    if function is not None:
        parameters = [
            {"name": clean_name(child.get("name", "")), "type": type_of(child)}
            for child in elements(function)
            if local(child) == "parameters"
        ]
        result |= {"function": True, "output": plain_type(function.get("outputTypeRef")), "parameters": parameters}
    allowed = child_of(node, "allowedValues")
    if allowed is not None:
        result["allowed"] = expression_at(model, allowed, owner, unary=True)
    return result


def _types_in_a_circle(model: Model, root: Node) -> None:
    """A type that is made of itself alone has no values: every evaluation would go round in it. (A component, or a list, may be of it.)"""
    bases = {name: "" if item["list"] or item.get("components") else item["base"] for name, item in model.json["types"].items()}
    for node in elements(root):
        name = base = node.get("name", "")
        seen: set[str] = set()
        while local(node) == "itemDefinition" and base in bases and base not in seen:
            seen.add(base)
            base = bases[base] or ""
        if local(node) == "itemDefinition" and base == name and base in seen:
            model.problem(node, "dmn_type_circle", name=name)


def _import(model: Model, node: Node) -> None:
    places = (node.get(name) for name in ("name", "namespace", "locationURI"))
    model.problem(node, "dmn_import", name=", ".join(each for each in places if each) or "—")


_TOP: dict[str, Callable[[Model, Node], None]] = {
    "decision": _decision,
    "businessKnowledgeModel": _knowledge,
    "decisionService": _service,
    "inputData": _input,
    "itemDefinition": _item,
    "import": _import,
}


# --- names ------------------------------------------------------------------------------------------------------------


def _names(model: Model) -> None:
    """Names that the FEEL parser must know before it reads an expression, because they may hold spaces or signs."""
    names: Json = model.json["names"]
    for group in ("decisions", "knowledge", "services", "inputs"):
        for element in model.json[group].values():
            names[element["name"]] = 1
            names[element.get("variable", element["name"])] = 1
            for parameter in element.get("parameters", []):
                names[parameter["name"]] = 1
    for element in (*model.json["decisions"].values(), *model.json["knowledge"].values()):
        _box_names(element["logic"], names)
    for item in model.json["types"].values():
        _type_names(item, names)


def _box_names(box: Json | None, names: Json) -> None:
    if not isinstance(box, dict):
        return
    for key in ("name", "variable"):
        if isinstance(box.get(key), str):
            names[box[key]] = 1
    for value in box.values():
        for inner in value if isinstance(value, list) else [value]:
            for each in inner if isinstance(inner, list) else [inner]:
                _box_names(each, names)


def _type_names(item: Json, names: Json) -> None:
    for component in item.get("components", []):
        names[component["name"]] = 1
        _type_names(component, names)
