"""Laws about figures, and about what is told of them, notice what breaks them."""

import json
from collections import defaultdict
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from engine.records import Record
from simulation.laws.agreement import LISTED, AgreementLaw
from simulation.laws.alerts import IN_TURN, ONE, OPEN, AlertsLaw
from simulation.laws.billing import ADDS_UP, CHARGED, BillingLaw
from simulation.laws.broken import Broken
from simulation.laws.money import TOLD as MONEY_TOLD
from simulation.laws.money import MoneyLaw
from simulation.laws.reports import COUNTED, TOLD, ReportsLaw
from simulation.laws.shelves import GOES_ON, LOW, PART, WHOLE, ShelvesLaw
from streams.metrics.counts import FAMILIES
from streams.metrics.days import date_of
from streams.metrics.reports import REPORTS
from streams.metrics.rules import MetricsRules
from streams.moments import DAY_MS, HOUR_MS
from streams.pulse.tally import EMPTY, Cell, Tally
from tables.metrics import DAILY

NOON_MS = 12 * HOUR_MS
CARD_DECLINED = "failed|card_declined"


def failed(day: int) -> Record:
    """PaymentFailed, at noon."""
    data = {"paymentId": "pay_1", "failureReason": "card_declined"}
    value = json.dumps({"data": data}).encode()
    return Record("payments", 0, 0, day * DAY_MS + NOON_MS, b"pay_1", value)


def metrics(**changes: int) -> Record:
    """OrderMetricsCalculated of a first day without orders."""
    names = ("totalOrders", "completedOrders", "cancelledOrders", "returnedOrders", "totalRevenue")
    told = {"period": {"date": "1970-01-01"}, "metrics": dict.fromkeys(names, 0) | changes}
    return Record("orders", 0, 0, DAY_MS, b"rpt", json.dumps({"data": told}).encode())


def reported(*, failures: int, on_day: int) -> ReportsLaw:
    """A law that sees three days' reports: of failed payments on one, and of nothing on others."""
    counts = Tally(1, 1, {CARD_DECLINED: Cell(failures)})
    rows: dict[str, dict[str, Any]] = {
        DAILY[family].name: {
            date_of(day).isoformat(): REPORTS[family](
                date_of(day), counts if day == on_day else EMPTY, MetricsRules()
            )
            for day in range(3)
        }
        for family in FAMILIES
    }
    rows["daily_orders"] = {"1970-01-01": rows["daily_orders"]["1970-01-01"]}
    law = ReportsLaw(rows, lambda: 0)
    law.said("OrderMetricsCalculated", metrics())
    return law


