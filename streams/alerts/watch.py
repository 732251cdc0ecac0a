"""From readings to alerts: a threshold counts when it was crossed for long enough without a break.

The same holds on the way back, so an alert cannot flap. Each severity is watched by itself;
the alert has the highest that holds. What a stopped worker did not see counts as unchanged.
"""

from typing import Literal

import msgspec

from events import derived_id
from events.alerts import AlertRaised, AlertResolved
from streams.alerts.rule import Rule
from streams.moments import moment_of

Severity = Literal["warn", "critical"]


class Side(msgspec.Struct, frozen=True):
    """Whether a threshold counts as crossed, and since when it looks otherwise."""

    on: bool = False
    turning_since_ms: int | None = None


class Watch(msgspec.Struct, frozen=True):
    """What is remembered about one rule and subject."""

    warn: Side = Side()
    critical: Side = Side()
    raised_at_ms: int = 0
    """When the open alert was raised; 0 while none is open."""


class OpenAlert(msgspec.Struct, frozen=True):
    """An alert that is raised and not resolved. It follows the value while it is open."""

    alert_id: str
    rule: str
    subject: str
    severity: Severity
    value: float
    threshold: float
    unit: str
    summary: str
    runbook: str
    raised_at_ms: int


CALM = Watch()


def looked(watch: Watch, rule: Rule, value: float | None, now_ms: int, sustain_ms: int) -> Watch:
    """Give the watch after one more look; None, no data, crosses no threshold."""
    warn, critical = (
        _turned(
            side,
            crossed=value is not None and rule.crossed(value, threshold),
            now_ms=now_ms,
            sustain_ms=sustain_ms,
        )
        for side, threshold in ((watch.warn, rule.warn), (watch.critical, rule.critical))
    )
    if not warn.on and not critical.on:
        return Watch(warn, critical)
    return Watch(warn, critical, watch.raised_at_ms or now_ms)


def _turned(side: Side, *, crossed: bool, now_ms: int, sustain_ms: int) -> Side:
    """Turn a side once it has looked otherwise for the whole time."""
    if crossed == side.on:
        return Side(side.on)
    since_ms = now_ms if side.turning_since_ms is None else side.turning_since_ms
    if now_ms - since_ms >= sustain_ms:
        return Side(crossed)
    return Side(side.on, since_ms)


def severity(watch: Watch) -> Severity | None:
    """Give the highest severity that holds; None when no alert is open."""
    if watch.critical.on:
        return "critical"
    return "warn" if watch.warn.on else None


def alert_of(
    watch: Watch, rule: Rule, subject: str, value: float | None, before: OpenAlert | None
) -> OpenAlert | None:
    """Give the open alert of a watch, if one is open; without data it keeps its last value."""
    level = severity(watch)
    if level is None:
        return None
    if value is None:
        value = 0.0 if before is None else before.value
    return OpenAlert(
        derived_id("alert", rule.name, subject, str(watch.raised_at_ms)),
        rule.name,
        subject,
        level,
        value,
        rule.critical if level == "critical" else rule.warn,
        rule.unit,
        rule.help,
        rule.runbook,
        watch.raised_at_ms,
    )


def news(
    before: OpenAlert | None, after: OpenAlert | None, window: tuple[int, int], now_ms: int
) -> AlertRaised | AlertResolved | None:
    """Give what to tell: an alert raised, raised anew with another severity, or resolved."""
    if after is not None and (before is None or before.severity != after.severity):
        return _raised(after, window)
    if before is not None and after is None:
        return _resolved(before, now_ms)
    return None


def _raised(alert: OpenAlert, window: tuple[int, int]) -> AlertRaised:
    start_ms, end_ms = window
    return AlertRaised(
        alert_id=alert.alert_id,
        rule=alert.rule,
        severity=alert.severity,
        subject=alert.subject,
        value=alert.value,
        threshold=alert.threshold,
        unit=alert.unit,
        window_start=moment_of(start_ms),
        window_end=moment_of(end_ms),
        runbook=alert.runbook,
        raised_at=moment_of(alert.raised_at_ms),
    )


def _resolved(alert: OpenAlert, now_ms: int) -> AlertResolved:
    return AlertResolved(
        alert_id=alert.alert_id,
        rule=alert.rule,
        severity=alert.severity,
        subject=alert.subject,
        value=alert.value,
        threshold=alert.threshold,
        raised_at=moment_of(alert.raised_at_ms),
        resolved_at=moment_of(now_ms),
        runbook=alert.runbook,
    )
