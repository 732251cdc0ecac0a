"""Providers of mail, SMS and push behind one protocol: what is sent, what they answer.

Every message has a key, the same for every try: a provider that knows it sends one message, and
where a protocol has no such thing (SMTP) the key names the message, so that readers can tell a
repeat.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from events.errors import FlowMartError


class Code(StrEnum):
    """Why a provider will not, or not now, deliver to an address."""

    HARD_BOUNCE = "hard_bounce"
    """There is no such mailbox."""
    SOFT_BOUNCE = "soft_bounce"
    """The mailbox takes nothing for now: full, greylisted."""
    COMPLAINT = "complaint"
    """Its owner called our mail spam."""
    NUMBER_DISABLED = "number_disabled"
    """The number takes no SMS."""
    DEAD_TOKEN = "dead_token"  # noqa: S105 - a code, not a secret
    """None of the devices has the app any more."""
    REFUSED = "refused"
    """The provider refuses the message itself."""
    UNKNOWN_TEMPLATE = "unknown_template"
    """There is no such template, or it lacks something in its data."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message, ready to be sent."""

    key: str
    to: tuple[str, ...]
    """One address or number; of a push, every device."""
    subject: str
    text: str
    html: str = ""
    urgent: bool = False
    ttl_s: int = 86_400
    """How long a push may wait for its device (G-36)."""
    collapse_key: str = ""
    """A later push with the same key takes its place (G-36)."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The provider accepted the message."""

    reference: str = ""
    """The provider's own name of it."""
    dead: tuple[str, ...] = ()
    """Devices of a push that are gone."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The provider says no to this address or message."""

    code: Code
    text: str = ""
    dead: tuple[str, ...] = ()


class ChannelError(FlowMartError):
    """A provider of mail, SMS or push did not answer as it should; the message is tried again.

    Operator: look at the provider's status page and at its credentials.
    """


class Messenger(Protocol):
    """One provider of one channel.

    Raises, from send:
        ChannelError: nobody knows whether it was sent; it may be tried again with its key.
    """

    @property
    def name(self) -> str:
        """As events name it: smtp, outbox, and so on."""

    @property
    def calls_max(self) -> int:
        """How many messages it takes at once."""

    @property
    def is_outside(self) -> bool:
        """Whether messages leave the house, so that the channel's limit a second holds."""

    async def send(self, message: Outgoing) -> Taken | Refusal:
        """Send a message."""

    async def close(self) -> None:
        """Let go of connections."""


Messengers = Mapping[str, Messenger]
"""By channel: EMAIL, SMS, PUSH."""
