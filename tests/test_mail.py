"""Mail leaves over verified TLS only, says why it does not leave, and its settings can carry no header and no command."""

from __future__ import annotations

import logging
import socket
from email.message import EmailMessage
from pathlib import Path

import pytest

from app import mail
from app.config import ConfigError, Smtp, from_environment
from tests.mailbox import mailbox

PASSWORD = "a-password-nobody-may-read"


def letter(*to: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "封印", "daopai@example.org", ", ".join(to or ("a@example.org",))
    message.set_content("记录\n")
    return message


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_message_goes_over_encrypted_lines_with_a_password(security: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with mailbox(tmp_path, security=security, password=PASSWORD) as box:
        server = box.settings(user="daopai", password=PASSWORD)
        assert mail.send(server, letter()) == {}
        assert (box.encrypted, box.recipients, box.messages[0]["Subject"]) == (True, [["a@example.org"]], "封印")
        with pytest.raises(mail.MailError, match="not accepted: 535 who are you") as refused:
            mail.send(box.settings(user="daopai", password="another"), letter())
    assert PASSWORD not in f"{server!r} {caplog.text}" and "another" not in str(refused.value)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_nobody_vouches_for_gets_nothing(security: str, tmp_path: Path) -> None:
    with mailbox(tmp_path, security=security) as box:
        with pytest.raises(mail.MailError, match="no trusted connection"):
            mail.send(box.settings(ca=None), letter())
        assert box.messages == []


def test_a_server_that_offers_no_encryption_gets_nothing(tmp_path: Path) -> None:
    with mailbox(tmp_path, security="none") as box:
        with pytest.raises(mail.MailError, match="does not offer"):
            mail.send(box.settings(security="starttls", user="daopai", password=PASSWORD), letter())
        assert box.messages == []


def test_whom_the_server_refuses_is_told(tmp_path: Path) -> None:
    with mailbox(tmp_path, refuses={"b@example.org"}) as box:
        assert mail.send(box.settings(), letter("a@example.org", "b@example.org")) == {"b@example.org": "550 nobody of that name"}
        with pytest.raises(mail.MailError, match="all recipients are refused: 550 nobody"):
            mail.send(box.settings(), letter("b@example.org"))
        box.answer = "452 no room"
        with pytest.raises(mail.MailError, match="452"):
            mail.send(box.settings(), letter())


def test_a_server_that_says_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(mail.MailError, match="timed out"):
            mail.send(Smtp("127.0.0.1", port, "none"), letter())
    with pytest.raises(mail.MailError, match="Refused"):
        mail.send(Smtp("127.0.0.1", port, "none"), letter())


def test_settings_of_mail(tmp_path: Path) -> None:
    given = {
        "DAOPAI_HOME": str(tmp_path),
        "DAOPAI_SMTP": "mail.example.org:587",
        "DAOPAI_SMTP_USER": "daopai",
        "DAOPAI_SMTP_PASSWORD": PASSWORD,
        "DAOPAI_MAIL_FROM": "daopai@example.org",
        "DAOPAI_ANCHOR_TO": "a@example.org, b@example.org",
    }
    found = from_environment(given)
    assert found.smtp == Smtp("mail.example.org", 587, "starttls", "daopai", PASSWORD) and PASSWORD not in repr(found)
    assert (found.mail_from, found.anchor_to, found.anchor_hours) == ("daopai@example.org", ("a@example.org", "b@example.org"), 24)
    assert from_environment({**given, "DAOPAI_SMTP": "[::1]:25", "DAOPAI_SMTP_TLS": "none"}).smtp is not None
    assert from_environment({"DAOPAI_HOME": str(tmp_path)}).smtp is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DAOPAI_SMTP", "mail.example.org"),
        ("DAOPAI_SMTP", "mail.example.org:587\r\nX: y"),
        ("DAOPAI_SMTP", "a b:25"),
        ("DAOPAI_SMTP_TLS", "none"),
        ("DAOPAI_SMTP_TLS", "perhaps"),
        ("DAOPAI_SMTP_CA", "/there/is/no/such/file"),
        ("DAOPAI_MAIL_FROM", "a@example.org, b@example.org"),
        ("DAOPAI_ANCHOR_TO", "a@example.org\r\nBcc: c@example.org"),
        ("DAOPAI_ANCHOR_TO", "<a@example.org> SIZE=1"),
        ("DAOPAI_ANCHOR_HOURS", "0"),
    ],
)
def test_settings_that_are_written_wrongly_are_refused_at_the_start(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=name):
        from_environment({"DAOPAI_HOME": str(tmp_path), "DAOPAI_SMTP": "mail.example.org:587", name: value})
