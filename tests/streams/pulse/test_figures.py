"""Figures as read off a tally: a row a figure."""

import pytest

from streams.pulse.figures import FAMILIES, PRODUCTS_TOLD, figures_of
from streams.pulse.tally import EMPTY, Cell, Tally, add, observe

ORDERS = Tally(
    seq=5,
    cells={
        "confirmed|USD": Cell(3, 3_000),
        "confirmed|EUR": Cell(1, 500),
        "refused|PRICE_MISMATCH": Cell(1),
        "cancelled|OUT_OF_STOCK": Cell(2),
        "latency": Cell(4, 100, {10: 3, 20: 1}),
        "slow": Cell(1),
    },
)
PAYMENTS = Tally(
    seq=9,
    cells={
        "confirmed|stripe": Cell(8),
        "confirmed|paypal": Cell(1),
        "failed|stripe|card_declined": Cell(1),
        "failed|stripe|network_error": Cell(1),
        "failed|unknown|fraud_suspected": Cell(4),
        "latency|stripe": Cell(2, 30, {10: 1, 20: 1}),
        "latency|paypal": Cell(1, 31, {31: 1}),
        "slow": Cell(1),
        "refunded|EUR": Cell(2, 700),
        "refund_latency": Cell(2, 8, {4: 2}),
    },
)
RISK = Tally(
    seq=4,
    cells={
        "score|00-09": Cell(2, 6),
        "score|90-100": Cell(1, 96),
        "decision|APPROVED": Cell(2),
        "decision|DECLINED": Cell(1),
        "latency": Cell(3, 9, {3: 3}),
    },
)
INVENTORY = Tally(
    seq=4,
    cells={
        "held": Cell(3, 7),
        "short": Cell(1),
        "expired": Cell(2),
        "latency": Cell(3, 9, {3: 3}),
        "slow": Cell(1),
        "update_latency": Cell(1, 5, {5: 1}),
        "late": Cell(1),
    },
    ranked={"p1": 5, "p2": 2},
)
STOCK = Tally(seq=1, cells={"units": Cell(1, 40), "low": Cell(1, 2), "out": Cell(1, 0)})

CASES = [
    ("orders", ORDERS, "orders.confirmed_per_minute", "USD", 3),
    ("orders", ORDERS, "orders.confirmed_per_minute", "EUR", 1),
    ("orders", ORDERS, "orders.revenue_minor_per_minute", "USD", 3_000),
    ("orders", ORDERS, "orders.value_minor_mean", "USD", 1_000),
    ("orders", ORDERS, "orders.refused_per_minute", "PRICE_MISMATCH", 1),
    ("orders", ORDERS, "orders.cancelled_per_minute", "OUT_OF_STOCK", 2),
    ("orders", ORDERS, "orders.refused_share", "all", 0.2),
    ("orders", ORDERS, "orders.in_promise_share", "all", 0.75),
    ("orders", ORDERS, "orders.confirm_ms", "p50", 10),
    ("orders", ORDERS, "orders.confirm_ms", "p95", 20),
    ("payments", PAYMENTS, "payments.confirmed_per_minute", "stripe", 8),
    ("payments", PAYMENTS, "payments.failed_per_minute", "card_declined", 1),
    ("payments", PAYMENTS, "payments.failed_per_minute", "fraud_suspected", 4),
    ("payments", PAYMENTS, "payments.success_share", "stripe", 0.8),
    ("payments", PAYMENTS, "payments.success_share", "paypal", 1),
    ("payments", PAYMENTS, "payments.success_share", "all", 9 / 11),
    ("payments", PAYMENTS, "payments.gateway_error_share", "stripe", 0.1),
    ("payments", PAYMENTS, "payments.gateway_error_share", "paypal", 0),
    ("payments", PAYMENTS, "payments.in_promise_share", "all", 2 / 3),
    ("payments", PAYMENTS, "payments.latency_ms", "p99", 31),
    ("payments", PAYMENTS, "payments.latency_ms", "stripe p50", 10),
    ("payments", PAYMENTS, "payments.refunds_per_minute", "EUR", 2),
    ("payments", PAYMENTS, "payments.refunded_minor_per_minute", "EUR", 700),
    ("payments", PAYMENTS, "payments.refund_ms", "p95", 4),
    ("risk", RISK, "risk.scores_per_minute", "90-100", 1),
    ("risk", RISK, "risk.score_mean", "all", 34),
    ("risk", RISK, "risk.decisions_per_minute", "DECLINED", 1),
    ("risk", RISK, "risk.check_ms", "p95", 3),
    ("inventory", INVENTORY, "inventory.held_per_minute", "all", 3),
    ("inventory", INVENTORY, "inventory.units_held_per_minute", "all", 7),
    ("inventory", INVENTORY, "inventory.short_per_minute", "all", 1),
    ("inventory", INVENTORY, "inventory.expired_per_minute", "all", 2),
    ("inventory", INVENTORY, "inventory.short_share", "all", 0.25),
    ("inventory", INVENTORY, "inventory.in_promise_share", "all", 2 / 3),
    ("inventory", INVENTORY, "inventory.check_ms", "p99", 3),
    ("inventory", INVENTORY, "inventory.update_ms", "p50", 5),
    ("inventory", INVENTORY, "inventory.top_products", "p1", 5),
    ("inventory", INVENTORY, "inventory.late_per_minute", "all", 1),
    ("stock", STOCK, "stock.units", "all", 40),
    ("stock", STOCK, "stock.low", "all", 2),
    ("stock", STOCK, "stock.out", "all", 0),
]


