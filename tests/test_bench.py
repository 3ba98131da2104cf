"""The comparison of two checkouts reads what ``bench.completion`` prints, and says which of them costs more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench import compare

SAID = """sqlite     1 threads     142 completions/s  median  6.03 ms  p99   9.99 ms   {0:5.2f} ms of processor here  14 statements
postgresql 1 threads     120 completions/s  median  7.03 ms  p99  11.99 ms   {1:5.2f} ms of processor here  15 statements
"""


def test_rounds_are_interleaved_and_their_ratios_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked: list[Path] = []

    def once(checkout: Path, _instances: int) -> dict[str, float]:
        asked.append(checkout)
        return compare.read(SAID.format(6, 8) if checkout == compare.HERE else SAID.format(5, 10))

    monkeypatch.setattr(compare, "once", once)
    file = tmp_path / "found.json"
    compare.main([str(tmp_path), "--rounds", "2", "--json", str(file)])
    assert asked == [compare.HERE, tmp_path, tmp_path, compare.HERE]
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert {kind: each["ratio"] for kind, each in found.items()} == {"sqlite": 1.2, "postgresql": 0.8}
    assert "1.200" in capsys.readouterr().out


def test_what_says_nothing_is_no_measurement() -> None:
    with pytest.raises(ValueError, match="did not say"):
        compare.read("Traceback")


def test_a_checkout_is_not_compared_with_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        compare.main([str(compare.HERE)])
    assert "another checkout" in capsys.readouterr().err
