"""A mail server of one mailbox, on this machine."""

import asyncio
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """A server's handler: keeps mails, and refuses by the recipient's name."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.sessions: set[tuple[str, int]] = set()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("answers-"):
            return address.partition("@")[0].removeprefix("answers-").replace("_", " ")
        if address.startswith("nobody"):
            return "550 No such mailbox"
        if address.startswith("full"):
            return "452 Mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        recipient = envelope.rcpt_tos[0]
        if recipient.startswith("spam"):
            return "554 Looks like spam"
        if recipient.startswith("later"):
            return "451 Try again later"
        if recipient.startswith("slow"):
            await asyncio.sleep(60)  # Longer than anybody waits.
        self.sessions.add(session.peer)
        mail = message_from_bytes(envelope.content or b"", policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 Taken as 42"


class Server(Controller):
    """A server on a port of its own."""

    def __init__(self, mailbox: Mailbox, **told: object) -> None:
        super().__init__(mailbox, hostname="127.0.0.1", port=0, **told)

    def _trigger_server(self) -> None:
        """Look up the port that the system gave, before anybody knocks at it."""
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
