"""Mail to people: what a message is, and the two ways it leaves, as a file or by SMTP."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from app.core.config import Settings
from app.core.errors import Misconfigured, Unavailable
from app.core.ids import new_id

TIMEOUT_S: Final = 10.0
PORTS: Final = {"smtp": 587, "smtps": 465}
FOLDER: Final = "mail"


@dataclass(frozen=True, slots=True)
class Mail:
    """One plain message to one person."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Whatever takes messages to people."""

    async def send(self, mail: Mail) -> None:
        """Hands one message over. Raises Unavailable when it is not taken."""
        ...

    async def forget(self, address: str) -> int:
        """Removes what is kept here of messages to `address`; gives how many."""
        ...


class FileMailer:
    """Writes messages into a folder, for installations without a mail server and for trying things out."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        """Writes one file, which only the owner of the process may read."""
        await asyncio.to_thread(self._write, mail)

    def _write(self, mail: Mail) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{new_id()}.eml"
        path.touch(mode=0o600)
        path.write_bytes(bytes(_message(mail, self._sender)))

    async def forget(self, address: str) -> int:
        """Removes the files of messages to `address`; gives how many."""
        return await asyncio.to_thread(self._forget, address)

    def _forget(self, address: str) -> int:
        wanted = address.casefold()
        found = [path for path in self._folder.glob("*.eml") if _recipient(path).casefold() == wanted]
        for path in found:
            path.unlink(missing_ok=True)
        return len(found)


class SmtpMailer:
    """Sends by SMTP with TLS: from the start (`smtps`) or by STARTTLS (`smtp`), never without it."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise Misconfigured(
                setting="AGENTGRAPH_SMTP_URL", reason="smtp://user:password@host or smtps://… is needed"
            )
        self._implicit_tls = parts.scheme == "smtps"
        self._host, self._port = parts.hostname, parts.port or PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        """Sends one message. Raises Unavailable."""
        try:
            await asyncio.to_thread(self._send, mail)
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable from error

    async def forget(self, address: str) -> int:  # noqa: ARG002  (the interface's argument)
        """See `Mailer.forget`: what was sent is not kept here."""
        return 0

    def _send(self, mail: Mail) -> None:
        context = ssl.create_default_context()
        with self._connect(context) as server:
            if not self._implicit_tls:
                server.starttls(context=context)
            if self._user:
                server.login(self._user, self._password)
            server.send_message(_message(mail, self._sender))

    def _connect(self, context: ssl.SSLContext) -> smtplib.SMTP:
        if self._implicit_tls:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT_S, context=context)
        return smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_S)


def mailer_for(settings: Settings) -> Mailer:
    """The mailer of an installation. Raises Misconfigured on an SMTP address that is none."""
    if settings.smtp_url is None:
        return FileMailer(settings.data_dir / FOLDER, settings.mail_from)
    return SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from)


def _recipient(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return str(BytesHeaderParser(policy=default).parse(file)["To"] or "")
    except FileNotFoundError:
        return ""


def _message(mail: Mail, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, mail.to, mail.subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message
