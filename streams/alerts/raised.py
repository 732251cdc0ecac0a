"""Alerts that services raised by themselves: facts without a window, which nobody resolves."""

import msgspec

from events.alerts import AlertRaised
from events.vocabulary import AlertSeverity


class RaisedAlert(msgspec.Struct, frozen=True):
    """What a service said that a person must act on."""

    alert_id: str
    rule: str
    severity: AlertSeverity
    subject: str
    """Ids of an order, a payment, a parcel or a place; of no person."""
    value: float
    unit: str
    runbook: str
    raised_at_ms: int


def raised_of(event: AlertRaised, at_ms: int) -> RaisedAlert:
    """Give the row of an alert; its time is the broker's, so that no producer's clock pins it."""
    return RaisedAlert(
        event.alert_id,
        event.rule,
        event.severity,
        event.subject or "",
        event.value,
        event.unit or "",
        event.runbook,
        at_ms,
    )
