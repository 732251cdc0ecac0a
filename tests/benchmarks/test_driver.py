"""The shop's agents in memory, as `make bench ARGS=driver` runs them."""

import pytest

from benchmarks.pipeline.driver import run_driver


def test_an_order_leads_to_all_that_the_core_of_the_shop_does_with_it() -> None:
    result = run_driver(20)

    by_topic = result.more["by_topic"]
    assert result.cpu_us_per_event > 0
    assert by_topic["orders.dev.commands"] == by_topic["orders.dev.events"] == 1
    assert by_topic["payments.dev.events"] > 5


@pytest.mark.slow
def test_the_whole_shop_delivers_what_was_ordered() -> None:
    result = run_driver(20, whole=True)

    assert result.more["by_topic"]["notifications.dev.email"] > 2
    assert result.more["delivery_records_per_order"] > 40
    assert result.more["delivery_us_per_event"] > 0
