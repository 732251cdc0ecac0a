"""The embedded provider: it sends nothing and keeps what it was given, for people to look at.

The address decides what happens, so every outcome can be had without a network:

| address begins with | what happens |
|---|---|
| `hard-bounce` | refused for good, like a mailbox that is not there |
| `soft-bounce` | refused for now, like a mailbox that is full |
| `complaint` | refused, as its owner calls the mail spam |
| `disabled`, `+1555000` | refused for good, like a number that takes no SMS |
| `dead` | a device that is gone |
| `flaky` | the first two tries of every message fail, the third goes through |
| `outage` | every try fails |
| any other | accepted |
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from providers.notifications import ChannelError, Code, Outgoing, Refusal, Taken

CALLS_MAX: Final = 1_000
KEPT_MAX: Final = 1_000
"""Messages an outbox keeps unless told otherwise; the oldest go first."""
FLAKY_TRIES: Final = 2

_REFUSALS: Final = (
    ("hard-bounce", Code.HARD_BOUNCE),
    ("soft-bounce", Code.SOFT_BOUNCE),
    ("complaint", Code.COMPLAINT),
    ("disabled", Code.NUMBER_DISABLED),
    ("+1555000", Code.NUMBER_DISABLED),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A message in the outbox."""

    message: Outgoing
    sent: int
    """How often it was handed in: more than once after a crash, and still one message."""


class Outbox:
    """A provider without a network. See the table of addresses above."""

    calls_max = CALLS_MAX
    is_outside = False

    def __init__(self, name: str = "outbox", *, kept_max: int = KEPT_MAX) -> None:
        self.name = name
        self._kept_max = kept_max
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._tries: OrderedDict[str, int] = OrderedDict()
        self.outage = False
        """True: every try fails."""

    def messages(self) -> tuple[Kept, ...]:
        """What was accepted, oldest first."""
        return tuple(self._kept.values())

    async def send(self, message: Outgoing) -> Taken | Refusal:
        """Keep a message, once a key."""
        dead = tuple([to for to in message.to if to.startswith("dead")])
        refusal = self._refused(message, dead)
        if refusal is not None:
            return refusal
        before = self._kept.get(message.key)
        self._kept[message.key] = Kept(message, 1 if before is None else before.sent + 1)
        if len(self._kept) > self._kept_max:
            self._kept.popitem(last=False)
        return Taken(f"{self.name}-{message.key}", dead)

    async def close(self) -> None:
        """There is nothing to let go of."""

    def _refused(self, message: Outgoing, dead: tuple[str, ...]) -> Refusal | None:
        first = message.to[0]
        if self.outage or first.startswith("outage"):
            raise ChannelError(f"{self.name}: connection refused")
        if first.startswith("flaky") and self._tried(message.key) <= FLAKY_TRIES:
            raise ChannelError(f"{self.name}: connection reset")
        if dead == message.to:
            return Refusal(Code.DEAD_TOKEN, "No device has the app any more.", dead)
        for prefix, code in _REFUSALS:
            if first.startswith(prefix):
                return Refusal(code, f"{self.name}: {code}")
        return None

    def _tried(self, key: str) -> int:
        self._tries[key] = tries = self._tries.get(key, 0) + 1
        if len(self._tries) > self._kept_max:
            self._tries.popitem(last=False)
        return tries
