"""Alerts that windowed aggregations raise, keyed by alertId.

An extension: the contract has no topic for them.
"""

from events.base import Event, Upcast
from events.moments import Moment
from events.scalars import Id, Name, Number, Text
from events.vocabulary import AlertSeverity


class AlertEvent(Event):
    """A state of one alert."""

    topic = "alerts.{env}.events"
    key_field = "alert_id"
    source = "monitoring-service"


class AlertRaised(AlertEvent):
    """A rule crossed its threshold and stayed there for its time. An extension."""

    upcast = Upcast(timestamp_from="raisedAt")

    alert_id: Id
    rule: Text
    severity: AlertSeverity
    subject: Text | None = None
    value: Number
    threshold: Number
    unit: Text | None = None
    window_start: Moment | None = None
    window_end: Moment | None = None
    runbook: Text
    raised_at: Moment


class AlertResolved(AlertEvent):
    """A raised alert is over. An extension."""

    upcast = Upcast(timestamp_from="resolvedAt")

    alert_id: Id
    rule: Text
    severity: AlertSeverity
    subject: Text | None = None
    value: Number
    threshold: Number
    raised_at: Moment
    resolved_at: Moment
    resolved_by: Name | None = None
    """Who saw to an alert that a service raised by itself; one on figures ends by itself."""
    runbook: Text
