"""What follows from registrations: an empty watch list, and nothing from parcels."""

import pytest

import events
from agents.registrations import registrations_agent
from engine.driver import Driver
from events.base import Message
from events.registrations import UserSignedUpEvent
from events.shipping import DeliveryFailed
from tables.registrations import UNHEEDED, WATCH_LISTS
from topics import REGISTRATIONS_EVENTS, topic_of

SIGNED_UP = UserSignedUpEvent(user_id="usr_1", email="a@example.com", signup_method="email")
FAILED = DeliveryFailed(
    shipment_id="shp_1", order_id="ord_1", failure_reason="nobody in", reason_code="OTHER"
)


def tell(driver: Driver, message: Message, *, name: str = "") -> None:
    value = events.encode(message, event_id="e", timestamp=driver.now_ms, correlation_id="c")
    headers = events.headers(message, "c")
    if name:
        value = value.replace(message.name.encode(), name.encode())
        headers = [("eventType", name.encode())]
    driver.send(topic_of(type(message)), value, events.key_of(message), headers=headers)
    driver.run()


@pytest.mark.parametrize("name", ["UserSignedUpEvent", "UserSignedUp"])
def test_a_new_user_gets_an_empty_watch_list_once_by_either_name(name: str) -> None:
    driver = Driver([registrations_agent()])

    tell(driver, SIGNED_UP, name=name)
    first = driver.rows(WATCH_LISTS)
    driver.advance(1000)
    tell(driver, SIGNED_UP, name=name)

    assert driver.rows(WATCH_LISTS) == first
    assert first["usr_1"].products == ()
    assert driver.dead_letters(REGISTRATIONS_EVENTS) == []


def test_parcels_are_counted_and_nothing_else() -> None:
    driver = Driver([registrations_agent()])

    tell(driver, FAILED)
    tell(driver, FAILED)

    assert driver.rows(UNHEEDED) == {"registrations": {"DeliveryFailed": 2}}
    assert driver.rows(WATCH_LISTS) == {}
