"""Settings, read once from the environment. No setting has a secret as its default."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

#: The folder that holds processes/, forms/ and app/.
ROOT = Path(__file__).resolve().parent.parent


LOOPBACK = "127.0.0.1"


class ConfigError(Exception):
    """The settings do not allow a start."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """The office's mail server."""

    host: str
    port: int
    #: ``starttls``, ``tls`` (from the first byte), or ``none``: to this machine itself only
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    #: the authority that signed the server's certificate, when no public one did
    ca: Path | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """Where data live and how this process behaves."""

    #: Folder of the embedded database, keys and uploads (``DAOPAI_HOME``, default ``instance/``).
    home: Path
    #: SQLAlchemy address (``DATABASE_URL``, default SQLite in ``home``).
    database_url: str
    #: Signs sessions and tokens (``DAOPAI_SECRET_KEY``); in production it must be given.
    secret_key: str
    #: 32 bytes as hexadecimal text; encrypts personal fields (``DAOPAI_DATA_KEY``); in production it must be given.
    data_key: str
    #: ``DAOPAI_ENV=production``: real clock, no demonstration accounts, secure cookies.
    production: bool = False
    #: Set by tests: no rate limits that would make them wait, errors propagate.
    testing: bool = False
    #: System, security administrators and auditors must set up a second factor (``DAOPAI_TOTP_FOR_ADMINS``, default: in production).
    totp_for_admins: bool = False
    #: 32 bytes as hexadecimal text; signs the seals over the records (``DAOPAI_SEAL_KEY``). Without it one is made and kept in ``home``, in
    #: production too: it opens nothing, and its public half stands in every seal. Several machines share one.
    seal_key: str = ""
    #: Minutes between two seals (``DAOPAI_SEAL_MINUTES``).
    seal_minutes: float = 10
    #: Folder of the anchor file, best on another machine's disk (``DAOPAI_ANCHORS``, default ``anchors`` in ``home``).
    anchors: Path | None = None
    #: Rows that one auditor may export in a day without a second person (``DAOPAI_EXPORT_ROWS``).
    export_rows: int = 500
    #: Mail server (``DAOPAI_SMTP`` = host:port, ``DAOPAI_SMTP_USER``, ``_PASSWORD``, ``_TLS`` = starttls | tls | none, ``_CA``).
    smtp: Smtp | None = None
    #: Sender of mail (``DAOPAI_MAIL_FROM``).
    mail_from: str = ""
    #: Who gets the newest seal by mail (``DAOPAI_ANCHOR_TO``, separated by commas).
    anchor_to: tuple[str, ...] = ()
    #: Hours between two such mails (``DAOPAI_ANCHOR_HOURS``); at a campaign's end there is one besides.
    anchor_hours: float = 24
    #: Proxies in front of this server whose word about the client's address counts (``DAOPAI_PROXIES``); 0: nobody's.
    proxies: int = 0
    #: Address to listen on (``DAOPAI_BIND``); other machines reach none but what is not loopback.
    bind: str = LOOPBACK

    @property
    def uploads(self) -> Path:
        return self.home / "uploads"


def from_environment(environ: Mapping[str, str] | None = None) -> Config:
    """Read the settings.

    Outside production, missing keys are made once and kept in ``home`` (mode 600), so that a second start can read the data of
    the first. In production they are never made: ``ConfigError`` says which one is missing.
    """
    env = os.environ if environ is None else environ
    production = is_production(env)
    home = Path(env.get("DAOPAI_HOME") or ROOT / "instance").resolve()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(_UNWRITABLE.format(home, error.strerror)) from error
    url = _database_url(env, home)
    keys = _keys(env, home, production)
    totp = env.get("DAOPAI_TOTP_FOR_ADMINS", "1" if production else "0") == "1"
    return Config(
        home,
        url,
        keys["DAOPAI_SECRET_KEY"],
        keys["DAOPAI_DATA_KEY"],
        production,
        totp_for_admins=totp,
        seal_key=_seal_key(env, home),
        seal_minutes=_number(env, "DAOPAI_SEAL_MINUTES", 10),
        anchors=Path(env.get("DAOPAI_ANCHORS") or home / "anchors").resolve(),
        export_rows=int(_number(env, "DAOPAI_EXPORT_ROWS", 500)),
        smtp=_smtp(env),
        mail_from=next(iter(_addresses(env, "DAOPAI_MAIL_FROM", 1)), ""),
        anchor_to=_addresses(env, "DAOPAI_ANCHOR_TO", 20),
        anchor_hours=_number(env, "DAOPAI_ANCHOR_HOURS", 24),
        proxies=_proxies(env),
        bind=_bind(env),
    )


_UNWRITABLE = "{0}：不能写入（{1}），请检查文件夹权限或 DAOPAI_HOME ({0} cannot be written: {1}. Check its rights, or set DAOPAI_HOME)."
_HEX_KEY = re.compile("[0-9a-fA-F]{64}")
#: A shorter key could be guessed.
_SECRET_LENGTH = 32


def is_production(env: Mapping[str, str]) -> bool:
    """Whether ``DAOPAI_ENV`` says so. A word that is neither is refused: it was meant to be one of them."""
    written = env.get("DAOPAI_ENV", "")
    if written not in {"", "demonstration", "production"}:
        raise ConfigError(f"DAOPAI_ENV={written}：只能是 production 或 demonstration (it must be production or demonstration).")
    return written == "production"


