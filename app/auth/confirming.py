"""Somebody who is signed in is asked for his secrets again, before what a stolen session must not do. Wrong ones count like sign-ins."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import clock
from app.auth import accounts, attempts, passwords, recovery, totp
from app.auth.current import actor, database, identity


def password_objection(given: str) -> str | None:
    """Why the password that was typed does not count, as a sentence; None: it is the account's."""
    username, by = identity().username, actor()
    until = database().in_transaction(lambda write: attempts.begin(write, username, by.origin, "current"))
    if until:
        return str(_("连续输错次数太多，请 %(until)s 后再试。", until=clock.local(until).strftime("%H:%M")))
    with database().reading() as read:
        stored = accounts.find(read, username).password_hash
    if not passwords.verify(given, stored):
        database().in_transaction(lambda write: attempts.failed(write, username, by.origin, "current"))
        return str(_("现在的密码不对。"))
    database().in_transaction(lambda write: attempts.succeeded(write, username, by.origin))
    return None


def factor_objection(given: str) -> str | None:
    """Why the code of the present second factor does not count; None: it does (and is used up now), or there is no second factor."""
    username, by = identity().username, actor()
    until = database().in_transaction(lambda write: attempts.begin(write, username, by.origin, "code"))
    if until:
        return str(_("连续输错次数太多，请 %(until)s 后再试。", until=clock.local(until).strftime("%H:%M")))

    def check(write: Session) -> bool:
        accounts.hold(write, username)
        account = accounts.find(write, username)
        return account.totp_secret is None or totp.accepts(account, given) or recovery.use(write, username, given, by)

    if not database().in_transaction(check):
        database().in_transaction(lambda write: attempts.failed(write, username, by.origin, "code"))
        return str(_("验证码或恢复码不对，或已用过。"))
    database().in_transaction(lambda write: attempts.succeeded(write, username, by.origin))
    return None
