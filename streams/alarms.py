"""Alerts that a service raises by itself: a fact that a person must act on, with its runbook."""

from typing import Literal

from events.alerts import AlertRaised
from events.ids import derived_id
from streams.moments import moment_of


def alarm(  # noqa: PLR0913 - what an alert says
    rule: str,
    named: tuple[str, ...],
    subject: str,
    value: float,
    unit: str,
    at_ms: int,
    *,
    threshold: float = 0,
    severity: Literal["warn", "critical"] = "warn",
) -> AlertRaised:
    """An alert whose id derives from the rule and `named`: the same fact raises the same alert."""
    return AlertRaised(
        alert_id=derived_id("alert", rule, *named),
        rule=rule,
        severity=severity,
        subject=subject,
        value=value,
        threshold=threshold,
        unit=unit,
        runbook=f"docs/runbooks/{rule}.md",
        raised_at=moment_of(at_ms),
    )


def is_a_services_own(alert: AlertRaised) -> bool:
    """Whether a service raised it by itself: an alert on figures has a window."""
    return alert.window_start is None
