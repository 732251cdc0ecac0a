"""Mail by SMTP. One connection an adapter, opened when it is needed and again when it was lost.

A mail is named after its key (`Message-ID`), so a repeat after a crash is one mail to whoever
looks at names.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final

import aiosmtplib

from providers.notifications import ChannelError, Code, Outgoing, Refusal, Taken

_PERMANENT: Final = 500
"""SMTP codes from here on are refusals for good; from 400 on for now (RFC 5321)."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in."""

    host: str
    port: int = 587
    sender: str = "shop@flowmart.example"
    sender_name: str = "FlowMart"
    username: str | None = None
    password: str | None = None
    use_tls: bool = False
    """TLS from the first byte (port 465)."""
    start_tls: bool | None = None
    """None: where the server offers it. True: or not at all."""
    timeout_s: float = 10.0

    def __repr__(self) -> str:
        """Without the password."""
        return f"SmtpServer({self.host}:{self.port}, sender={self.sender!r})"


class SmtpMail:
    """Sends mail, one at a time over one connection."""

    def __init__(self, server: SmtpServer, name: str = "smtp") -> None:
        self._server = server
        self._name = name
        self._lock = asyncio.Lock()
        self._client: aiosmtplib.SMTP | None = None

    @property
    def name(self) -> str:
        """As events name it."""
        return self._name

    async def send(self, message: Outgoing) -> Taken | Refusal:
        """Hand in a mail."""
        mail = mail_of(message, self._server)
        async with self._lock:
            try:
                client = await self._connected()
                _, answer = await client.send_message(mail)
            except aiosmtplib.SMTPRecipientsRefused as refused:
                return _refusal(refused.recipients[0].code, refused.recipients[0].message)
            except aiosmtplib.SMTPSenderRefused as refused:
                return self._answered(refused.code, refused.message)
            except aiosmtplib.SMTPDataError as refused:
                return self._answered(refused.code, refused.message)
            except (aiosmtplib.SMTPException, OSError) as error:
                self._drop()
                raise ChannelError(f"{self._name}: {type(error).__name__}: {error}") from error
            except BaseException:
                # Cut off half way through, the connection would give the next mail our answer.
                self._drop()
                raise
        return Taken(answer)

    async def close(self) -> None:
        """Say goodbye to the server."""
        async with self._lock:
            if self._client is not None and self._client.is_connected:
                try:
                    await self._client.quit()
                except (aiosmtplib.SMTPException, OSError):
                    self._client.close()
            self._client = None

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is None or not self._client.is_connected:
            server = self._server
            self._client = aiosmtplib.SMTP(
                hostname=server.host,
                port=server.port,
                username=server.username,
                password=server.password,
                use_tls=server.use_tls,
                start_tls=server.start_tls,
                timeout=server.timeout_s,
            )
            await self._client.connect()
        return self._client

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    def _answered(self, code: int, text: str) -> Refusal:
        """A no to the message or to ourselves; one for now is tried again.

        Raises:
            ChannelError: the server refuses for now.
        """
        if code < _PERMANENT:
            raise ChannelError(f"{self._name}: {code} {text}")
        return Refusal(Code.REFUSED, f"{code} {text}")


def mail_of(message: Outgoing, server: SmtpServer) -> EmailMessage:
    """The mail: text, and HTML where there is some. No header can be smuggled into it."""
    mail = EmailMessage()
    mail["From"] = Address(server.sender_name, addr_spec=server.sender)
    mail["To"] = message.to[0]
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


def _refusal(code: int, text: str) -> Refusal:
    bounce = Code.HARD_BOUNCE if code >= _PERMANENT else Code.SOFT_BOUNCE
    return Refusal(bounce, f"{code} {text}")
