"""The file outside the database to which every signed seal is appended, one JSON object a line. A copy kept elsewhere is an anchor."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from app.engine import chains
from app.engine.chain_models import Seal

NAME = "seals.jsonl"
#: What is signed, by name.
SIGNED = ("number", "previous", "root", "leaves", "chains", "records", "at", "public_key")


class AnchorError(Exception):
    """This is not an anchor file: each line is the JSON of one seal."""


def as_json(seal: Seal) -> dict[str, Any]:
    """A seal as it stands in files."""
    signed = {name: getattr(seal, name) for name in SIGNED}
    return {**signed, "at": chains.stamp(seal.at), "hash": seal.hash, "signature": seal.signature}


def text(seal: dict[str, Any]) -> bytes:
    """What is signed of a seal."""
    return chains.canonical({name: seal[name] for name in SIGNED})


def read(path: Path) -> dict[int, dict[str, Any]]:
    """Number → seal. A number that stands there twice must say the same. ``AnchorError`` when it cannot be read."""
    found: dict[int, dict[str, Any]] = {}
    try:
        for line in path.read_bytes().splitlines():
            if not line.strip():
                continue
            seal = orjson.loads(line)
            if found.setdefault(int(seal["number"]), seal)["hash"] != seal["hash"]:
                raise AnchorError(f"{path.name}: two different seals with the number {seal['number']}")
            text(seal)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AnchorError(f"{path.name}: {AnchorError.__doc__}") from error
    return found


def append(path: Path, seals: Iterable[Seal]) -> None:
    """Add those of *seals* that the file does not have yet, in one write. It never loses a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    known = read(path) if path.exists() else {}
    lines = [orjson.dumps(as_json(seal)) + b"\n" for seal in seals if seal.number not in known]
    if lines:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        with os.fdopen(descriptor, "wb") as file:
            file.write(b"".join(lines))
            file.flush()
            os.fsync(file.fileno())
