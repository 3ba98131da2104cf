"""What README says of /v2 is what there is: the table is made from the routes and from what the test of Camunda's own client calls.

``python -m tests.api.test_readme`` writes it anew.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from app import create_app
from app.config import Config
from app.db import Database

HERE = Path(__file__).resolve()
README = HERE.parents[2] / "README.md"
BEGIN, END = "<!-- operations of /v2: made by tests/api/test_readme.py -->\n", "<!-- end -->\n"
#: Camunda's client → our operation, where they are not called the same.
CALLED = {
    "deploy_resources_from_files": "create_deployment",
    "get_authentication": "authentication",
    "get_topology": "topology",
}


def tried() -> set[str]:
    """Operations that the test of Camunda's own client calls."""
    names = re.findall(r"\bclient\.(\w+)\(", (HERE.parent / "test_official_client.py").read_text(encoding="utf-8"))
    return {CALLED.get(name, name) for name in names}


def table(described: dict[str, Any]) -> str:
    """A row for each operation: address, what it does, whether the client is tried with it."""
    rows = ["| operation | | tried with Camunda's client |\n", "| --- | --- | --- |\n"]
    known = tried()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            what = " ".join(operation["summary"].partition("\n\n")[0].split()).replace("|", "\\|")
            mark = "yes" if operation["operationId"] in known else ""
            rows.append(f"| `{method.upper()} {path}` | {what} | {mark} |\n")
    return "".join(rows)


def described(home: Path) -> dict[str, Any]:
    database = Database("sqlite://")
    app = create_app(Config(home, database.url, "test-secret-" * 4, "5a" * 32, testing=True), database)
    try:
        return dict(app.test_client().get("/v2/openapi.json").json or {})
    finally:
        database.dispose()


def test_readme_lists_the_operations_that_there_are(tmp_path: Path) -> None:
    _before, _begin, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    assert rest.partition(END)[0] == table(described(tmp_path)), "run `python -m tests.api.test_readme`"
    assert "clients drive" not in README.read_text(encoding="utf-8"), "it is a part, and it differs"


def test_what_the_client_is_tried_with_is_there(tmp_path: Path) -> None:
    """A call of the client that no operation answers would be said of nothing."""
    operations = {operation["operationId"] for methods in described(tmp_path)["paths"].values() for operation in methods.values()}
    helpers = {"close", "with_headers"}
    assert tried() - helpers - operations == set()
    assert len(tried() & operations) > 10


def test_every_operation_has_an_id_of_its_own(tmp_path: Path) -> None:
    """Generated clients name their functions by it."""
    ids = [operation["operationId"] for methods in described(tmp_path)["paths"].values() for operation in methods.values()]
    assert len(ids) > 30
    assert sorted(ids) == sorted(set(ids))


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    head, _, tail = text.partition(BEGIN)
    with tempfile.TemporaryDirectory() as folder:
        README.write_text(head + BEGIN + table(described(Path(folder))) + END + tail.partition(END)[2], encoding="utf-8")
