"""Every agent together: whatever is asked of the shop ends as the contract has it."""

import pytest

from simulator.ends import End
from simulator.settings import Mix
from tests.simulator.memory_run import HEAVY, MemoryRun, finished


def test_every_order_of_a_usual_day_ends_as_it_must() -> None:
    run = finished(seed=3, orders=400, mix=Mix())

    verdict = run.oracle.judge()

    assert verdict.words == []
    assert verdict.is_green
    assert verdict.ends[End.OPEN] == 0
    assert verdict.ends[End.PAID] > 300


def test_when_nothing_goes_wrong_every_order_is_paid_and_nothing_is_buried() -> None:
    run = finished(seed=4, orders=150, mix=Mix.clean())

    verdict = run.oracle.judge()

    assert verdict.words == []
    assert verdict.ends == {End.PAID: 150}
    assert verdict.dead_letters == 0


def test_a_run_may_end_with_parcels_booked_and_then_each_has_to_be() -> None:
    run = finished(seed=5, orders=150, mix=HEAVY, sent=False)

    verdict = run.oracle.judge()

    assert verdict.words == []
    assert verdict.ends[End.PAID] > 50
    assert verdict.delivered == verdict.returned == verdict.disputed == 0

    parcels = [order.parcels for order in run.book.orders.values() if order.completed]
    parcels[0].clear()
    assert run.oracle.judge().ends[End.OPEN] == 1


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("time_scale", [1, 60])
def test_topics_that_race_each_other_change_nothing_that_is_promised(
    seed: int, time_scale: int
) -> None:
    """At 60 times the speed timers fire in the middle of it all."""
    run = finished(seed=seed, orders=150, mix=HEAVY, time_scale=time_scale, racing=True)

    verdict = run.oracle.judge()

    assert verdict.words == []
    assert verdict.is_green


def test_the_run_that_is_judged_meets_every_end_and_every_reason(heavy: MemoryRun) -> None:
    verdict = heavy.oracle.judge()

    assert {End.PAID, End.CANCELLED, End.FAILED} == set(verdict.ends)
    assert set(verdict.reasons) >= {
        "CUSTOMER_REQUEST",
        "OTHER",
        "PAYMENT_FAILED",
        "OUT_OF_STOCK",
        "FRAUD_DETECTED",
    }
    assert verdict.expected_letters > 10
    assert min(verdict.returned, verdict.refunded, verdict.disputed) > 5
    assert any(order.lines_gone and order.completed for order in heavy.book.orders.values())
    assert any(order.refunds for order in heavy.book.orders.values())
    assert any(charge.voided for o in heavy.book.orders.values() for charge in o.charges.values())


def test_no_timer_outlives_the_orders(heavy: MemoryRun) -> None:
    left = {kind for kind in heavy.driver.timers() if not kind.startswith("stock.")}

    # Stock remembers ended reservations and event ids for a while; customers' history and what
    # daily reports know of an order are kept for 90 days. A warehouse's snapshot waits for seconds,
    # an eleventh letter to one customer for the next hour. A parcel's last question is due for four
    # hours, whatever has become of it meanwhile.
    waits = {
        "notifier.history",
        "notifier.due",
        "metrics.forget",
        "warehouses.snapshot",
        "shipping.poll",
    }
    assert left <= waits
