"""The processor time of a completion here and in another checkout, on both databases.

``python -m bench.compare CHECKOUT [--rounds 5] [--instances 20] [--json FILE]``: each round runs ``bench.completion`` of either
checkout, one after the other, and the other way round the next time, so that a busy machine slows both. Told are medians and
``ratio`` (here / there).
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
#: what ``bench.completion`` prints of one database
_LINE = re.compile(r"^(\w+) .*?([\d.]+) ms of processor", re.MULTILINE)


def once(checkout: Path, instances: int) -> dict[str, float]:
    """Database → milliseconds of processor for one completion. Raises ``CalledProcessError`` where the checkout's bench fails."""
    command = [sys.executable, "-m", "bench.completion", "--instances", str(instances), "--threads", "1"]
    said = subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True).stdout  # noqa: S603
    return read(said)


def read(said: str) -> dict[str, float]:
    """What ``bench.completion`` printed. Raises ``ValueError`` when it is nothing of that kind."""
    found = {kind: float(spent) for kind, spent in _LINE.findall(said)}
    if not found:
        raise ValueError(f"bench.completion did not say what a completion costs: {said!r}")
    return found


def ratios(here: Sequence[Mapping[str, float]], there: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Database → medians in ms, and ``ratio``, the median of the rounds' own ratios: above 1, it costs more here."""
    kinds = [kind for kind in here[0] if all(kind in each for each in (*here, *there))]
    return {
        kind: {
            "here_ms": statistics.median(each[kind] for each in here),
            "there_ms": statistics.median(each[kind] for each in there),
            "ratio": round(statistics.median(mine[kind] / other[kind] for mine, other in zip(here, there, strict=True)), 3),
        }
        for kind in kinds
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--instances", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    measured: dict[Path, list[dict[str, float]]] = {HERE: [], options.checkout.resolve(): []}
    if len(measured) == 1:
        parser.error("give another checkout than this one")
    for number in range(options.rounds):
        for checkout in list(measured)[:: -1 if number % 2 else 1]:
            measured[checkout].append(once(checkout, options.instances))
    result = ratios(*measured.values())
    print(f"{'':12}{'here':>10}{'there':>10}{'ratio':>8}")
    for kind, found in result.items():
        print(f"{kind:12}{found['here_ms']:7.2f} ms{found['there_ms']:7.2f} ms{found['ratio']:8.3f}")
    print(json.dumps(result))
    if options.json:
        options.json.write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
