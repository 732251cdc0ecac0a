"""The shop's agents in memory, as `make bench ARGS=driver` runs them."""

from benchmarks.pipeline.driver import run_driver


def test_an_order_leads_to_all_that_the_core_of_the_shop_does_with_it() -> None:
    result = run_driver(20)

    by_topic = result.more["by_topic"]
    assert result.cpu_us_per_event > 0
    assert by_topic["orders.dev.commands"] == by_topic["orders.dev.events"] == 1
    assert by_topic["payments.dev.events"] > 5
