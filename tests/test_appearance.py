"""What the eye needs: contrast in light and dark, no gradients, two weights, nothing loaded from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHELL = ROOT / "app" / "frontend" / "shell"
OWN = sorted(SHELL.glob("*.css"))
BUILT = sorted((ROOT / "app" / "static" / "dist").glob("*.css"))

#: text on ground, as the pieces of the shell use them
PAIRS = [
    ("ink", "paper"), ("ink", "sheet"), ("ink", "shade"), ("quiet", "paper"), ("quiet", "sheet"), ("quiet", "shade"),
    ("seal-text", "paper"), ("seal-text", "sheet"), ("seal-text", "seal-wash"), ("done-text", "done-wash"), ("done-text", "paper"),
    ("warn-text", "warn-wash"), ("warn-text", "paper"), ("ink", "seal-wash"), ("ink", "warn-wash"), ("ink", "done-wash"),
    ("ink", "wait-wash"), ("paper", "ink"), ("strip-text", "strip"),
]  # fmt: skip
#: edges of controls and the ring of focus: 3 : 1
EDGES = [("line-strong", "paper"), ("line-strong", "sheet"), ("focus", "paper"), ("focus", "sheet"), ("seal", "paper")]


def colours(theme: str) -> dict[str, str]:
    text = (SHELL / "colours.css").read_text(encoding="utf-8")
    light = re.search(r"^:root \{(.*?)\n\}", text, re.DOTALL | re.MULTILINE)
    dark = re.search(r'^\[data-bs-theme="dark"\] \{(.*?)\n\}', text, re.DOTALL | re.MULTILINE)
    assert light
    assert dark
    found = dict(re.findall(r"--([\w-]+): (#[0-9A-Fa-f]{6})", light[1]))
    return {**found, **(dict(re.findall(r"--([\w-]+): (#[0-9A-Fa-f]{6})", dark[1])) if theme == "dark" else {})}


def luminance(colour: str) -> float:
    channels = [int(colour[position : position + 2], 16) / 255 for position in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.1 contrast ratio of two colours ``#RRGGBB``."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_is_right() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa(theme: str) -> None:
    known = {**colours(theme), "white": "#FFFFFF"}
    weak = {pair: round(contrast(known[pair[0]], known[pair[1]]), 2) for pair in [*PAIRS, ("white", "seal"), ("white", "seal-hover")]}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_edges_of_controls_can_be_seen(theme: str) -> None:
    known = colours(theme)
    ratios = {pair: round(contrast(known[pair[0]], known[pair[1]]), 2) for pair in EDGES if not (theme == "dark" and pair[0] == "seal")}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 3} == {}


def test_the_four_colours_of_the_house() -> None:
    known = colours("light")
    assert (known["paper"], known["ink"], known["seal"], known["done"], known["warn"]) == (
        "#FBFAF7",
        "#1F2328",
        "#B4372A",
        "#2E7D4F",
        "#B7791F",
    )


@pytest.mark.parametrize("path", OWN, ids=[path.name for path in OWN])
def test_no_gradients_and_two_weights(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "gradient(" not in text
    assert set(re.findall(r"font-weight: (\d+)", text)) <= {"400", "600"}


@pytest.mark.parametrize("path", BUILT, ids=[path.name for path in BUILT])
def test_no_style_is_loaded_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"url\(\s*[\"']?([^\"')]{1,40})", text)
    assert [target for target in targets if not target.startswith(("data:", "#"))] == []
    assert "@import" not in text