def read(family: str, tally: Tally, size_ms: int = 60_000) -> dict[tuple[str, str], float]:
    return {(name, group): value for name, group, value, _ in figures_of(family, tally, size_ms)}


@pytest.mark.parametrize(
    ("family", "tally", "name", "group", "value"), CASES, ids=[f"{c[2]} {c[3]}" for c in CASES]
)
def test_a_figure_is_read_off_its_tally(
    family: str, tally: Tally, name: str, group: str, value: float
) -> None:
    assert read(family, tally)[name, group] == pytest.approx(value)


def quantiles(name: str, value: float, before: str = "") -> dict[tuple[str, str], float]:
    return {(name, f"{before}{quantile}"): value for quantile in ("p50", "p95", "p99")}


WHOLE: list[tuple[str, dict[str, Cell], dict[tuple[str, str], float]]] = [
    (
        "shipping",
        {
            "booked|UPS": Cell(6),
            "unbooked|UPS|no_answer": Cell(1),
            "unbooked|UPS|carrier_down": Cell(2),
            "unbooked|UPS|capacity": Cell(3),
            "latency|UPS": Cell(1, 7, {7: 1}),
            "scan|DHL": Cell(4),
            "lag": Cell(1, 5, {5: 1}),
            "delivered|on_time": Cell(3),
            "delivered|late": Cell(1),
            "failed|LOST": Cell(2),
        },
        {
            ("shipping.label_success_share", "UPS"): 0.5,
            ("shipping.carrier_error_share", "UPS"): 0.25,
            **quantiles("shipping.carrier_ms", 7, "UPS "),
            ("shipping.scans_per_minute", "DHL"): 8,
            **quantiles("shipping.lag_ms", 5),
            ("shipping.delivered_per_minute", "on_time"): 6,
            ("shipping.delivered_per_minute", "late"): 2,
            ("shipping.on_time_share", "all"): 0.75,
            ("shipping.failed_attempts_per_minute", "LOST"): 4,
        },
    ),
    (
        "notifications",
        {
            "latency|SMS": Cell(4, 36, {9: 4}),
            "slow": Cell(1),
            "dead|provider_error": Cell(2),
            "suppressed|opted_out": Cell(3),
            "waiting|SMS": Cell(1, 8, {8: 1}),
        },
        {
            ("notifications.sent_per_minute", "SMS"): 8,
            ("notifications.given_up_per_minute", "provider_error"): 4,
            ("notifications.suppressed_per_minute", "opted_out"): 6,
            ("notifications.in_promise_share", "all"): 0.75,
            **quantiles("notifications.latency_ms", 9),
            **quantiles("notifications.latency_ms", 9, "SMS "),
            **quantiles("notifications.waiting_ms", 8),
        },
    ),
    (
        "subscriptions",
        {
            "state|active": Cell(1, 12),
            "paid|20000": Cell(1, 9),
            "paid|20001": Cell(1, 3),
            "failed|20001": Cell(1, 1),
        },
        {
            ("subscriptions.by_state", "active"): 12,
            ("subscriptions.failed_cycle_share", "all"): 0.25,
        },
    ),
    ("letters", {"waiting": Cell(1, 11)}, {("letters.waiting", "all"): 11}),
    (
        "disputes",
        {"payments": Cell(1, 40), "disputes": Cell(1, 1)},
        {("disputes.month_share", "all"): 0.025},
    ),
]


