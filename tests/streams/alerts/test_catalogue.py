"""The alert rules: each measured on a tally, against the contract's thresholds."""

from dataclasses import fields
from pathlib import Path

import pytest

from streams.alerts.catalogue import catalogue
from streams.alerts.measures import View
from streams.alerts.rule import Rule
from streams.alerts.rules import AlertRules
from streams.pulse.figures import FAMILIES
from streams.pulse.tally import EMPTY, Cell, Tally

RULES = AlertRules(samples_min=10)
BY_NAME = {rule.name: rule for rule in catalogue(RULES)}
ROOT = Path(__file__).parents[3]


def tally(**cells: Cell) -> Tally:
    return Tally(seq=1, cells={name.replace("__", "|"): cell for name, cell in cells.items()})


def timed(ms: int, count: int = 10) -> Cell:
    return Cell(count, ms * count, {ms: count})


# Rule, what it looks at (the last whole window for rates, recent records else), readings.
CASES = [
    ("order_rate", tally(confirmed__USD=Cell(3), confirmed__EUR=Cell(1)), {"all": 4}),
    ("order_rate", EMPTY, {"all": 0}),
    ("order_latency", tally(latency=timed(20)), {"all": 20}),
    ("order_latency", tally(latency=timed(20, 9)), {}),
    ("order_errors", tally(confirmed__USD=Cell(9), refused__X=Cell(1)), {"all": 0.1}),
    ("order_errors", tally(confirmed__USD=Cell(8), refused__X=Cell(1)), {}),
    ("payment_rate", tally(confirmed__stripe=Cell(2), confirmed__paypal=Cell(1)), {"all": 3}),
    (
        "payment_success",
        tally(
            confirmed__stripe=Cell(18),
            failed__stripe__card_declined=Cell(2),
            confirmed__paypal=Cell(3),
            failed__unknown__fraud_suspected=Cell(50),
        ),
        {"stripe": 0.9},
    ),
    (
        "payment_latency",
        tally(latency__stripe=timed(9), latency__paypal=timed(5, 3)),
        {"stripe": 9},
    ),
    ("refund_latency", tally(refund_latency=timed(7)), {"all": 7}),
    (
        "gateway_errors",
        tally(confirmed__stripe=Cell(9), failed__stripe__network_error=Cell(1)),
        {"stripe": 0.1},
    ),
    ("fraud_check_latency", tally(latency=timed(3)), {"all": 3}),
    ("stock_checks", tally(held=Cell(5, 9), short=Cell(2)), {"all": 7}),
    ("stock_check_latency", tally(latency=timed(3)), {"all": 3}),
    ("stock_update_latency", tally(update_latency=timed(4)), {"all": 4}),
    ("low_stock", tally(low=Cell(1, 51)), {"all": 51}),
    ("low_stock", EMPTY, {}),
    ("failed_cycles", tally(paid__20500=Cell(1, 9), failed__20500=Cell(1, 1)), {"all": 0.1}),
    (
        "failed_cycles",
        tally(paid__20501=Cell(1, 10), paid__20500=Cell(1, 90), failed__20500=Cell(1, 90)),
        {"all": 0.0},
    ),
    ("failed_cycles", tally(failed__20500=Cell(1, 9), paid__0=Cell(1, 0)), {}),
    ("disputes", tally(payments=Cell(1, 200), disputes=Cell(1, 2)), {"all": 0.01}),
    ("disputes", tally(payments=Cell(1, 100), disputes=Cell(1, 1)), {"all": 0.01}),
    ("disputes", tally(payments=Cell(1, 99), disputes=Cell(1, 9)), {}),
    ("past_due", tally(state__past_due=Cell(1, 4), state__grace=Cell(1, 3)), {"all": 7}),
    ("past_due", tally(state__active=Cell(1, 4)), {}),
    (
        "label_success",
        tally(
            booked__UPS=Cell(9), unbooked__UPS__capacity=Cell(1), unbooked__DHL__no_answer=Cell(9)
        ),
        {"UPS": 0.9},
    ),
    ("carrier_latency", tally(latency__UPS=timed(7), latency__DHL=timed(9, 9)), {"UPS": 7}),
    (
        "carrier_errors",
        tally(
            booked__UPS=Cell(6),
            unbooked__UPS__capacity=Cell(1),
            unbooked__UPS__no_answer=Cell(2),
            unbooked__UPS__carrier_down=Cell(1),
        ),
        {"UPS": 0.3},
    ),
    ("tracking_rate", tally(scan__UPS=Cell(4), scan__unknown=Cell(2)), {"all": 6}),
    ("tracking_lag", tally(lag=timed(11)), {"all": 11}),
    ("notification_latency", tally(latency__EMAIL=timed(7), latency__SMS=timed(7)), {"all": 7}),
    ("notification_oldest", tally(waiting__EMAIL=timed(9)), {"all": 9}),
    ("notification_depth", tally(waiting=Cell(1, 10_001)), {"all": 10_001}),
    (
        "notification_dead_letters",
        tally(dead__provider_error=Cell(2), dead__expired=Cell(1)),
        {"all": 3},
    ),
]


