"""What of a customer still needs an address."""

import pytest
from msgspec.structs import replace

from streams.erasure.business import is_later, is_open, is_untold, remains
from streams.notifications.rows import Contact, Notification, Preferences
from streams.notifications.rows import Status as NotificationStatus
from streams.orders.rows import Order, Status
from tests.streams.orders.exchanges import WHOLE, gone, held, received, replacing, swap
from tests.streams.orders.returns import DELIVERED, advised, ask
from tests.streams.orders.samples import CONFIRMED, after, cancel

GOING = after(DELIVERED, swap(), held(), advised())


def test_what_replaces_goods_belongs_to_when_they_were_ordered() -> None:
    assert is_later(CONFIRMED, 2, 1)
    assert is_later(None, 2, 1)
    assert not is_later(CONFIRMED, 1, 1)
    assert not is_later(replacing(), 2, 1)


def test_what_a_subscription_brings_belongs_to_when_it_began() -> None:
    renewal = replace(CONFIRMED, subscription_id="sub_1")

    assert not is_later(renewal, 2, 1)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (CONFIRMED, True),
        (after(CONFIRMED, cancel()), False),
        (DELIVERED, False),
        (after(DELIVERED, ask(), advised()), False),
        (after(DELIVERED, swap()), True),
        (after(DELIVERED, swap(), gone()), False),
        (GOING, True),
        (after(GOING, received()), False),
        (after(GOING, WHOLE), False),
    ],
)
def test_an_order_needs_its_address_until_nothing_more_goes_there(
    order: Order, *, expected: bool
) -> None:
    assert is_open(order) is expected


@pytest.mark.parametrize("status", Status)
def test_an_order_of_which_nothing_more_is_sent_is_not_open(status: Status) -> None:
    ended = {"rejected", "cancelled", "delivered", "returned", "refunded"}

    assert is_open(replace(CONFIRMED, status=status)) is (status.value not in ended)


@pytest.mark.parametrize("status", NotificationStatus)
def test_a_message_keeps_its_words_until_a_provider_has_them(status: NotificationStatus) -> None:
    letter = Notification("n", "cus_1", "EMAIL", "t", "HIGH", status, 1, "k", "c", "s")

    assert is_untold(letter) is (status.value in {"queued", "sending"})


@pytest.mark.parametrize(
    ("row", "left"),
    [
        (Contact("cus_1", "ann@example.com"), None),
        (Preferences("cus_1", timezone="Europe/London"), None),
        (
            Preferences("cus_1", ("EMAIL",), ("EMAIL:1",), (1,), "EMAIL:1", timezone="UTC"),
            Preferences("cus_1", ("EMAIL",)),
        ),
    ],
)
def test_of_a_person_only_what_they_stopped_stays(row: object, left: object) -> None:
    assert remains(row) == left
