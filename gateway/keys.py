"""Idempotency keys: the same request twice is done once (G-7).

A key's answers are remembered by the gateway that gave them, within a bound of bytes. What a key
must guarantee beyond one process, or beyond that bound, stands in the ids: a command's event id
and the id of what it makes derive from the key, so that the services know a repeat, whichever
gateway it comes through.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from gateway.refusals import Refusal, bad_request
from settings.gateway import GatewayRules

ENTRY_BYTES: Final = 800
"""What a key costs beside its name and its answer's body: objects, headers, a place in the map."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a request: its answer, or None while it runs."""

    fingerprint: str
    until_ms: int
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


class Keys:
    """Requests by principal and key.

    Each is remembered for `key_kept_ms`. When there is no room the oldest are forgotten before
    their time: a repeat of one is done again under the same ids, which changes nothing, and is
    answered as if it were the first.
    """

    def __init__(self, rules: GatewayRules) -> None:
        self._rules = rules
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self.size_bytes = 0
        """What is remembered takes about so much."""
        self.forgotten = 0
        """Answers that had to go before their time."""

    def begin(self, name: str, fingerprint: str, now_ms: int) -> Kept | None:
        """Note that a request runs; its answer when it was answered already.

        Raises:
            Refusal: the key was used for another request (422), or it still runs (409).
        """
        found = self._kept.get(name)
        if found is not None and found.until_ms > now_ms:
            return _again(found, fingerprint)
        self.failed(name)
        self._put(name, Kept(fingerprint, now_ms + self._rules.key_kept_ms))
        self._make_room(now_ms)
        return None

    def answered(
        self, name: str, status: int, headers: Mapping[str, str], body: bytes, now_ms: int
    ) -> None:
        """Keep the answer for those who ask again."""
        running = self._kept.get(name)
        if running is not None:
            kept = (status, tuple(headers.items()), body)
            self._put(name, Kept(running.fingerprint, running.until_ms, *kept))
            self._make_room(now_ms)

    def failed(self, name: str) -> None:
        """Forget a request that came to nothing: it may be tried again."""
        gone = self._kept.pop(name, None)
        if gone is not None:
            self.size_bytes -= _size(name, gone)

    def _put(self, name: str, kept: Kept) -> None:
        """Remember it in the place of what was there, and in its turn."""
        before = self._kept.get(name)
        self.size_bytes += _size(name, kept) - (_size(name, before) if before else 0)
        self._kept[name] = kept

    def _make_room(self, now_ms: int) -> None:
        """Forget what is over, then the oldest. They are in the order in which they began."""
        while self._kept:
            name, oldest = next(iter(self._kept.items()))
            if oldest.until_ms > now_ms:
                if self.size_bytes <= self._rules.keys_bytes_max:
                    return
                self.forgotten += 1
            self.failed(name)


def _size(name: str, kept: Kept) -> int:
    return ENTRY_BYTES + len(name) + len(kept.body or b"")


def _again(found: Kept, fingerprint: str) -> Kept:
    if found.fingerprint != fingerprint:
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "IDEMPOTENCY_KEY_REUSED",
            "this Idempotency-Key was used for another request: choose a new one",
        )
    if found.body is None:
        raise Refusal(
            HTTPStatus.CONFLICT,
            "IDEMPOTENCY_KEY_RUNNING",
            "the first request with this Idempotency-Key still runs: try again in a moment",
            headers={"Retry-After": "1"},
        )
    return found


def fingerprint_of(verb: str, path: str, data: Mapping[str, Any]) -> str:
    """What makes two requests the same: verb, path and body, whatever the order of its fields."""
    whole = json.dumps([verb, path, data], sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()


def checked(key: str, rules: GatewayRules) -> str:
    """The key when it is one.

    Raises:
        Refusal: it is empty, too long, or has characters that are not printable ASCII.
    """
    if not (1 <= len(key) <= rules.key_length_max and key.isascii() and key.isprintable()):
        raise bad_request(f"Idempotency-Key: expected 1 to {rules.key_length_max} ASCII characters")
    return key
