"""How long things took, by the broker's clock alone.

confirm: PlaceOrder's record to that of OrderConfirmed or OrderFailed. payment: PaymentInitiated's
record to that of PaymentProcessed, without orders that waited for a person, a retry or stock
(G-52). Topics have LogAppendTime, so both ends are the broker's. Looks at keys and headers and
decodes next to nothing, so that it can follow thousands of orders a second.
"""

from dataclasses import dataclass, field
from typing import Final

from simulator.heard import Readable, said

OPEN_MAX: Final = 200_000
"""Orders of each kind that are remembered; the oldest are forgotten first."""

_PAYMENT: Final = b"pay_"
_ORDER: Final = b"ord_"
_DECIDED: Final = frozenset({b"OrderConfirmed", b"OrderFailed"})
_LETTERS: Final = frozenset({b"SendNotification", b"NotificationSent"})
_REVIEW: Final = b'"MANUAL_REVIEW"'

_Times = dict[bytes, int]


def percentile(sample: list[int], share: float) -> int | None:
    """The smallest value that this share of the sample does not exceed; None of nothing."""
    if not sample:
        return None
    rank = -(-len(sample) * round(share * 1000) // 1000)
    return sorted(sample)[max(1, rank) - 1]


@dataclass(slots=True)
class Stopwatch:
    """Takes times, record by record; records of one partition come in order."""

    confirm_ms: list[int] = field(default_factory=list)
    payment_ms: list[int] = field(default_factory=list)
    notification_ms: list[int] = field(default_factory=list)
    """From SendNotification's record to that of NotificationSent."""
    decided: int = 0
    """Orders confirmed or refused."""
    _placed: _Times = field(default_factory=dict)
    _answered: _Times = field(default_factory=dict)
    _initiated: _Times = field(default_factory=dict)
    _waited: _Times = field(default_factory=dict)
    _asked: _Times = field(default_factory=dict)
    _sent: _Times = field(default_factory=dict)

    def read(self, record: Readable) -> None:
        """Take in one record."""
        key, headers = record.key, record.headers
        if not key or not headers or headers[0][0] != "eventType":
            return
        name, at_ms = headers[0][1], record.timestamp
        if name == b"PlaceOrder":
            self._begin(key, at_ms)
        elif name in _DECIDED:
            self._decide(key, at_ms)
        elif name == b"PaymentInitiated":
            _remember(self._initiated, key.removeprefix(_PAYMENT), at_ms)
        elif name == b"PaymentProcessed":
            self._pay(key.removeprefix(_PAYMENT), at_ms)
        elif name == b"PaymentFailed" or _is_doubted(name, record.value):
            _remember(self._waited, key.removeprefix(_PAYMENT), at_ms)
        elif name == b"OutOfStock":
            self._run_short(record)
        elif name in _LETTERS:
            self._write(record, is_end=name == b"NotificationSent")

    def forget(self) -> None:
        """Begin anew: for a run without end, whose times nobody asks for."""
        for times in (self.confirm_ms, self.payment_ms, self.notification_ms):
            times.clear()

    def _begin(self, key: bytes, at_ms: int) -> None:
        """Commands and events race each other. Orders keyed otherwise are not timed."""
        if key.startswith(_ORDER):
            end_ms = self._answered.pop(key, None)
            if end_ms is None:
                _remember(self._placed, key, at_ms)
            else:
                self.confirm_ms.append(end_ms - at_ms)

    def _decide(self, key: bytes, at_ms: int) -> None:
        self.decided += 1
        start_ms = self._placed.pop(key, None)
        if start_ms is None:
            _remember(self._answered, key, at_ms)
        else:
            self.confirm_ms.append(at_ms - start_ms)

    def _pay(self, key: bytes, at_ms: int) -> None:
        """A payment's own records lie in one partition, so its waits were read before."""
        start_ms = self._initiated.pop(key, None)
        if start_ms is not None and key not in self._waited:
            self.payment_ms.append(at_ms - start_ms)

    def _run_short(self, record: Readable) -> None:
        message = said(record)
        order_id = None if message is None else message.data.triggered_by_order_id
        if order_id is not None:
            _remember(self._waited, order_id.encode(), record.timestamp)

    def _write(self, record: Readable, *, is_end: bool) -> None:
        """Queue and outcome race each other."""
        message = said(record)
        name = (message.data.notification_id or "") if message is not None else ""
        begun, ended = self._asked, self._sent
        here, there = (ended, begun) if is_end else (begun, ended)
        other_ms = there.pop(name.encode(), None)
        if other_ms is None:
            _remember(here, name.encode(), record.timestamp)
        else:
            self.notification_ms.append(abs(record.timestamp - other_ms))


def _is_doubted(name: bytes, value: bytes | None) -> bool:
    return name == b"FraudCheckCompleted" and _REVIEW in (value or b"")


def _remember(times: _Times, key: bytes, at_ms: int) -> None:
    """Keep the first time of a key."""
    times.setdefault(key, at_ms)
    if len(times) > OPEN_MAX:
        del times[next(iter(times))]
