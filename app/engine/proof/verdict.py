"""What a verification that found nothing may say, and what it must add: it never says more than was looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, text

from app.engine.proof import write_seals
from app.engine.proof.check_times import Counted
from app.engine.proof.findings import Finding

#: How the codes of what it adds begin.
LIMIT = "limit_"


def limits(connection: Connection, anchor: Mapping[int, Mapping[str, Any]], counted: Counted, *, elsewhere: bool) -> list[Finding]:
    """On what the verdict rests. *anchor*: number → seal; *elsewhere*: of a file that was kept apart from this machine."""
    rows = connection.execute(text("SELECT number, public_key FROM seal ORDER BY number")).all()
    seals = [row for row in rows if isinstance(row.number, int)]
    return [
        *_sealed(connection, len(seals)),
        *anchored([(row.number, str(row.public_key)) for row in seals], anchor, elsewhere),
        *timed(counted),
        Finding("limit_uncovered"),
    ]


def _sealed(connection: Connection, seals: int) -> Iterator[Finding]:
    if not seals:
        yield Finding("limit_no_seal")
        return
    last, records = connection.execute(text("SELECT number, records FROM seal ORDER BY number DESC LIMIT 1")).one()
    there = int(connection.scalar(text("SELECT count(*) FROM event")) or 0)
    if isinstance(records, int) and there > records:
        yield Finding("limit_unsealed", detail={"number": last, "many": there - records})


def anchored(seals: list[tuple[Any, str]], anchor: Mapping[int, Mapping[str, Any]], elsewhere: bool) -> Iterator[Finding]:
    """Whose word the seals (number, public key) are."""
    if not seals:
        return
    keys = dict.fromkeys(key for _number, key in seals)
    if len(keys) > 1:
        first = next(number for number, key in seals if key != seals[0][1])
        yield Finding("limit_keys", detail={"many": len(keys), "number": first})
    own = write_seals.public_key()
    if own is not None and own != seals[-1][1]:
        yield Finding("limit_own_key", detail={"public_key": own})
    code = "limit_no_anchor" if not anchor else "limit_anchor" if elsewhere else "limit_own_anchor"
    yield Finding(code, detail={"public_key": seals[-1][1]})
    if anchor and (missing := [number for number, _key in seals if number not in anchor]):
        yield Finding("limit_beyond_anchor", detail={"number": missing[0], "many": len(missing)})


def timed(counted: Counted) -> Iterator[Finding]:
    """Campaign times that lie before what is proved."""
    if counted.earlier:
        yield Finding("limit_earlier", key=counted.first_earlier, detail={"many": counted.earlier})
    if counted.backwards:
        yield Finding("limit_backwards", key=counted.first_backwards, detail={"many": counted.backwards})


def sentence(sealed: int, sound: bool, locale: str) -> str:
    """The verdict in one sentence: *sealed* is the number of the newest seal, 0 when there is none."""
    english = locale == "en"
    if not sound:
        return "Something is not as it was written." if english else "发现改动。"
    if not sealed:
        if english:
            return "The records fit each other, but no seal covers them: whether everything was written anew cannot be told."
        return "没有发现改动，但还没有封印：各条记录彼此相符，是否整体重写过无从判断。"
    if english:
        return f"Nothing that was looked at has been altered, as far as seal {sealed} proves it; mind the limits below."
    return f"在核验范围内、以第 {sealed} 号封印为准，没有改动；请同时看下列限定。"
