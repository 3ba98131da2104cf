"""Which rows are followed, and what the digest of one is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import MetaData, Select, Table, inspect, select

from app.engine import chains

#: What records keep the changes under.
STATES = "states"
#: Counts the ways in which rows have been hashed. A migration that writes followed rows raises it, so that they are told anew.
_WAY = 1
#: How ciphertexts begin, and columns that hold hashes of secrets.
_CIPHER, _SECRETS = "v1.", ("password_hash", "token_hash")
_CIPHER_IN_JSON = b'"v1.'
#: types whose values are hashed as they are
_AS_IT_IS = frozenset({type(None), bool, int, float, dict, list})


@dataclass(frozen=True, slots=True)
class Followed:
    """A table whose rows are followed."""

    table: Table
    #: what is hashed, in this order
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    #: the column with the campaign; "" for rows of no campaign
    campaign: str
    #: a revision keeps two writers of a row apart
    revised: bool
    #: all rows, with these columns
    query: Select[Any]
    #: (column, values): only rows with one of these are followed; None: all rows
    only: tuple[str, frozenset[Any]] | None = None

    def has(self, values: Mapping[str, Any]) -> bool:
        """Whether a row, given by column, is one of those that are followed."""
        return self.only is None or values[self.only[0]] in self.only[1]

    def name(self, values: Mapping[str, Any]) -> str:
        """``household:123``, ``campaign_date:7/visits_to``."""
        return f"{self.table.name}:{'/'.join(str(values[key]) for key in self.keys)}"

    def campaign_of(self, values: Mapping[str, Any]) -> int:
        """The campaign of a row, given by column."""
        return int(values[self.campaign] or 0) if self.campaign else 0

    def digest(self, values: Mapping[str, Any]) -> str:
        """The digest of a row, given by column."""
        text = chains.canonical(self._written(values))
        # Contents are looked into for ciphertexts only where one may be: each completion hashes four rows with their variables.
        return chains.digest(chains.canonical(self.hashed(values)) if _CIPHER_IN_JSON in text else text)

    def hashed(self, values: Mapping[str, Any]) -> list[Any]:
        """What is hashed of a row: ciphertexts by their digest, times as text."""
        return [_shut(value) for value in self._written(values)]

    def _written(self, values: Mapping[str, Any]) -> list[Any]:
        """``hashed``, but for ciphertexts within contents."""
        return [value if type(value := values[name]) in _AS_IT_IS else _plain(name, value) for name in self.columns]


#: table name → how it is followed
FOLLOWED: dict[str, Followed] = {}

#: modules whose import fills ``FOLLOWED``
ROOMS: set[str] = set()


def follow(
    model: type[Any],
    *,
    without: Sequence[str] = (),
    campaign: str = "campaign_id",
    only: tuple[str, frozenset[Any]] | None = None,
    room: str = "",
) -> None:
    """Follow the rows of *model*, all columns but the revision and *without*. *room*: the module that says so, if it is not the model's.

    The columns are part of what is proved: when they change, every row is told of anew at the next start (``anew.begin``).
    """
    mapper = inspect(model)
    table: Table = mapper.local_table
    revision = mapper.version_id_col
    left = {*without, revision.name if revision is not None else ""}
    columns = tuple(column.name for column in table.columns if column.name not in left)
    keys = tuple(column.name for column in table.primary_key.columns)
    ROOMS.add(room or model.__module__)
    query = select(*(table.c[name] for name in columns))
    query = query if only is None else query.where(table.c[only[0]].in_(sorted(only[1])))
    FOLLOWED[table.name] = Followed(table, columns, keys, campaign, revision is not None, query, only)


def of(row: Any) -> Followed | None:
    """How an object is followed."""
    how = FOLLOWED.get(getattr(row, "__tablename__", ""))
    return how if how is not None and (how.only is None or getattr(row, how.only[0]) in how.only[1]) else None


def way() -> dict[str, list[str]]:
    """What is hashed: table → columns. It is recorded, so that a later release can still hold rows against what was told in this way."""
    return {name: list(each.columns) for name, each in FOLLOWED.items()}


def fingerprint() -> str:
    """Changes when other columns are followed, or are hashed in another way."""
    return fingerprint_of(way())


def fingerprint_of(columns: Mapping[str, Sequence[str]]) -> str:
    """The fingerprint of a ``way``."""
    return chains.digest(chains.canonical([_WAY, columns]))


def as_told(columns: Mapping[str, Sequence[str]], known: MetaData) -> dict[str, Followed]:
    """How rows were followed in an earlier ``way``, by the database's tables as they are (*known*, reflected); lost ones are left out."""
    found = {}
    for name, wanted in columns.items():
        table = known.tables.get(name)
        if table is not None and set(wanted) <= set(table.c.keys()):
            now = FOLLOWED.get(name)
            only, keys = now.only if now else None, tuple(column.name for column in table.primary_key)
            query = select(*(table.c[column] for column in wanted))
            query = query if only is None else query.where(table.c[only[0]].in_(sorted(only[1])))
            found[name] = Followed(table, tuple(wanted), keys, now.campaign if now else "", False, query, only)
    return found


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, str):
        secret = value.startswith(_CIPHER) or (value and name in _SECRETS)
        return {"gone": chains.digest(value.encode())} if secret else value
    if isinstance(value, datetime):
        return chains.stamp(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, bytes):
        return {"sha256": hashlib.sha256(value).hexdigest()}
    return value


def _shut(value: Any) -> Any:
    """A copy of *value* with the digest of each ciphertext (``personal``) in its place."""
    if isinstance(value, str) and value.startswith(_CIPHER):
        return {"gone": chains.digest(value.encode())}
    if isinstance(value, dict):
        return {name: _shut(inner) for name, inner in value.items()}
    return [_shut(inner) for inner in value] if isinstance(value, list | tuple) else value
