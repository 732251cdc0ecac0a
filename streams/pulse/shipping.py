"""What shipping's news adds to the tally of its minute.

Cells: `booked|carrier`, `unbooked|carrier|code` (answers of carriers), `latency|carrier` (ms, from
the question to the answer), `scan|carrier` (tracking updates), `lag` (ms, from a scan to the word
of it, where the carrier told by itself), `delivered|on_time` or `delivered|late`, `failed|code`
(attempts to deliver).
"""

from collections.abc import Iterator
from typing import Any, Final

from events import Envelope
from events.carriers import WEBHOOK, CarrierBooked, CarrierBookingFailed
from events.shipping import DeliveryFailed, ShipmentDelivered, UpdateShipmentStatus
from streams.moments import ms_of
from streams.pulse.latency import since_cause_ms
from streams.pulse.rules import PulseRules
from streams.pulse.tally import Cell, Tally, add, grown, observe

TROUBLE: Final = frozenset({"no_answer", "carrier_down"})
"""Codes of a booking that failed for the carrier's own trouble, not for the parcel's."""


def booked(
    tally: Tally, envelope: Envelope[CarrierBooked], at_ms: int, _rules: PulseRules
) -> Tally:
    """Count a label."""
    carrier = envelope.data.carrier
    return _answered(tally, envelope, at_ms, carrier, f"booked|{carrier}")


def unbooked(
    tally: Tally, envelope: Envelope[CarrierBookingFailed], at_ms: int, _rules: PulseRules
) -> Tally:
    """Count a label that was not to be had, by carrier and reason."""
    answer = envelope.data
    cell = f"unbooked|{answer.carrier}|{answer.failure_code}"
    return _answered(tally, envelope, at_ms, answer.carrier, cell)


def scanned(
    tally: Tally, envelope: Envelope[UpdateShipmentStatus], at_ms: int, _rules: PulseRules
) -> Tally:
    """Count a scan; what is asked for comes when it is asked, so only webhooks can be late."""
    scan, cells = envelope.data, tally.cells.copy()
    add(cells, f"scan|{scan.carrier or 'unknown'}")
    if envelope.source == WEBHOOK and scan.updated_at is not None:
        observe(cells, "lag", at_ms - ms_of(scan.updated_at))
    return grown(tally, cells)


def delivered(
    tally: Tally, envelope: Envelope[ShipmentDelivered], _at_ms: int, _rules: PulseRules
) -> Tally:
    """Count a parcel at its door, and whether it came when it was promised."""
    news, cells = envelope.data, tally.cells.copy()
    promised = news.estimated_delivery
    late = promised is not None and news.delivered_at > promised
    add(cells, "delivered|late" if late else "delivered|on_time")
    return grown(tally, cells)


def failed(
    tally: Tally, envelope: Envelope[DeliveryFailed], _at_ms: int, _rules: PulseRules
) -> Tally:
    """Count an attempt to deliver that failed, by reason."""
    cells = tally.cells.copy()
    add(cells, f"failed|{envelope.data.reason_code}")
    return grown(tally, cells)


def label_successes(cells: dict[str, Cell]) -> Iterator[tuple[str, int, int]]:
    """Give by carrier: labels, and answers."""
    good, bad = _by_carrier(cells)
    for carrier in sorted({*good, *bad}):
        yield (
            carrier,
            good.get(carrier, 0),
            good.get(carrier, 0) + sum(bad.get(carrier, {}).values()),
        )


def carrier_errors(cells: dict[str, Cell]) -> Iterator[tuple[str, int, int]]:
    """Give by carrier: bookings that its own trouble failed, and answers."""
    _, bad = _by_carrier(cells)
    for carrier, _, answers in label_successes(cells):
        codes = bad.get(carrier, {})
        yield carrier, sum(codes.get(code, 0) for code in TROUBLE), answers


def _by_carrier(cells: dict[str, Cell]) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    good: dict[str, int] = {}
    bad: dict[str, dict[str, int]] = {}
    for name, cell in cells.items():
        stem, _, rest = name.partition("|")
        carrier, _, code = rest.partition("|")
        if stem == "booked":
            good[carrier] = cell.count
        elif stem == "unbooked":
            bad.setdefault(carrier, {})[code] = cell.count
    return good, bad


def _answered(tally: Tally, envelope: Envelope[Any], at_ms: int, carrier: str, name: str) -> Tally:
    cells = tally.cells.copy()
    add(cells, name)
    took_ms = since_cause_ms(envelope, at_ms)
    if took_ms is not None:
        observe(cells, f"latency|{carrier}", took_ms)
    return grown(tally, cells)
