"""A household as it stands on a form, and the decisions as they lie in processes/."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app import personal
from app.config import ROOT
from app.engine import decisions
from app.forms import schema, validation
from app.forms.outcome import Outcome
from tests.forms import samples


@pytest.fixture(autouse=True)
def _key() -> None:
    personal.install("ab" * 32)


def form(name: str) -> schema.Form:
    """A form of forms/, or of the fixtures beside this."""
    own = Path(__file__).parent / "fixtures" / f"{name}.form"
    return schema.load((own if own.exists() else ROOT / "forms" / f"{name}.form").read_bytes())


def decide(decision: str, variables: dict[str, Any]) -> Any:
    """A decision of processes/."""
    return decisions.evaluate((ROOT / "processes" / f"{decision}.dmn").read_bytes(), decision, variables)


@pytest.fixture
def check(at: Any) -> Callable[..., Outcome]:
    """``check("household_registered", data, locked=…, context=…)`` validates as the inbox does, on 21 May 2020."""

    def run(name: str, data: dict[str, Any], *, locked: Any = None, initial: Any = None, context: Any = None) -> Outcome:
        known = {**samples.CONTEXT, **(context or {})}
        return validation.validate(
            form(name), deepcopy(data), context=known, locked=locked or {}, decide=decide, initial=initial or samples.INITIAL
        )

    return run
