"""Personal fields: encrypted at rest, masked on screen, shown by a recorded act, kept out of logs.

AES-256-GCM with the place ``table:row:column`` as associated data: a value copied to another row or column does not decrypt. The
stored text is ``v1.<key id>.<base64url of nonce and ciphertext>``; the key id tells a rotated key from the present one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import math
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app import unreadable

Kind = Literal["id_number", "phone", "bank", "health", "name"]
#: what a person writes where there is none (wú, no telephone): a value like another, and nothing to hide
NONE = frozenset({chr(0x65E0), "none"})


class PersonalDataError(unreadable.UnreadableData):
    """A personal field cannot be read: the key is missing, or the stored text was altered or moved from its place."""


class _Keys:
    """The keys of this process: the present one encrypts, earlier ones still decrypt."""

    def __init__(self, present: str, earlier: tuple[str, ...] = ()) -> None:
        self.ciphers = {key_id(key): AESGCM(_derived(key, b"encrypt")) for key in (*earlier, present)}
        self.present = key_id(present)
        self.index = _derived(present, b"blind index")


def _derived(key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"daopai " + purpose).derive(bytes.fromhex(key))


def key_id(key: str) -> str:
    """Which key it is, without saying it: 8 hexadecimal characters, part of every stored ciphertext."""
    return hashlib.sha256(b"daopai key id " + bytes.fromhex(key)).hexdigest()[:8]


_keys: _Keys | None = None


def install(data_key: str, *, earlier: tuple[str, ...] = ()) -> None:
    """Use *data_key* (64 hexadecimal characters) in this process and scrub the log. *earlier* keys decrypt what they encrypted."""
    global _keys
    _keys = _Keys(data_key, earlier)
    scrub_logs()


def _in_use() -> _Keys:
    if _keys is None:
        raise PersonalDataError("no data key: call personal.install(config.data_key) first")
    return _keys


def _place(table: str, row: object, column: str) -> bytes:
    return f"{table}:{row}:{column}".encode()


def encrypt(table: str, row: object, column: str, text: str) -> str:
    """Encrypt *text* for its place. The empty text stays empty. The same text gives another result each time."""
    if not text:
        return ""
    keys = _in_use()
    nonce = secrets.token_bytes(12)
    sealed = nonce + keys.ciphers[keys.present].encrypt(nonce, text.encode(), _place(table, row, column))
    return f"v1.{keys.present}.{base64.urlsafe_b64encode(sealed).decode()}"


def decrypt(table: str, row: object, column: str, text: str) -> str:
    """Read what ``encrypt`` wrote for the same place. When it was altered, moved, or its key is missing: PersonalDataError, or a
    marked value where it is only shown (``unreadable``)."""
    if not text:
        return ""
    try:
        version, key_id, body = text.split(".", 2)
        sealed = base64.urlsafe_b64decode(body.encode())
        cipher = _in_use().ciphers[key_id]
        if version != "v1":
            raise ValueError(version)
        return cipher.decrypt(sealed[:12], sealed[12:], _place(table, row, column)).decode()
    except (ValueError, KeyError, InvalidTag) as error:
        try:
            shown: str = unreadable.instead(f"{table}:{row}:{column}", unreadable.TEXT, error)
        except unreadable.UnreadableData:
            raise PersonalDataError(f"{table}:{row}:{column}") from error
        return shown


def is_encrypted(text: Any) -> bool:
    """Whether *text* looks like what ``encrypt`` writes."""
    return isinstance(text, str) and re.fullmatch(r"v1\.[0-9a-f]{8}\.[A-Za-z0-9_=-]{38,}", text) is not None


def key_id_of(text: str) -> str:
    """The id of the key that encrypted *text*; empty where it is no ciphertext."""
    return text.split(".")[1] if is_encrypted(text) else ""


def uses_earlier_key(text: str) -> bool:
    """Whether *text* was encrypted with an earlier key, so that a rotation should write it again."""
    return bool(text) and not text.startswith(f"v1.{_in_use().present}.")


def blind_index(kind: str, text: str) -> str:
    """A keyed hash that finds equal values without decrypting (upper case, no blanks). Differs between kinds. 64 characters;
    empty where there is no value: none is equal to nothing."""
    plain = "" if text in NONE else re.sub(r"[\s-]", "", text).upper()
    return hmac.new(_in_use().index, f"{kind}:{plain}".encode(), hashlib.sha256).hexdigest() if plain else ""


def mask(kind: Kind, text: str) -> str:
    """What is shown instead: ``500235********1234``, ``138****1234``, ``6222 **** **** 1234``, ``张*``; health: nothing; ``无`` stays."""
    if not text or text in NONE or isinstance(text, unreadable.Unreadable):
        return text
    if kind == "id_number":
        return text[:6] + "*" * max(len(text) - 10, 4) + text[-4:] if len(text) >= 15 else "*" * len(text)
    if kind == "phone":
        return f"{text[:3]}****{text[-4:]}" if len(text) >= 11 else "****" + text[-2:] if len(text) > 4 else "****"
    if kind == "bank":
        return f"{text[:4]} **** **** {text[-4:]}" if len(text) >= 12 else "****"
    if kind == "name":
        return text[0] + "*" * (len(text) - 1) if len(text) > 1 else text
    return "******"


# 18-digit citizen numbers (also the 15-digit ones of before 1999) and mobile numbers, not inside longer numbers. The digits of the
# birth date must be a date, or else our own 18-digit keys would be masked, too.
_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_ID_NUMBER = re.compile(rf"(?<![0-9A-Za-z])(\d{{6}})(?:(?:18|19|20)\d\d{_DAY}\d{{3}}[\dXx]|\d\d{_DAY}\d{{3}})(?![0-9A-Za-z])")
_PHONE = re.compile(r"(?<!\d)(1[3-9]\d)[ -]?\d{4}[ -]?(\d{4})(?!\d)")
# Cards of China's banks begin with 62; our keys will only in 2067.
_BANK = re.compile(r"(?<!\d)(62\d\d)(?:[ -]?\d{4}){2}[ -]?\d{0,3}[ -]?(\d{4})(?!\d)")
_QUOTED = re.compile(r"(['\"])((?:(?!\1).)*)\1|([“‘「])([^”’」]*)([”’」])")
_CODE = re.compile(r"[A-Za-z0-9_:.,+/@\[\]()=#%<>*!?|{}$& -]*")
_LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){10}")


def scrub(text: str) -> str:
    """*text* with ID, card and phone numbers masked."""
    return _PHONE.sub(r"\1****\2", _BANK.sub(r"\1 **** **** \2", _ID_NUMBER.sub(r"\1********", text)))


def is_code(text: str) -> bool:
    """A code, a moment, a user name: no Chinese, no long numbers, not long itself. It can name nobody and tell nothing."""
    return len(text) <= 120 and _CODE.fullmatch(text) is not None and not _LONG_NUMBER.search(text)


#: Variables that are personal whatever they look like, with everything below them.
_ABOUT_PERSONS = re.compile(
    r"phone|mobile|wechat|(^|_)qq$|id_?(number|card)|bank|account|health|illness|disease|birth|address|(^|_)heads?$|(?-i:[a-z]Heads?$)",
    re.IGNORECASE,
)
#: What somebody is called or has written: the last part of a path.
_WRITTEN = re.compile(r"(^|_)(label|text|note|remark|name|reason)s?$|(?-i:[a-z](Label|Text|Note|Remark|Name|Reason)s?$)", re.IGNORECASE)
#: What institutions' variables are called: the ``name`` in them is not a person's.
_INSTITUTIONS = {"campaign", "village", "villages", "group", "groups"}


def about_a_person(path: str) -> bool:
    """Whether what stands at ``household.phone`` is personal by its name alone. There is no other list of such names."""
    return any(_ABOUT_PERSONS.search(name) for name in path.split("."))


def names_a_person(path: str) -> bool:
    """The same for a variable: also what somebody is called or has written."""
    if _names_institution(path):
        return False
    return about_a_person(path) or _WRITTEN.search(path.rpartition(".")[2]) is not None


def _names_institution(path: str) -> bool:
    *_above, owner, last = ["", *path.split(".")]
    return last == "name" and owner in _INSTITUTIONS


def hides(path: str, value: Any) -> bool:
    """Whether the variable (or a simple value in it) at *path* stays hidden from who runs or audits the system: by its name or its look."""
    if value is None or isinstance(value, bool):
        return False
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return any(hides(path, each) for each in inner)
    if names_a_person(path):
        return True
    if isinstance(value, str):
        return not (is_code(value) or (_names_institution(path) and not _LONG_NUMBER.search(value)))
    # Only a whole number can be that of a person or of a card.
    return math.isfinite(value) and value == int(value) and _LONG_NUMBER.search(str(int(value))) is not None


def without_values(text: str) -> str:
    """A technical message without the values quoted in it: they may be what somebody said of a household."""

    def hidden(found: re.Match[str]) -> str:
        opening, inner, closing = found.group(3) or found.group(1), found.group(4) or found.group(2) or "", found.group(5) or found.group(1)
        return found.group() if is_code(inner) else f"{opening}…{closing}"

    return _LONG_NUMBER.sub("***********", scrub(_QUOTED.sub(hidden, text)))


class Scrubber(logging.Filter):
    """Masks personal numbers in what is logged: message, arguments and traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            text = record.getMessage()
        except (TypeError, ValueError):  # wrong arguments: logging reports it where the record is written
            text = f"{record.msg} {record.args}"
        record.msg, record.args = scrub(text), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            # What stands at the margin is the exception with the values that it quotes; the rest is the program's own text.
            lines = [scrub(line) if line.startswith((" ", "\t")) else without_values(line) for line in record.exc_text.split("\n")]
            record.exc_text = "\n".join(lines)
        return True


def scrub_logs() -> None:
    """Put one scrubber before every record of this process.

    A filter on the root logger does not see what other loggers hand up, so the scrubber sits where records are made.
    """
    factory = logging.getLogRecordFactory()
    if getattr(factory, "daopai_scrubber", False):
        return
    scrubber = Scrubber()

    def make(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = factory(*args, **kwargs)
        scrubber.filter(record)
        return record

    make.daopai_scrubber = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(make)


@dataclass(frozen=True, slots=True)
class Unmasked:
    """One value in the clear, and whom it is about (``household:<code>``), for the record."""

    value: str
    subject: str


#: (session, key, identity) → the value, or None when this user may not see it (or it does not exist).
Resolver = Callable[[Any, str, Any], Unmasked | None]

_resolvers: dict[str, Resolver] = {}


def unmaskable(what: str, resolver: Resolver) -> None:
    """Let masked values of *what* (``household.id_number``) be shown to whom *resolver* allows. Registered while the app is built."""
    _resolvers[what] = resolver


def resolver_of(what: str) -> Resolver | None:
    """Who decides about *what*; None: nobody, so it is never shown."""
    return _resolvers.get(what)
