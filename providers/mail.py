"""Mail by SMTP. Connections are opened when they are needed, kept, and made again when lost.

A mail is named after its key (`Message-ID`), so a repeat after a crash is one mail to whoever
looks at names.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from providers.notifications import ChannelError, Code, Outgoing, Refusal, Taken
from providers.smtp_answers import CLOSING, Why, of_message, of_recipient

_PORT: Final = 587
_TLS_PORT: Final = 465
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
CONNECTIONS_MAX: Final = 10
"""Connections to the server unless told otherwise."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in."""

    host: str
    port: int = _PORT
    sender: str = "shop@flowmart.example"
    sender_name: str = "FlowMart"
    username: str | None = None
    password: str | None = None
    use_tls: bool = False
    """TLS from the first byte (port 465)."""
    start_tls: bool | None = None
    """None: where the server offers it. True: or not at all."""
    timeout_s: float = 10.0

    @classmethod
    def at(cls, url: str, sender: str) -> "SmtpServer":
        """The server that `smtp://user:password@host:port` or `smtps://...` names."""
        parts = urlsplit(url)
        is_tls = parts.scheme == "smtps"
        # Whoever sits in between could leave the server's offer out, and read the password.
        needs_tls = parts.username is not None and not is_tls and parts.hostname not in _HERE
        return cls(
            parts.hostname or "",
            parts.port or (_TLS_PORT if is_tls else _PORT),
            sender,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=is_tls,
            start_tls=True if needs_tls else None,
        )

    def __repr__(self) -> str:
        """Without the password."""
        return f"SmtpServer({self.host}:{self.port}, sender={self.sender!r})"


class SmtpMail:
    """Sends mail over as many connections as are needed, within a bound."""

    name = "smtp"
    is_outside = True

    def __init__(self, server: SmtpServer, *, connections_max: int = CONNECTIONS_MAX) -> None:
        self._server = server
        self.calls_max = connections_max
        self._slots = asyncio.Semaphore(connections_max)
        self._idle: list[aiosmtplib.SMTP] = []

    async def send(self, message: Outgoing) -> Taken | Refusal:
        """Hand in a mail."""
        try:
            mail = mail_of(message, self._server)
        except (ValueError, IndexError, MessageError) as error:
            return Refusal(Code.HARD_BOUNCE, f"not an address: {type(error).__name__}")
        async with self._slots:
            client = await self._connected()
            answer = await self._handed_in(client, mail)
            self._idle.append(client)
        if isinstance(answer, ChannelError):
            raise answer
        return answer

    async def close(self) -> None:
        """Say goodbye to the server."""
        while self._idle:
            client = self._idle.pop()
            try:
                await client.quit()
            except (aiosmtplib.SMTPException, OSError):
                client.close()

    async def _handed_in(
        self, client: aiosmtplib.SMTP, mail: EmailMessage
    ) -> Taken | Refusal | ChannelError:
        """What the server answers. A connection that did not answer is closed for good.

        Raises:
            ChannelError: it did not.
        """
        try:
            _, answer = await client.send_message(mail)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            first = refused.recipients[0]
            return self._answered(client, first.code, first.message, of_recipient)
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as refused:
            return self._answered(client, refused.code, refused.message, of_message)
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise self._trouble(error) from error
        except BaseException:
            # Cut off half way through, the connection would give the next mail our answer.
            client.close()
            raise
        return Taken(answer)

    async def _connected(self) -> aiosmtplib.SMTP:
        while self._idle:
            client = self._idle.pop()
            if client.is_connected:
                return client
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.use_tls,
            start_tls=server.start_tls,
            timeout=server.timeout_s,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise self._trouble(error) from error
        return client

    def _trouble(self, error: Exception) -> ChannelError:
        return ChannelError(f"{self.name}: {type(error).__name__}: {error}")

    def _answered(
        self, client: aiosmtplib.SMTP, code: int, text: str, why: Why
    ) -> Refusal | ChannelError:
        """A no to the address, to the message or to ourselves; one for now is tried again."""
        if code == CLOSING:
            client.close()  # It would fail the next mail.
        blamed = why(code, text)
        if blamed is None:
            return ChannelError(f"{self.name}: {code} {text}")
        return Refusal(blamed, f"{code} {text}")


def mail_of(message: Outgoing, server: SmtpServer) -> EmailMessage:
    """The mail: text, and HTML where there is some, to one address; no header is smuggled in.

    Raises:
        ValueError, IndexError, MessageError: the address is none, or is several.
    """
    mail = EmailMessage()
    mail["From"] = Address(server.sender_name, addr_spec=server.sender)
    mail["To"] = Address(addr_spec=_in_ascii(message.to[0]))
    mail["Subject"] = " ".join(message.subject.split())
    mail["Date"] = formatdate()
    mail["Message-ID"] = message_id(message.key, server.sender)
    mail["Auto-Submitted"] = "auto-generated"
    if message.urgent:
        mail["Importance"] = "high"
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    return mail


def message_id(key: str, sender: str) -> str:
    """The name of the mail with that key: the same for every try."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{sender.rpartition('@')[2]}>"


def _in_ascii(address: str) -> str:
    """The address with its domain as the network names it (IDNA), which every server takes.

    Raises:
        ValueError: the domain is none.
    """
    if address.isascii():
        return address
    local, at, domain = address.rpartition("@")
    return local + at + domain.encode("idna").decode()
