"""What a record can be found by: numbers made from its words, its persons, its places and its day.

A term is a 32-bit number (CRC-32 of a kind and a value): small in both databases' indexes. Two values may share one; whoever finds a record
by terms looks at the record itself before he shows it. Chinese is cut into overlapping pairs (柏树村 → 柏树, 树村), letters and figures at
everything between them (V05-03-012 → v05, 03, 012).
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from app import clock, personal
from app.audit import stored
from app.engine.models import Event, ProcessInstance

#: Most terms of one record: a long comment is found by its beginning.
MOST = 160
#: Characters of a record's own words that are looked at.
LONGEST = 2_000

#: Chinese characters, as a range in a pattern.
_HAN = "".join(f"{chr(first)}-{chr(last)}" for first, last in ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF)))
_RUN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
#: What a personal number has at least.
_NUMBER = re.compile(r"\d{11}")
_IS_HAN = re.compile(rf"[{_HAN}]")
#: Names of details that say nothing to a reader: sums and numbers of rows.
_SILENT = frozenset(
    {"sha256", "checksum", "deployment", "submission", "session", "request", "hash", "digests", "states", "stored", "entered", "left"}
)
#: What holds a value that nobody can read: encrypted, or erased.
_CLOSED = ({"enc"}, {"gone"})


def term(kind: str, value: object) -> int:
    """The number of one term, 0 … 2³²−1."""
    return zlib.crc32(f"{kind}\x1f{value}".encode())


def plain(text: str) -> str:
    """*text* as it is compared: one width, small letters, personal numbers masked."""
    safe = personal.scrub(text) if _NUMBER.search(text) else text
    return unicodedata.normalize("NFKC", safe).casefold()


def pieces(text: str) -> Iterator[str]:
    """What a text is cut into; *text* is ``plain``."""
    for run in _RUN.findall(text):
        if not _IS_HAN.match(run) or len(run) == 1:
            yield run
        else:
            yield from (run[at : at + 2] for at in range(len(run) - 1))


def said(detail: Any) -> Iterator[str]:
    """Every text in a record's detail, as it was written."""
    if isinstance(detail, Mapping):
        if set(detail) in _CLOSED:
            return
        for name, value in detail.items():
            if name not in _SILENT:
                yield from said(value)
    elif isinstance(detail, list | tuple):
        for value in detail:
            yield from said(value)
    elif isinstance(detail, str) and detail:
        yield detail


def words(record: Event, instance: ProcessInstance | None) -> str:
    """All that a reader may look for in a record, as one plain text."""
    texts = [record.subject, record.element_id, instance.label if instance else "", *said(stored.detail(record))]
    return plain("\n".join(text for text in texts if text)[:LONGEST])


def village_of(record: Event, instance: ProcessInstance | None) -> str:
    """The code of the village a record belongs to; "" where it belongs to none."""
    if instance is not None and instance.scope:
        return instance.scope
    kind, _colon, code = record.subject.partition(":")
    return code if kind == "village" else str((record.detail or {}).get("village") or "")


def household_of(record: Event) -> str:
    """The code of the household a record is about; "" where it is about none."""
    kind, _colon, code = record.subject.partition(":")
    return code if kind == "household" else str((record.detail or {}).get("household") or "")


def day_of(moment: datetime) -> str:
    """The campaign's day of a moment: ``2020-05-27``."""
    return clock.local(moment).date().isoformat()


def places(record: Event, instance: ProcessInstance | None) -> Iterator[tuple[str, object]]:
    """(kind, value) of what a record can be filtered by."""
    campaign, day = record.campaign_id, day_of(record.at)
    yield from (("campaign", campaign), ("day", day), ("month", day[:7]))
    yield from (("kind", record.kind), ("group", record.kind.partition(".")[0]))
    yield from (("person", name) for name in (record.actor, record.on_behalf_of) if name)
    if record.element_id:
        yield "element", record.element_id
    if record.subject:
        yield "subject", f"{campaign}:{record.subject}"
    if village := village_of(record, instance):
        yield "village", f"{campaign}:{village}"
    if household := household_of(record):
        yield "household", f"{campaign}:{household}"
    if instance is not None:
        yield from (("instance", instance.key), ("process", instance.process_id))


def of(record: Event, instance: ProcessInstance | None) -> list[int]:
    """Every term of a record, places first."""
    found = [term(kind, value) for kind, value in places(record, instance)]
    for line in words(record, instance).split("\n"):
        found += _of_line(line)
    return list(dict.fromkeys(found))[:MOST]


@lru_cache(maxsize=20_000)
def _of_line(line: str) -> tuple[int, ...]:
    """Names and labels come again and again."""
    return tuple(term("word", piece) for piece in pieces(line))


def of_word(word: str) -> list[int]:
    """The terms that a record must have to contain *word*; [] when it cannot be looked up (punctuation only)."""
    return list(dict.fromkeys(term("word", piece) for piece in pieces(plain(word))))


#: All of a clause's alternatives; each a list of terms that must all be there.
Clause = list[list[int]]


def any_of(kind: str, values: Iterable[object]) -> Clause:
    """One of these values."""
    return [[term(kind, value)] for value in values]
