"""What was accepted and nobody has carried out yet: its Location says so, not that it is absent.

It is remembered by the gateway that accepted it; at another one it is not found until it is there.
"""

from collections import OrderedDict
from urllib.parse import unquote

from settings.gateway import GatewayRules


class Accepted:
    """What was answered, by where what is made will be found and by who asked."""

    def __init__(self, rules: GatewayRules) -> None:
        self._rules = rules
        self._kept: OrderedDict[tuple[str, str], tuple[int, bytes]] = OrderedDict()

    def note(self, location: str, subject: str, body: bytes, now_ms: int) -> None:
        """Keep an answer for `accepted_kept_ms`; where there are too many, the oldest go."""
        key = unquote(location), subject
        self._kept[key] = now_ms + self._rules.accepted_kept_ms, body
        self._kept.move_to_end(key)
        if len(self._kept) > self._rules.accepted_max:
            self._kept.popitem(last=False)

    def told(self, path: str, subject: str, now_ms: int) -> bytes | None:
        """What was answered to who asks for what is not there; None: nothing, or long ago."""
        until_ms, body = self._kept.get((path, subject), (0, b""))
        return body if until_ms > now_ms else None