@pytest.mark.parametrize(
    ("failures", "on_day", "happened", "holds"),
    [
        (1, 0, [0], True),
        (1, 1, [0], True),
        (1, 2, [0], False),
        (2, 0, [0], False),
        (0, 0, [0], False),
        (1, 0, [2], False),
    ],
    ids=["that day", "the next", "too late", "twice", "never", "ahead"],
)
def test_a_report_that_has_too_little_or_too_much_of_its_day_breaks_a_law(
    failures: int,
    on_day: int,
    happened: list[int],
    holds: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    law = reported(failures=failures, on_day=on_day)
    for day in happened:
        law.said("PaymentFailed", failed(day))

    with nullcontext() if holds else pytest.raises(Broken, match=COUNTED):
        law.ended()


@pytest.mark.parametrize("told", [metrics(), metrics(totalOrders=1)], ids=["twice", "differently"])
def test_a_report_that_is_told_twice_or_otherwise_than_it_is_kept_breaks_a_law(
    told: Record,
) -> None:
    law = reported(failures=0, on_day=0)
    law.said("OrderMetricsCalculated", told)

    with pytest.raises(Broken, match=TOLD):
        law.ended()


def shelf(available: int = 0) -> SimpleNamespace:
    """A product's level in its only warehouse."""
    policy = SimpleNamespace(reorder_point=10)
    fields = {"on_hand": available, "reserved": 0, "quarantined": 0, "status": "ACTIVE"}
    level = SimpleNamespace(warehouse_id="wh_1", policy=policy, **fields)
    return SimpleNamespace(levels=(level,))


def adjusted(was: int, now: int) -> tuple[str, dict[str, Any]]:
    data = {
        "productId": "prd_a",
        "warehouseId": "wh_1",
        "previousQuantity": was,
        "adjustedQuantity": now - was,
        "newQuantity": now,
    }
    return "InventoryAdjusted", {"causationId": f"evt_{was}", "correlationId": "c", "data": data}


def low(was: int, now: int) -> tuple[str, dict[str, Any]]:
    data = {"productId": "prd_a", "warehouseId": "wh_1", "availableQuantity": now}
    return "LowStockAlert", {"causationId": f"evt_{was}", "correlationId": "c", "data": data}


def shelves(*told: tuple[str, dict[str, Any]]) -> ShelvesLaw:
    law = ShelvesLaw({"stock": {"prd_a": shelf()}})
    for name, envelope in told:
        law.told(name, envelope)
    return law


def test_a_shelf_that_runs_low_is_told_of_once() -> None:
    shelves(adjusted(0, 12), adjusted(12, 10), low(12, 10), adjusted(10, 8)).settled()


@pytest.mark.parametrize(
    "told",
    [
        (adjusted(0, 12), adjusted(12, 10)),
        (adjusted(0, 12), adjusted(12, 10), low(12, 10), low(12, 10)),
        (adjusted(0, 12), adjusted(12, 10), low(12, 10), adjusted(10, 8), low(10, 8)),
    ],
    ids=["never", "twice", "while it is low"],
)
def test_a_shelf_that_runs_low_and_is_not_told_of_once_breaks_a_law(told: Any) -> None:
    with pytest.raises(Broken, match=LOW):
        shelves(*told).settled()


@pytest.mark.parametrize("told", [adjusted(3, 5), low(0, 4)], ids=["a change", "an alert"])
def test_what_does_not_go_on_where_its_shelf_stopped_breaks_a_law(told: Any) -> None:
    with pytest.raises(Broken, match=GOES_ON):
        shelves(adjusted(0, 2), told)


def part(partition: int, product: str, day: int) -> dict[str, Any]:
    """What a partition tells of one product, of which three are there."""
    at_ms = day * DAY_MS
    place = {"warehouse_id": "wh_1", "partition": partition, "slot_ms": at_ms, "at_ms": at_ms}
    return place | {"levels": {product: [3, 0, 0]}}


def snapshot(*products: str, lacks: str = "", units: int = 3) -> tuple[str, dict[str, Any]]:
    """A snapshot of the third day."""
    level = {"onHand": units, "reserved": 0, "damaged": 0}
    labels = {"origin": "books"} | ({"lacksPartitions": lacks} if lacks else {})
    zones = [{"stockBySku": dict.fromkeys(products, level)}]
    data = {"warehouseId": "wh_1", "capturedAt": "1970-01-03T00:00:00Z", "zones": zones}
    return "WarehouseStockSnapshot", {"correlationId": "c", "data": data | {"labels": labels}}


def parts_told() -> ShelvesLaw:
    """Two partitions told what they have, long ago and on the third day."""
    law = ShelvesLaw({"stock": {"prd_a": shelf(3), "prd_b": shelf(3)}})
    for day in (0, 2):
        law.levels(part(0, "prd_a", day))
        law.levels(part(1, "prd_b", day))
    return law


@pytest.mark.parametrize(
    ("told", "holds"),
    [
        (snapshot("prd_a", "prd_b"), True),
        (snapshot("prd_a", lacks="1"), True),
        (snapshot("prd_a"), False),
        (snapshot("prd_a", "prd_b", lacks="1"), False),
        (snapshot("prd_a", "prd_b", "prd_c"), False),
        (snapshot("prd_a", "prd_b", units=4), False),
    ],
    ids=["whole", "named", "silent", "named in vain", "more products", "more units"],
)
def test_a_snapshot_that_is_not_what_partitions_told_breaks_a_law(
    told: Any,
    holds: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    law = parts_told()

    with nullcontext() if holds else pytest.raises(Broken, match=WHOLE):
        law.told(*told)


def test_a_partition_that_tells_what_it_does_not_have_breaks_a_law() -> None:
    with pytest.raises(Broken, match=PART):
        ShelvesLaw({"stock": {"prd_a": shelf(2)}}).levels(part(0, "prd_a", 0))


def raised(alert_id: str = "alr_1", severity: str = "warn") -> dict[str, Any]:
    what = {"alertId": alert_id, "rule": "order_rate", "subject": "all", "severity": severity}
    return what | {"windowStart": "1970-01-01T00:00:00Z"}


def alerts(*told: tuple[str, dict[str, Any]]) -> AlertsLaw:
    law = AlertsLaw({"alerts": {}})
    for name, data in told:
        law.told(name, data)
    return law


def test_an_alert_may_grow_worse_and_is_over_once_it_is_resolved() -> None:
    worse = raised(severity="critical")

    alerts(("AlertRaised", raised()), ("AlertRaised", worse), ("AlertResolved", worse)).ended()


@pytest.mark.parametrize(
    ("told", "law"),
    [
        ([("AlertRaised", raised()), ("AlertRaised", raised())], IN_TURN),
        ([("AlertResolved", raised())], IN_TURN),
        (
            [("AlertRaised", raised()), ("AlertResolved", raised()), ("AlertRaised", raised())],
            IN_TURN,
        ),
        ([("AlertRaised", raised()), ("AlertRaised", raised("alr_2"))], ONE),
    ],
    ids=["twice", "resolved unraised", "after its end", "two of a kind"],
)
def test_an_alert_that_is_raised_or_resolved_out_of_turn_breaks_a_law(told: Any, law: str) -> None:
    with pytest.raises(Broken, match=law):
        alerts(*told)


def test_an_alert_that_is_open_and_not_kept_breaks_a_law() -> None:
    with pytest.raises(Broken, match=OPEN):
        alerts(("AlertRaised", raised())).ended()


@pytest.mark.parametrize(
    "listed", [{}, {"usr_1\x1f9\x1ford_1": 6}], ids=["nowhere", "at another time"]
)
def test_an_order_that_is_not_listed_as_it_was_placed_breaks_a_law(listed: dict[str, int]) -> None:
    order = SimpleNamespace(
        user_id="usr_1", placed_at_ms=5, status=SimpleNamespace(value="paid"), refunds=()
    )
    rows: dict[str, dict[str, Any]] = defaultdict(dict)
    rows |= {"orders": {"ord_1": order}, "customer_orders": listed}

    with pytest.raises(Broken, match=LISTED):
        AgreementLaw(rows).ended()


def invoice(subtotal: int = 1000) -> SimpleNamespace:
    """Of two pieces at 5.00."""
    line = SimpleNamespace(quantity=2, unit_price_minor=500, total_minor=1000)
    ids = {"invoice_id": "inv_1", "subscription_id": "sub_1", "charge_key": ""}
    sums = {"subtotal_minor": subtotal, "tax_minor": 80, "total_minor": subtotal + 80}
    return SimpleNamespace(items=(line,), **ids, **sums)


def test_an_invoice_that_is_not_the_sum_of_its_lines_breaks_a_law() -> None:
    law = BillingLaw({})
    law.invoice("inv_1", None, invoice())

    with pytest.raises(Broken, match=ADDS_UP):
        law.invoice("inv_1", None, invoice(1001))


def test_a_charge_of_another_sum_than_its_invoices_breaks_a_law() -> None:
    session = SimpleNamespace(invoice_id="inv_1", amount_minor=1079)
    rows = {
        "payments": {"pay_1": SimpleNamespace(session=session)},
        "invoices": {"inv_1": invoice()},
    }

    with pytest.raises(Broken, match=CHARGED):
        BillingLaw(rows).ended()


@pytest.mark.parametrize("told", [0.0, 4.99, 10.0])
def test_money_that_went_back_and_was_not_told_exactly_breaks_a_law(told: float) -> None:
    law = MoneyLaw(list)
    law.rows["pay_1"] = SimpleNamespace(refunded_minor=500)
    law.told("RefundIssued", {"paymentId": "pay_1", "amount": told, "currency": "USD"})

    with pytest.raises(Broken, match=MONEY_TOLD):
        law.ended()
