"""Subscribers of the demonstration: what they send is what the shop takes, and most pay."""

from collections import Counter
from datetime import UTC, datetime

from engine.specs import TopicSpec
from settings import Settings
from simulator.demo.settings import calendar_settings
from simulator.subscribers import subscribers
from tables.subscriptions import SUBSCRIPTIONS
from tests.agents.subscription_desk import START, Shop
from topics import ALL

TOPICS: dict[str, TopicSpec] = {spec.name: spec for spec in ALL}


def test_two_months_of_them_show_every_way_a_subscription_goes() -> None:
    shop = Shop(whole=Settings(time_scale=2_000, calendar_start=START, calendar_rate=86_400))
    for each in subscribers(1, shop.driver.now_ms):
        shop.driver.send(TOPICS[each.topic], each.value, each.key, headers=each.headers)
    shop.driver.run()

    shop.driver.advance(62_000, step_ms=1_000)

    rows = shop.driver.rows(SUBSCRIPTIONS).values()
    assert Counter(row.subscriptions[-1].status.value for row in rows) == {
        "active": 16,
        "cancelled": 3,
    }
    assert len(shop.said("UserSubscriptionStarted")) == 19
    assert any(e.data.recovered for e in shop.said("SubscriptionRenewedEvent"))
    assert shop.buried == []


def test_the_calendars_settings_are_settings() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    told = {
        name.removeprefix("FLOWMART_").lower(): value
        for name, value in calendar_settings(start).items()
    }

    clock = Settings(**told).clock  # type: ignore[arg-type]  # pydantic reads text

    assert clock.start_ms == round(start.timestamp() * 1000)
    assert clock.rate > 1
