"""Which columns earlier releases followed: their records keep only a fingerprint of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

#: fingerprint → table → columns
WAYS: Mapping[str, Mapping[str, Sequence[str]]] = json.loads(Path(__file__).with_name("earlier.json").read_text(encoding="utf-8"))