def _database_url(env: Mapping[str, str], home: Path) -> str:
    """The address with the driver that is installed; SQLite in *home* without one."""
    url = env.get("DATABASE_URL") or f"sqlite:///{home / 'daopai.db'}"
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    try:
        known = make_url(url).drivername in {"sqlite", "postgresql+psycopg"}
    except (ArgumentError, ValueError):
        known = False
    if not known:
        raise ConfigError(
            "DATABASE_URL 不是可用的地址 (DATABASE_URL must look like postgresql://user:password@host/name or sqlite:////folder/file.db)."
        )
    return url


#: Where mail may go without encryption.
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")


def _smtp(env: Mapping[str, str]) -> Smtp | None:
    """The mail server; None when there is none. What is written wrongly is refused at the start, not when the mail is due."""
    if not env.get("DAOPAI_SMTP"):
        return None
    host, _colon, port = env["DAOPAI_SMTP"].strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", host) or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ConfigError("DAOPAI_SMTP must be host:port, e.g. mail.example.org:587.")
    security = env.get("DAOPAI_SMTP_TLS") or "starttls"
    if security not in {"starttls", "tls", "none"}:
        raise ConfigError("DAOPAI_SMTP_TLS must be starttls, tls or none.")
    if security == "none" and host not in _LOOPBACK:
        raise ConfigError("DAOPAI_SMTP_TLS=none is for a mail server on this machine (localhost). To another one mail goes encrypted.")
    ca = Path(env["DAOPAI_SMTP_CA"]) if env.get("DAOPAI_SMTP_CA") else None
    if ca is not None and not ca.is_file():
        raise ConfigError("DAOPAI_SMTP_CA must be a file with the certificate of the authority that signed the mail server's.")
    return Smtp(host, int(port), security, env.get("DAOPAI_SMTP_USER", ""), env.get("DAOPAI_SMTP_PASSWORD", ""), ca)


def _addresses(env: Mapping[str, str], name: str, most: int) -> tuple[str, ...]:
    """Mail addresses, plain: nothing in them can become a header or a command."""
    found = tuple(each.strip() for each in (env.get(name) or "").split(",") if each.strip())
    if len(found) > most or not all(_ADDRESS.fullmatch(each) for each in found):
        raise ConfigError(f"{name}: at most {most} plain mail addresses, separated by commas, e.g. name@example.org.")
    return found


def _keys(env: Mapping[str, str], home: Path, production: bool) -> dict[str, str]:
    """The two keys without which nothing starts."""
    keys = {}
    for name in ("DAOPAI_SECRET_KEY", "DAOPAI_DATA_KEY"):
        value = env.get(name)
        if not value and production:
            raise ConfigError(
                f"{name} is not set. Production needs its own key: "
                'make one with  python3 -c "import secrets; print(secrets.token_hex(32))"  and keep it safe.'
            )
        keys[name] = value or _kept_key(home / f".{name.lower()}")
    _hexadecimal("DAOPAI_DATA_KEY", keys["DAOPAI_DATA_KEY"])
    if len(keys["DAOPAI_SECRET_KEY"]) < _SECRET_LENGTH:
        raise ConfigError(f"DAOPAI_SECRET_KEY 至少 {_SECRET_LENGTH} 个字符 (it must have at least {_SECRET_LENGTH} characters).")
    return keys


def _hexadecimal(name: str, key: str) -> str:
    if _HEX_KEY.fullmatch(key) is None:
        raise ConfigError(f"{name} 必须是 64 位十六进制字符 ({name} must be 64 hexadecimal characters, 32 bytes).")
    return key


def _seal_key(env: Mapping[str, str], home: Path) -> str:
    return _hexadecimal("DAOPAI_SEAL_KEY", env.get("DAOPAI_SEAL_KEY") or _kept_key(home / ".daopai_seal_key"))


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    try:
        value = float(env.get(name) or default)
    except ValueError:
        value = 0
    if value <= 0:
        raise ConfigError(f"{name} must be a number above 0.")
    return value


def _proxies(env: Mapping[str, str]) -> int:
    written = (env.get("DAOPAI_PROXIES") or "0").strip()
    if re.fullmatch("[0-9]", written) is None:
        raise ConfigError("DAOPAI_PROXIES 须为 0 至 9 的整数：本服务前面有几层代理 (DAOPAI_PROXIES must be a whole number from 0 to 9).")
    return int(written)


def _bind(env: Mapping[str, str]) -> str:
    written = (env.get("DAOPAI_BIND") or LOOPBACK).strip()
    try:
        return str(ip_address(LOOPBACK if written == "localhost" else written))
    except ValueError as error:
        text = "DAOPAI_BIND 须为一个 IP 地址，如 127.0.0.1 或 0.0.0.0 (DAOPAI_BIND must be an IP address, e.g. 127.0.0.1 or 0.0.0.0)."
        raise ConfigError(text) from error


def _kept_key(path: Path) -> str:
    """The key in *path*; made there the first time. ConfigError when the file cannot be written or read, or holds no key."""
    try:
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
        key = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(_UNWRITABLE.format(path, getattr(error, "strerror", error))) from error
    if _HEX_KEY.fullmatch(key) is None:
        raise ConfigError(f"{path}：密钥文件已损坏，请用备份恢复 (the key file is damaged: restore it from a backup).")
    return key