@pytest.mark.parametrize(("family", "cells", "told"), WHOLE, ids=[each[0] for each in WHOLE])
def test_every_figure_of_a_family_in_half_a_minute(
    family: str, cells: dict[str, Cell], told: dict[tuple[str, str], float]
) -> None:
    assert read(family, Tally(seq=9, cells=cells), 30_000) == told


def test_attempts_that_no_provider_saw_are_nobodys_failure() -> None:
    assert ("payments.success_share", "unknown") not in read("payments", PAYMENTS)


@pytest.mark.parametrize("family", FAMILIES)
def test_figures_are_named_after_their_family_and_of_nothing_there_is_no_share(family: str) -> None:
    found = read(family, EMPTY)

    assert all(name.startswith(f"{family}.") for name, _ in found)
    assert all(value == 0 for value in found.values())
    assert not any("share" in name or name.endswith("_ms") for name, _ in found)


def test_shorter_windows_are_told_per_minute_too() -> None:
    assert read("orders", ORDERS, 6_000)["orders.confirmed_per_minute", "USD"] == 30


def test_only_the_leading_products_are_told() -> None:
    many = Tally(seq=1, ranked={f"p{number:02d}": number for number in range(50)})

    told = [group for name, group in read("inventory", many) if name == "inventory.top_products"]

    assert told == [f"p{number}" for number in range(49, 49 - PRODUCTS_TOLD, -1)]


def test_names_that_were_counted_together_can_be_read() -> None:
    cells = {"failed|other": Cell(3), "confirmed|other": Cell(1)}
    add(cells, "refunded|other", 5)
    observe(cells, "latency|other", 5)

    found = read("payments", Tally(seq=1, cells=cells))

    assert found["payments.failed_per_minute", "other"] == 3
    assert found["payments.success_share", "other"] == 0.25


def test_a_figure_says_how_many_it_was_taken_from() -> None:
    told = {
        (name, group): samples
        for name, group, _, samples in figures_of("orders", ORDERS, 60_000)
        if name in {"orders.revenue_minor_per_minute", "orders.value_minor_mean",
                    "orders.refused_share", "orders.in_promise_share", "orders.confirm_ms"}
    }  # fmt: skip

    assert told == {
        ("orders.revenue_minor_per_minute", "USD"): 3,
        ("orders.revenue_minor_per_minute", "EUR"): 1,
        ("orders.value_minor_mean", "USD"): 3,
        ("orders.value_minor_mean", "EUR"): 1,
        ("orders.refused_share", "all"): 5,
        ("orders.in_promise_share", "all"): 4,
        ("orders.confirm_ms", "p50"): 4,
        ("orders.confirm_ms", "p95"): 4,
        ("orders.confirm_ms", "p99"): 4,
    }