@pytest.mark.parametrize(
    ("name", "seen", "readings"), CASES, ids=[f"{n}-{i}" for i, (n, _, _) in enumerate(CASES)]
)
def test_a_rule_reads_what_it_measures_off_the_tally(
    name: str, seen: Tally, readings: dict[str, float]
) -> None:
    view = View(whole=seen, recent=seen, size_ms=60_000)

    assert dict(BY_NAME[name].measure(view)) == readings


def test_every_rule_is_measured_above() -> None:
    assert {name for name, _, _ in CASES} == set(BY_NAME)


def test_rates_are_per_minute_whatever_the_window() -> None:
    view = View(tally(confirmed__USD=Cell(3)), EMPTY, size_ms=6_000)

    assert dict(BY_NAME["order_rate"].measure(view)) == {"all": 30}


@pytest.mark.parametrize("name", ["order_rate", "payment_rate", "stock_checks", "low_stock"])
def test_where_nothing_is_known_nothing_is_read(name: str) -> None:
    assert dict(BY_NAME[name].measure(View(None, EMPTY, 60_000))) == {}


@pytest.mark.parametrize("rule", catalogue(RULES), ids=lambda rule: rule.name)
def test_a_rule_is_of_a_family_and_its_critical_threshold_is_the_worse_one(rule: Rule) -> None:
    assert rule.family in FAMILIES
    assert rule.crossed(rule.critical, rule.warn)
    assert not rule.crossed(rule.warn, rule.critical)


@pytest.mark.parametrize("rule", catalogue(RULES), ids=lambda rule: rule.name)
def test_a_rule_has_a_runbook(rule: Rule) -> None:
    text = (ROOT / rule.runbook).read_text()

    assert text.startswith("# ")
    assert rule.name in text


def test_every_threshold_is_a_setting_that_changes_a_rule() -> None:
    names = [f.name for f in fields(AlertRules) if f.name.endswith(("_warn", "_critical"))]
    plain = {(rule.name, rule.warn, rule.critical) for rule in catalogue(AlertRules())}

    for name in names:
        changed = {
            (rule.name, rule.warn, rule.critical) for rule in catalogue(AlertRules(**{name: 0.123}))
        }
        assert len(changed - plain) == 1, name
    assert len(names) == 2 * len(BY_NAME)


def test_what_must_last_lasts_five_minutes_and_latencies_are_those_of_the_slowest_twentieth() -> (
    None
):
    rules = AlertRules()

    assert (rules.sustain_ms, rules.percentile) == (300_000, 95)  # G-51, G-52


def test_the_thresholds_are_the_contracts() -> None:
    assert {rule.name: (rule.warn, rule.critical) for rule in catalogue(AlertRules())} == {
        "order_rate": (5, 1),
        "order_latency": (2_000, 5_000),
        "order_errors": (0.01, 0.05),
        "payment_rate": (5, 1),
        "payment_success": (0.95, 0.90),
        "payment_latency": (3_000, 8_000),
        "refund_latency": (5_000, 15_000),
        "gateway_errors": (0.02, 0.05),
        "fraud_check_latency": (1_000, 3_000),
        "stock_checks": (1_000, 5_000),
        "stock_check_latency": (100, 500),
        "stock_update_latency": (200, 1_000),
        "low_stock": (50, 100),
        "disputes": (0.0075, 0.01),
        "failed_cycles": (0.05, 0.10),
        "past_due": (50, 100),
        "label_success": (0.98, 0.95),
        "carrier_latency": (2_000, 5_000),
        "carrier_errors": (0.02, 0.05),
        "tracking_rate": (50, 10),
        "tracking_lag": (900_000, 3_600_000),
        "notification_latency": (30_000, 300_000),
        "notification_oldest": (60_000, 300_000),
        "notification_depth": (10_000, 50_000),
        "notification_dead_letters": (0, 10),
    }
