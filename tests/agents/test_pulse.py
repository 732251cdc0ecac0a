"""Both stages of the real-time figures together, in memory, under an injected clock."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

import events
from agents.pulse import pulse_agent
from agents.totals import totals_agent
from engine.driver import Driver
from engine.metrics import EngineCollector
from events.inventory import InventoryAdjusted, LowStockAlert
from events.orders import OrderConfirmed, OrderFailed
from events.payments import PaymentFailed, PaymentProcessed
from events.refunds import ChargebackOpened
from events.types import Address, OrderItem
from streams.alerts.rules import AlertRules
from streams.pulse.rules import PulseRules
from tables.pulse import (
    ALERTS,
    CURRENT_FIGURES,
    FIGURES,
    MERGED,
    PARTS,
    PULSE_INVENTORY,
    PULSE_ORDERS,
    SEEN,
    SHELVES,
    WATCHES,
)
from tests.agents.caller import heard, put
from topics import ALERTS_EVENTS, PULSE

MINUTE = 60_000
START_MS = 1_750_000_020_000
"""A whole minute."""


RULES = PulseRules()
ALERT_RULES = AlertRules(sustain_ms=10_000, samples_min=3)


class Shop:
    """Events of a shop, sent at the driver's time to the partition of their key."""

    def __init__(
        self,
        *,
        partitions: int = 3,
        rules: PulseRules = RULES,
        alerts: AlertRules = ALERT_RULES,
    ) -> None:
        agents = [pulse_agent(rules), totals_agent(rules, alerts)]
        self.driver = Driver(agents, partitions=partitions, start_ms=START_MS)
        self.sent = 0

    def send(self, message: events.Message, metadata: dict[str, Any] | None = None) -> None:
        self.sent += 1
        how = {"metadata": metadata, "cause": "cause", "off_ms": -40}
        put(self.driver, message, f"event-{self.sent}", **how)

    def order(self, minor: int = 1_000, currency: str = "USD") -> None:
        confirmed = OrderConfirmed(
            order_id=f"ord_{self.sent}",
            user_id="u",
            order_items=(OrderItem(product_id="p", quantity=1, unit_price_minor=minor),),
            order_total_minor=minor,
            currency=currency,
            shipping_address=Address(line1="1", city="c", postal_code="p", country="GB"),
            shipping_method="standard",
            order_status="confirmed",
        )
        self.send(confirmed)

    def refusal(self) -> None:
        failed = OrderFailed(
            order_id=f"ord_{self.sent}", user_id="u", rejection_reason="PRICE_MISMATCH"
        )
        self.send(failed)

    def payment(self, provider: str, *, declined: bool = False) -> None:
        told = {"provider": provider, "latencyMs": 100}
        payment_id = f"pay_ord_{self.sent}"
        if declined:
            message: events.Message = PaymentFailed(
                payment_id=payment_id,
                amount_minor=1_000,
                currency="USD",
                failure_reason="card_declined",
                retryable=True,
                attempt_number=1,
            )
        else:
            message = PaymentProcessed(
                payment_id=payment_id,
                amount_minor=1_000,
                currency="USD",
                payment_method="credit_card",
                status="confirmed",
            )
        self.send(message, metadata=told)

    def dispute(self) -> None:
        opened = ChargebackOpened(
            chargeback_id="cb_1",
            payment_id="pay_ord_1",
            amount_minor=1_000,
            currency="USD",
            reason="fraudulent",
            evidence_due_by=datetime(2026, 1, 1, tzinfo=UTC),
        )
        self.send(opened)

    def hold(
        self, product: str, units: int, left: int, warehouse: str = "w", **given: bool
    ) -> None:
        adjusted = InventoryAdjusted(
            adjustment_id=f"adj_{self.sent}",
            product_id=product,
            warehouse_id=warehouse,
            adjustment_type="decrease",
            previous_quantity=left + units,
            adjusted_quantity=-units,
            new_quantity=left,
            reason="order_reserved" if units else "reservation_expired",
            reservation_status="CONFIRMED",
            **given,
        )
        self.send(adjusted)

    def low(self, product: str, left: int) -> None:
        alert = LowStockAlert(
            product_id=product, warehouse_id="w", available_quantity=left, reorder_point=10
        )
        self.send(alert)

    def settle(self) -> "Shop":
        """Two ticks: one tells the partial tallies, the next one merges them."""
        self.driver.run().advance(2_000, step_ms=1_000)
        return self

    def run(self, ms: int) -> "Shop":
        self.driver.run().advance(ms, step_ms=1_000)
        return self

    def figure(self, name: str, group: str = "all") -> float | None:
        row = self.driver.rows(FIGURES).get(f"{START_MS}|{name}|{group}")
        return None if row is None else row.value

    def current(self, name: str, group: str = "all") -> float | None:
        row = self.driver.rows(CURRENT_FIGURES).get(f"{name}|{group}")
        return None if row is None else row.value

    def told(self) -> list[tuple[str, str, str]]:
        """Alert events as (message, rule, severity), oldest first."""
        return [(e.event_type, e.data.rule, e.data.severity) for e in self.alerts()]

    def alerts(self) -> list[Any]:
        """Alert events, oldest first."""
        found = heard(self.driver, ALERTS_EVENTS)
        return sorted(found, key=lambda envelope: envelope.timestamp_ms)


