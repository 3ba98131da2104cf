"""A mail server on loopback for tests: real sockets, STARTTLS or TLS, sign-in, and the refusals that a test asks for."""

from __future__ import annotations

import base64
import contextlib
import datetime
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.config import Smtp


@dataclass
class Mailbox:
    """What the server got, and how it behaves."""

    folder: Path
    #: ``starttls``, ``tls`` or ``none``: what the server offers
    security: str = "none"
    password: str = ""
    #: recipients that it refuses
    refuses: set[str] = field(default_factory=set)
    #: the answer to a message; anything but 250 is a failure
    answer: str = "250 taken"
    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    #: whether the last message came encrypted
    encrypted: bool = False

    @property
    def certificate(self) -> Path:
        return self.folder / "mail.pem"

    def settings(self, **more: Any) -> Smtp:
        """How to reach it, as the settings would say."""
        return Smtp("127.0.0.1", self.port, **{"security": self.security, "ca": self.certificate, **more})


class _Dialogue(socketserver.StreamRequestHandler):
    """As much of SMTP as ``smtplib`` speaks."""

    box: Mailbox
    context: ssl.SSLContext

    def setup(self) -> None:
        if self.box.security == "tls":
            self.request = self.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self._talk()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def _talk(self) -> None:
        self._say("220 mailbox")
        to: list[str] = []
        for line in iter(self._line, ""):
            verb, _space, rest = line.partition(" ")
            verb = verb.upper()
            if verb == "EHLO":
                to = []
                self._say(*("250-mailbox", "250-STARTTLS") if self.box.security == "starttls" else ("250-mailbox",), "250 AUTH PLAIN")
            elif verb == "STARTTLS":
                self._say("220 go on")
                self.rfile.close()
                self.request = self.context.wrap_socket(self.request, server_side=True)
                self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
            elif verb == "AUTH":
                told = base64.b64decode(rest.split()[-1]).split(b"\0")[-1].decode()
                self._say("235 welcome" if told == self.box.password else "535 who are you")
            elif verb == "RCPT":
                address = rest.partition("<")[2].partition(">")[0]
                to += [address] if address not in self.box.refuses else []
                self._say("250 known" if address not in self.box.refuses else "550 nobody of that name")
            elif verb == "DATA":
                self._say("354 go on")
                self._take(to)
            else:
                self._say("221 bye" if verb == "QUIT" else "250 well")
                if verb == "QUIT":
                    return

    def _take(self, to: list[str]) -> None:
        text = b"".join(iter(self.rfile.readline, b".\r\n"))
        if self.box.answer.startswith("250"):
            self.box.messages.append(message_from_bytes(text, policy=policy.default))
            self.box.recipients.append(to)
            self.box.encrypted = isinstance(self.request, ssl.SSLSocket)
        self._say(self.box.answer)

    def _line(self) -> str:
        return self.rfile.readline().decode().strip()

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away because of the certificate is what some tests want."""


@contextlib.contextmanager
def mailbox(folder: Path, **behaviour: Any) -> Iterator[Mailbox]:
    """A server of its own, with a certificate for 127.0.0.1 that only its own authority signed."""
    box = Mailbox(folder, **behaviour)
    _certify(box.certificate, folder / "mail.key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(box.certificate, folder / "mail.key")
    dialogue = type("Dialogue", (_Dialogue,), {"box": box, "context": context})
    with _Server(("127.0.0.1", 0), dialogue) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield box
        server.shutdown()
        thread.join()


def _certify(certificate: Path, key_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mailbox")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key_file.write_bytes(key.private_bytes(*plain))
