"""What a shipment remembers: the steps of its history, its scans, what comes back."""

from typing import Final

from msgspec.structs import replace

from streams.shipping.rows import SCANS_MAX, STEPS_MAX, Return, Scan, Shipment, Status, Step

BOOKED: Final = "BOOKED"
"""The step of a shipment that has a label from then on, or another."""
RELABEL_FAILED: Final = "RELABEL_FAILED"
"""The step of one that keeps its label though that leads to an earlier address."""
ASKED_AGAIN: Final = "ASKED_AGAIN"
"""The step of a shipment whose carrier is asked once more before it counts as lost."""


def stepped(
    shipment: Shipment, at_ms: int, reason: str, status: Status | None = None, **changes: object
) -> Shipment:
    """Change the row and write a step of its history."""
    status = status or shipment.status
    history = shipment.history
    if len(history) >= STEPS_MAX:
        history = (history[0], *history[2 - STEPS_MAX :])
    return replace(
        shipment,
        version=shipment.version + 1,
        status=status,
        history=(*history, Step(at_ms, status, reason)),
        **changes,
    )


def with_scan(scans: tuple[Scan, ...], scan: Scan | None) -> tuple[Scan, ...]:
    """The newest scans, with one more."""
    return scans if scan is None else (*scans, scan)[-SCANS_MAX:]


def return_of(shipment: Shipment) -> Return:
    """What comes back of a shipment that was sent back."""
    assert shipment.returning is not None, "nothing comes back that was not sent back"
    return shipment.returning