# -- figures


def test_orders_of_all_partitions_make_one_figure() -> None:
    shop = Shop()
    for minor in (1_000, 2_000, 6_000):
        shop.order(minor)
    shop.order(700, "EUR")
    shop.refusal()

    shop.settle()

    assert shop.figure("orders.confirmed_per_minute", "USD") == 3
    assert shop.figure("orders.revenue_minor_per_minute", "USD") == 9_000
    assert shop.figure("orders.value_minor_mean", "USD") == 3_000
    assert shop.figure("orders.confirmed_per_minute", "EUR") == 1
    assert shop.figure("orders.refused_share") == 0.2
    assert shop.figure("orders.confirm_ms", "p95") == pytest.approx(40, rel=1 / 16)
    assert len({r.partition for r in shop.driver.outputs(PULSE)}) == 1


def test_payments_are_told_by_provider_and_reason() -> None:
    shop = Shop()
    for _ in range(3):
        shop.payment("stripe")
    shop.payment("stripe", declined=True)
    shop.payment("paypal")

    shop.settle()

    assert shop.figure("payments.success_share", "stripe") == 0.75
    assert shop.figure("payments.success_share", "paypal") == 1
    assert shop.figure("payments.failed_per_minute", "card_declined") == 1
    assert shop.figure("payments.latency_ms", "stripe p50") == pytest.approx(100, rel=1 / 16)


def test_stock_is_summed_over_all_partitions_and_outlives_every_window() -> None:
    shop = Shop()
    for number in range(6):
        shop.hold(f"p{number}", 1, left=20)
    shop.hold("p0", 20, left=0)
    shop.hold("p1", 15, left=5)
    shop.low("p1", 5)

    shop.settle().run(30 * MINUTE)

    assert shop.current("stock.units") == 85
    assert shop.current("stock.shelves") == 6
    assert shop.current("stock.out") == 1
    assert shop.current("stock.low") == 1
    assert shop.figure("inventory.top_products", "p0") == 21


def test_what_is_sold_no_more_is_neither_low_nor_out() -> None:
    shop = Shop()
    shop.hold("p0", 1, left=20)
    shop.hold("p1", 1, left=5)
    shop.low("p1", 5)

    shop.hold("p1", 5, left=0, discontinued=True)
    shop.settle()

    assert [shop.current(f"stock.{name}") for name in ("shelves", "units", "low", "out")] == [
        1,
        20,
        0,
        0,
    ]


def test_an_event_about_all_warehouses_is_no_shelf() -> None:
    shop = Shop()
    shop.hold("p", 0, left=7, warehouse="ALL")

    shop.settle()

    assert shop.driver.rows(SHELVES) == {}
    assert shop.figure("inventory.expired_per_minute") == 1


def test_a_full_minute_becomes_the_current_figures_and_silence_makes_them_zero() -> None:
    shop = Shop()
    shop.order()
    shop.settle()

    assert shop.current("orders.confirmed_per_minute", "USD") is None
    shop.run(MINUTE + 5_000)
    assert shop.current("orders.confirmed_per_minute", "USD") == 1
    assert shop.current("orders.value_minor_mean", "USD") == 1_000
    shop.run(MINUTE)
    assert shop.current("orders.confirmed_per_minute", "USD") == 0
    assert shop.current("orders.value_minor_mean", "USD") is None


