"""A text as a QR code: the path of its dark squares, for an SVG picture."""

from __future__ import annotations

from dataclasses import dataclass

import qrcode
from qrcode.constants import ERROR_CORRECT_M


@dataclass(frozen=True, slots=True)
class Code:
    """Squares of one unit each on a field of *size* by *size*, its white margin counted in."""

    size: int
    path: str


def code(text: str) -> Code:
    """Readable from paper that has been folded once: fifteen hundredths of it may be lost."""
    made = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4)
    made.add_data(text)
    made.make(fit=True)
    rows = made.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return Code(len(rows), path)
