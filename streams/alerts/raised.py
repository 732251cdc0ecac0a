"""Alerts that services raised by themselves: facts without a window, which a person sees to."""

import msgspec
from msgspec.structs import replace

from events.alerts import AlertRaised, AlertResolved
from events.vocabulary import AlertSeverity
from streams.moments import moment_of


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
    threshold: float = 0
    resolved_at_ms: int = 0
    """When somebody said that it is seen to; 0: nobody has."""
    resolved_by: str = ""


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
        event.threshold,
    )


def resolved(row: RaisedAlert, event: AlertResolved, at_ms: int) -> RaisedAlert:
    """Give the row of an alert that somebody saw to; the first who did so stays."""
    if row.resolved_at_ms:
        return row
    return replace(row, resolved_at_ms=at_ms, resolved_by=event.resolved_by or "")


def resolution(row: RaisedAlert, by: str, at_ms: int) -> AlertResolved:
    """Say that somebody has seen to an alert."""
    return AlertResolved(
        alert_id=row.alert_id,
        rule=row.rule,
        severity=row.severity,
        subject=row.subject or None,
        value=row.value,
        threshold=row.threshold,
        raised_at=moment_of(row.raised_at_ms),
        resolved_at=moment_of(at_ms),
        resolved_by=by,
        runbook=row.runbook,
    )


def standing(row: RaisedAlert) -> int:
    """How long an alert stays where there is no room for all: 0 the longest."""
    if row.resolved_at_ms:
        return 2
    return 0 if row.severity == "critical" else 1