def test_a_minute_is_whole_five_seconds_after_its_end() -> None:
    shop = Shop(partitions=1)
    shop.order()

    shop.run(START_MS + MINUTE + 4_000 - shop.driver.now_ms)
    assert shop.current("orders.confirmed_per_minute", "USD") is None
    shop.run(1_000)
    assert shop.current("orders.confirmed_per_minute", "USD") == 1


def test_the_current_figures_follow_a_window_that_grows_after_it_was_whole() -> None:
    shop = Shop(partitions=1)
    shop.order()
    shop.run(MINUTE + 6_000)
    assert shop.current("orders.confirmed_per_minute", "USD") == 1

    shop.driver.now_ms -= 20_000
    shop.order()
    shop.driver.now_ms += 20_000
    shop.settle()

    assert shop.current("orders.confirmed_per_minute", "USD") == 2


def test_a_window_that_grows_is_told_again_whole() -> None:
    shop = Shop(partitions=1)
    shop.order()
    shop.settle()
    shop.order()

    shop.settle()

    assert shop.figure("orders.confirmed_per_minute", "USD") == 2
    seqs = [msgspec.json.decode(r.value or b"")["seq"] for r in shop.driver.outputs(PULSE)]
    assert seqs == [1, 2]


def test_what_does_not_change_is_not_told_again() -> None:
    shop = Shop(partitions=1)
    shop.order()
    shop.settle()
    told = len(shop.driver.outputs(PULSE))

    shop.run(10_000)

    assert len(shop.driver.outputs(PULSE)) == told == 1


def test_a_window_that_closes_between_two_ticks_is_told_in_full() -> None:
    shop = Shop(partitions=1)
    shop.order()
    shop.driver.run()
    shop.driver.now_ms += 10 * MINUTE
    shop.order()

    shop.settle()

    assert shop.figure("orders.confirmed_per_minute", "USD") == 1


def test_a_record_behind_its_window_is_counted_as_late() -> None:
    shop = Shop(partitions=1)
    shop.driver.now_ms += 10 * MINUTE
    shop.order()
    shop.driver.run()
    shop.driver.now_ms -= 10 * MINUTE
    shop.order()
    shop.driver.run()
    shop.driver.now_ms += 10 * MINUTE

    shop.settle()

    figures = shop.driver.rows(FIGURES)
    assert [row.value for key, row in figures.items() if "orders.late_per_minute" in key] == [1]
    assert [row.value for key, row in figures.items() if "orders.confirmed_per" in key] == [1]


def test_what_was_late_is_told_with_its_partition_so_that_it_moves_with_it() -> None:
    shop = Shop(partitions=1)
    shop.driver.now_ms += 10 * MINUTE
    shop.order()
    shop.driver.now_ms -= 10 * MINUTE
    shop.order()
    shop.driver.run()
    driver = shop.driver
    lanes: Any = SimpleNamespace(
        stats=driver.stats, topology=driver.topology, open_lanes=lambda: {7: driver._lanes[0]}
    )

    told = next(f for f in EngineCollector(lanes, "x").collect() if f.name == "x_late_records")

    assert [(one.labels["agent"], one.labels["partition"], one.value) for one in told.samples] == [
        ("pulse", "7", 1),
        ("totals", "7", 0),
    ]


def test_a_partial_that_comes_twice_or_out_of_order_changes_nothing() -> None:
    shop = Shop(partitions=1)
    for _ in range(2):
        shop.order()
        shop.settle()
    older, newer = shop.driver.outputs(PULSE)

    for record in (older, newer, older):
        shop.driver.send(PULSE, record.value, "orders")
    shop.settle()

    assert shop.figure("orders.confirmed_per_minute", "USD") == 2


def test_a_partial_of_a_window_that_is_kept_no_more_is_passed_by() -> None:
    shop = Shop(partitions=1)
    shop.order()
    shop.settle()
    [old] = shop.driver.outputs(PULSE)
    for _ in range(3):
        shop.driver.advance(60 * MINUTE, step_ms=MINUTE)
        shop.order()
        shop.settle()
    assert shop.figure("orders.confirmed_per_minute", "USD") is None

    shop.driver.send(PULSE, old.value, "orders")
    shop.settle()

    assert shop.driver.dead_letters(PULSE) == []
    assert shop.figure("orders.confirmed_per_minute", "USD") is None


