"""The example of a window and a join, and of how an agent is tested: no broker, no waiting."""

from typing import Any

import msgspec
from faust.cli.faust import cli

from docs.examples.visits import (
    BOUGHT,
    COUNTER,
    JOINER,
    MINUTES,
    ORIGINS,
    SEEN,
    VIEWS,
    Bought,
    Origin,
    View,
    Views,
    app,
)
from engine.driver import Driver
from engine.specs import TopicSpec
from web.server import WorkerWeb

START_MS = 1_767_225_600_000
"""The beginning of a minute."""


def test_a_minute_is_told_once_it_is_over_wherever_its_views_lay() -> None:
    driver = Driver([COUNTER], start_ms=START_MS)

    for customer in ("ann", "bob", "cleo"):
        _send(driver, VIEWS, View(customer, "shoes"), customer)
    driver.run()
    told_early = driver.outputs(MINUTES)
    driver.advance(70_000)
    _send(driver, VIEWS, View("ann", "shoes"), "ann")
    driver.run()

    assert not told_early
    assert _told(driver, MINUTES, Views) == [Views("shoes", START_MS, 3)]


def test_an_order_comes_from_the_page_seen_last_and_not_from_one_seen_long_ago() -> None:
    driver = Driver([JOINER], start_ms=START_MS)

    _send(driver, VIEWS, View("ann", "hats"), "ann")
    _send(driver, VIEWS, View("ann", "shoes"), "ann")
    driver.run().advance(30 * 60_000 - 1)
    _send(driver, BOUGHT, Bought("ann", "ord_1"), "ann")
    driver.run().advance(1)
    _send(driver, BOUGHT, Bought("ann", "ord_2"), "ann")
    driver.run()

    assert _told(driver, ORIGINS, Origin) == [Origin("ord_1", "shoes")]
    assert driver.rows(SEEN) == {}


def test_a_kill_changes_nothing() -> None:
    driver = Driver([COUNTER, JOINER], start_ms=START_MS)

    _send(driver, VIEWS, View("ann", "shoes"), "ann")
    driver.run().restart()
    _send(driver, BOUGHT, Bought("ann", "ord_1"), "ann")
    driver.run().restart().run()

    assert _told(driver, ORIGINS, Origin) == [Origin("ord_1", "shoes")]


def test_it_has_the_commands_and_the_views_that_the_shop_has() -> None:
    assert isinstance(app.web_service, WorkerWeb)
    assert {"dead-letters", "tables", "topics"} <= set(cli.commands)


def _send(driver: Driver, topic: TopicSpec, value: View | Bought, key: str) -> None:
    driver.send(topic, msgspec.json.encode(value), key)


def _told(driver: Driver, topic: TopicSpec, kind: type[Any]) -> list[Any]:
    return [msgspec.json.decode(record.value or b"", type=kind) for record in driver.outputs(topic)]
