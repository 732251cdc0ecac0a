"""A shop whose services raise alerts by themselves."""

from agents.alarms import alarms_agent
from engine.driver import Driver
from events.alerts import AlertRaised, AlertResolved
from streams.alarms import alarm
from streams.alerts.raised import resolution
from streams.alerts.rules import AlertRules
from streams.moments import SECOND_MS
from tables.pulse import RAISED
from tests.agents.caller import put


def alarmed(
    number: int = 0, rules: AlertRules | None = None, start_ms: int = 1_750_000_000_000, **how: int
) -> Driver:
    """A shop with so many stuck payments, a second apart."""
    shop = Driver([alarms_agent(rules or AlertRules())], start_ms=start_ms, **how)
    for payment in range(number):
        shop.now_ms += SECOND_MS
        tell(shop, stuck(payment))
    return shop


def stuck(payment: int) -> AlertRaised:
    """A payment whose provider said no for good."""
    name = f"pay_{payment}"
    return alarm("stuck_payment", (name,), name, 5, "USD", at_ms=0)


def different() -> AlertRaised:
    """A provider whose books are not ours."""
    about = ("stripe", "2025-06-15")
    return alarm("reconciliation", about, "stripe", 1, "payments", at_ms=0, severity="critical")


def resolve(shop: Driver, alert: AlertRaised, by: str = "ann") -> Driver:
    """Say that somebody has seen to an alert."""
    [row] = [row for row in shop.rows(RAISED).values() if row.alert_id == alert.alert_id]
    return tell(shop, resolution(row, by, shop.now_ms))


def tell(shop: Driver, *alerts: AlertRaised | AlertResolved) -> Driver:
    """Write alerts now, and let the shop read them."""
    for number, alert in enumerate(alerts):
        event_id = f"{alert.alert_id}:{shop.now_ms}:{number}"
        put(shop, alert, event_id)
    return shop.run()
