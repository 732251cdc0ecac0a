"""Figures and alerts as gauges, from tables that the agents themselves filled."""

from types import SimpleNamespace
from typing import Any

from agents.pulse import pulse_agent
from agents.totals import totals_agent
from engine.driver import Driver
from engine.specs import AgentSpec
from events.orders import OrderConfirmed
from events.types import Address, OrderItem
from streams.alerts.rules import AlertRules
from streams.alerts.watch import OpenAlert
from streams.pulse.rules import PulseRules
from tables.pulse import ALERTS
from tests.agents.alarmed import alarmed, different, resolve, stuck, tell
from tests.agents.caller import put
from web.figures import FigureCollector

SHOWN_MS = 40_000
"""The driver's clock starts 20 s before the end of a minute; the next one ends 60 s later."""
ORDERS = 9
NOTHING: dict[str, Any] = {
    "flowmart_figure": [],
    "flowmart_alert_open": [],
    "flowmart_alerts_raised": [],
}


def told(driver: Driver) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Samples by metric."""
    lanes = dict(enumerate(driver._lanes))
    app: Any = SimpleNamespace(
        lanes=SimpleNamespace(topology=driver.topology, open_lanes=lambda: lanes)
    )
    return {
        family.name: [(sample.labels, sample.value) for sample in family.samples]
        for family in FigureCollector(app).collect()
    }


def confirmed(number: int) -> OrderConfirmed:
    return OrderConfirmed(
        order_id=f"ord_{number}",
        user_id="u",
        order_items=(OrderItem(product_id="p", quantity=1, unit_price_minor=500),),
        order_total_minor=500,
        currency="USD",
        shipping_address=Address(line1="1", city="c", country="GB"),
        shipping_method="standard",
        order_status="confirmed",
    )


def busy_minute() -> Driver:
    rules = PulseRules()
    driver = Driver([pulse_agent(rules), totals_agent(rules, AlertRules())])
    for number in range(ORDERS):
        put(driver, confirmed(number), f"e{number}")
    driver.run()
    return driver.advance(SHOWN_MS, step_ms=1_000)


def test_before_anything_happened_there_is_no_figure_but_its_name_is_there() -> None:
    rules = PulseRules()

    found = told(Driver([pulse_agent(rules), totals_agent(rules, AlertRules())]))

    assert found == NOTHING


def test_each_figure_of_the_shop_is_there_once() -> None:
    found = told(busy_minute())["flowmart_figure"]

    values = {(sample["figure"], sample["group"]): value for sample, value in found}
    assert len(values) == len(found)
    assert values["orders.confirmed_per_minute", "USD"] == ORDERS
    assert values["orders.revenue_minor_per_minute", "USD"] == ORDERS * 500


def test_a_worker_without_the_agents_has_no_figures() -> None:
    assert told(Driver([])) == NOTHING


def test_an_open_alert_is_told_by_its_rule_how_bad_it_is_and_of_what() -> None:
    row = OpenAlert(
        "alr_1", "gateway_errors", "stripe", "warn", 0.08, 0.05, "share", "Trouble", "r.md", 7
    )

    def raise_it(ctx: Any, now_ms: int) -> None:
        ctx.table(ALERTS)["gateway_errors|stripe"] = row

    driver = Driver([AgentSpec("a", "", (), (ALERTS,), tick=raise_it)], partitions=1).tick()

    labels = {"rule": "gateway_errors", "severity": "warn", "subject": "stripe"}
    assert told(driver)["flowmart_alert_open"] == [(labels, 1)]


def test_alerts_that_services_raised_are_counted_once_each_until_somebody_saw_to_them() -> None:
    shop = tell(alarmed(3), stuck(3), stuck(3), different())
    shop.advance(24 * 3_600_000)
    resolve(shop, stuck(1))

    [*counted] = told(shop.restart().run())["flowmart_alerts_raised"]

    assert sorted(counted, key=lambda one: one[1]) == [
        ({"rule": "reconciliation", "severity": "critical"}, 1),
        ({"rule": "stuck_payment", "severity": "warn"}, 3),
    ]