def test_a_partition_that_lags_behind_counts_in_its_own_window() -> None:
    shop = Shop(partitions=1)
    shop.order()
    shop.settle()
    [old] = shop.driver.outputs(PULSE)
    shop.run(5 * MINUTE)
    shop.order()
    shop.settle()

    value = msgspec.json.decode(old.value or b"") | {"partition": 1}
    shop.driver.send(PULSE, msgspec.json.encode(value), "orders")
    shop.settle()

    assert shop.figure("orders.confirmed_per_minute", "USD") == 2


def test_a_product_that_others_outsold_leaves_the_ranking_of_its_window() -> None:
    shop = Shop(partitions=1, rules=replace(RULES, products_ranked=1))
    shop.hold("p0", 1, left=20)
    shop.settle()
    assert shop.figure("inventory.top_products", "p0") == 1

    shop.hold("p1", 5, left=20)
    shop.settle()

    assert shop.figure("inventory.top_products", "p0") is None


def test_a_tick_that_has_no_news_writes_nothing() -> None:
    shop = Shop(partitions=1)
    shop.order()
    shop.hold("p0", 1, left=20)
    shop.run(MINUTE + 10_000)
    [lane] = shop.driver._lanes

    lane.processor.tick(shop.driver.now_ms + 1_000)

    assert not lane.processor.has_changes()


def test_a_family_of_another_version_goes_to_the_dead_letters() -> None:
    shop = Shop(partitions=1)
    shop.order()
    shop.settle()
    value = (shop.driver.outputs(PULSE)[0].value or b"").replace(b'"orders"', b'"tides"')

    shop.driver.send(PULSE, value, "tides")
    shop.settle()

    assert len(shop.driver.dead_letters(PULSE)) == 1
    assert set(shop.driver.rows(SEEN)) == {"orders"}


@pytest.mark.parametrize("partitions", [1, 4])
def test_a_restart_between_any_two_steps_changes_nothing(partitions: int) -> None:
    plain, torn = Shop(partitions=partitions), Shop(partitions=partitions)

    for shop in (plain, torn):
        for step in range(6):
            shop.order(100 + step)
            shop.payment("stripe", declined=step % 2 == 0)
            shop.hold(f"p{step % 3}", 1, left=5)
            shop.driver.run().advance(20_000, step_ms=1_000)
            if shop is torn:
                shop.driver.restart()

    assert torn.driver.rows(FIGURES) == plain.driver.rows(FIGURES)
    assert torn.driver.rows(CURRENT_FIGURES) == plain.driver.rows(CURRENT_FIGURES)
    assert torn.told() == plain.told()


def test_the_number_of_partitions_does_not_change_the_figures() -> None:
    one, many = Shop(partitions=1), Shop(partitions=5)

    for shop in (one, many):
        for step in range(12):
            shop.order(100 * step)
            shop.hold(f"p{step}", 1, left=step)
        shop.settle()

    assert many.driver.rows(FIGURES) == one.driver.rows(FIGURES)


def test_rows_stay_bounded_while_traffic_goes_on() -> None:
    shop = Shop(partitions=1, rules=replace(RULES, figures_kept_ms=5 * MINUTE))
    sizes = []

    for minute in range(40):
        shop.order()
        shop.hold("p", 1, left=5)
        shop.driver.run().advance(MINUTE)
        if minute % 7 == 0:
            shop.driver.restart()
        tables = (FIGURES, MERGED, PARTS, PULSE_ORDERS, PULSE_INVENTORY)
        sizes.append(sum(len(shop.driver.rows(table)) for table in tables))

    assert max(sizes[20:]) <= max(sizes[:20])


# -- alerts


def test_a_provider_that_fails_raises_one_alert_and_resolves_once_it_recovered() -> None:
    shop = Shop()
    for _ in range(8):
        shop.payment("stripe", declined=True)
        shop.payment("paypal")
        shop.run(2_000)

    assert ("AlertRaised", "payment_success", "critical") in shop.told()
    alert = shop.driver.rows(ALERTS)["payment_success|stripe"]
    assert (alert.value, alert.threshold) == (0, 0.90)
    assert alert.runbook == "docs/runbooks/payment_success.md"
    assert "payment_success|paypal" not in shop.driver.rows(ALERTS)

    shop.run(2 * MINUTE)
    for _ in range(8):
        shop.payment("stripe")
        shop.run(2_000)

    mine = [entry for entry in shop.told() if entry[1] == "payment_success"]
    assert [entry[0] for entry in mine] == ["AlertRaised", "AlertResolved"]
    assert not any(key.startswith("payment_success") for key in shop.driver.rows(ALERTS))
    assert not any(key.startswith("payment_success") for key in shop.driver.rows(WATCHES))


def test_a_provider_that_fails_around_the_end_of_a_minute_raises_its_alert() -> None:
    shop = Shop()
    shop.run(52_000)
    for _ in range(8):
        shop.payment("stripe", declined=True)

    shop.run(15_000)

    assert ("AlertRaised", "payment_success", "critical") in shop.told()


def test_a_shop_that_falls_silent_raises_a_rate_alert_until_silence_is_normal() -> None:
    shop = Shop()
    for _ in range(60):
        shop.order()
        shop.run(3_000)
    assert shop.told() == []

    shop.run(4 * MINUTE)
    assert ("AlertRaised", "order_rate", "critical") in shop.told()
    shop.run(60 * MINUTE)

    assert shop.told()[-1] == ("AlertResolved", "order_rate", "critical")


def test_a_shop_that_never_had_traffic_raises_nothing() -> None:
    assert Shop().run(20 * MINUTE).told() == []


def test_the_minute_in_which_traffic_began_raises_no_rate_alert() -> None:
    shop = Shop()
    shop.driver.advance(50_000)
    for _ in range(20):
        shop.order()
        shop.run(3_000)

    assert [entry for entry in shop.told() if entry[1] == "order_rate"] == []


def test_too_many_low_items_raise_an_alert() -> None:
    shop = Shop(alerts=replace(ALERT_RULES, low_stock_warn=1))
    for product in ("a", "b"):
        shop.hold(product, 1, left=3)
        shop.low(product, 3)

    shop.settle().run(15_000)

    assert shop.told() == [("AlertRaised", "low_stock", "warn")]


def test_too_many_disputes_raise_an_alert() -> None:
    shop = Shop(alerts=replace(ALERT_RULES, disputes_payments_min=4))
    for _ in range(4):
        shop.payment("stripe")
    shop.dispute()

    shop.settle().run(15_000)

    assert shop.current("disputes.month_share") == 0.25
    assert ("AlertRaised", "disputes", "critical") in shop.told()


def test_an_alert_that_grows_and_lessens_is_told_each_time_under_one_name() -> None:
    shop = Shop(alerts=replace(ALERT_RULES, low_stock_warn=1, low_stock_critical=3))
    for product in ("a", "b"):
        shop.hold(product, 1, left=3)
        shop.low(product, 3)
    shop.settle().run(15_000)
    for product in ("c", "d"):
        shop.hold(product, 1, left=3)
        shop.low(product, 3)
    shop.settle().run(15_000)

    for product in ("c", "d"):
        shop.hold(product, 3, left=0, discontinued=True)
    shop.settle().run(15_000)

    assert [severity for _, _, severity in shop.told()] == ["warn", "critical", "warn"]
    told = shop.alerts()
    assert len({envelope.event_id for envelope in told}) == 3
    [alert_id] = {envelope.data.alert_id for envelope in told}
    assert {envelope.correlation_id for envelope in told} == {alert_id}


def test_an_alert_names_the_minute_that_it_is_about() -> None:
    shop = Shop()
    for _ in range(8):
        shop.payment("stripe", declined=True)

    shop.run(MINUTE + 16_000)

    [raised] = shop.alerts()
    window = (raised.data.window_start, raised.data.window_end)
    ms = [round(at.timestamp() * 1000) for at in window]
    assert ms[1] - ms[0] == MINUTE
    assert ms[0] % MINUTE == 0
    assert ms[1] <= raised.timestamp_ms


def test_every_threshold_can_be_moved() -> None:
    shop = Shop(alerts=replace(ALERT_RULES, order_errors_warn=0.9, order_errors_critical=0.95))
    for _ in range(3):
        shop.order()
        shop.refusal()
    shop.settle().run(30_000)

    assert "order_errors|all" not in shop.driver.rows(ALERTS)


def test_alert_events_have_ids_of_their_own_that_a_replay_repeats() -> None:
    def ids() -> list[str]:
        shop = Shop(partitions=1)
        for _ in range(4):
            shop.refusal()
        shop.settle().run(5 * MINUTE)
        return [envelope.event_id for envelope in shop.alerts()]

    assert ids() == ids()
    assert len(set(ids())) == len(ids()) >= 2
