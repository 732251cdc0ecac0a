"""How long a carrier has to answer, when it is asked again, and which label counts."""

import pytest

from streams.moments import DAY_MS
from streams.shipping.booking import key_of
from streams.shipping.deciding import TIMERS, decide, due_times
from streams.shipping.evolution import fold
from streams.shipping.facts import Asked, LabelSpare, TryFailed
from streams.shipping.history import stepped
from streams.shipping.messages import following
from streams.shipping.opening import again
from streams.shipping.rows import STEPS_MAX, Booking, Shipment, Status
from streams.shipping.rules import ShippingRules
from tests.streams.shipping.samples import (
    AT_MS,
    RULES,
    after,
    booked,
    created,
    delivered,
    dispatched,
    failure,
    label,
    moved_to,
    pending,
    refused,
)


def search_of(shipment: Shipment) -> Booking:
    assert shipment.booking is not None
    return shipment.booking


def fired(shipment: Shipment, late_ms: int = 0) -> Shipment:
    """The shipment once its search is due, or so much later."""
    due_ms = due_times(shipment)["booking"]
    return fold(shipment, TIMERS["booking"](shipment, due_ms, due_ms + late_ms, RULES))


def test_a_carrier_that_says_nothing_for_a_minute_has_failed() -> None:
    shipment = pending()

    silent = fired(shipment)

    assert due_times(shipment)["booking"] == AT_MS + 60_000
    assert (search_of(silent).tries, search_of(silent).asked) == (2, True)


def test_the_third_try_is_two_minutes_after_the_first() -> None:
    shipment = pending()

    second = fired(fold(shipment, decide(shipment, refused(shipment), AT_MS, RULES)))
    waiting = fold(second, decide(second, refused(second), AT_MS + 40_000, RULES))

    assert search_of(waiting).asked is False
    assert due_times(waiting)["booking"] == AT_MS + 120_000


def test_an_answer_that_comes_after_the_next_try_was_due_has_it_made_at_once() -> None:
    shipment = pending()

    facts = decide(shipment, refused(shipment), AT_MS + 50_000, RULES)

    assert [type(fact) for fact in facts] == [TryFailed, Asked]


def test_an_answer_to_a_try_that_is_over_says_nothing() -> None:
    shipment = pending()
    waiting = fold(shipment, decide(shipment, refused(shipment), AT_MS, RULES))

    assert decide(waiting, refused(waiting), AT_MS + 1, RULES) == ()


def test_a_second_label_that_nobody_asked_for_is_given_back() -> None:
    shipment = created()

    [spare] = decide(shipment, booked(shipment, tracking_number="94B"), AT_MS, RULES)

    assert isinstance(spare, LabelSpare)
    assert spare.tracking_number == "94B"


def test_what_has_its_label_waits_for_no_carrier() -> None:
    assert "booking" not in {kind for kind, due_ms in due_times(created()).items() if due_ms}


def test_each_address_has_a_label_of_its_own() -> None:
    first = pending()
    second = after(first, moved_to(line1="2 Main St"))
    third = after(second, moved_to(line1="3 Main St"))

    keys = {key_of("shp_ord_1", "outbound", search_of(one)) for one in (first, second, third)}

    assert len(keys) == 3


@pytest.mark.parametrize("first", [pending(), created()], ids=lambda shipment: shipment.status)
def test_a_label_for_an_address_that_has_changed_since_is_given_back(first: Shipment) -> None:
    second = after(first, moved_to(line1="2 Main St"))
    third = after(second, moved_to(line1="3 Main St"))
    stale, asked = (
        booked(one, tracking_number=number, idempotency_key=key_of("shp_ord_1", "outbound", search))
        for one, number in ((second, "94B"), (third, "94C"))
        if (search := search_of(one))
    )

    facts = decide(third, stale, AT_MS, RULES)
    labelled = after(fold(third, facts), asked)

    assert facts == (LabelSpare(AT_MS, "USPS", "94B"),)
    assert labelled.tracking_number == "94C"


def test_a_late_label_of_a_carrier_that_was_silent_counts() -> None:
    shipment = pending()
    key = key_of("shp_ord_1", "outbound", search_of(shipment))
    elsewhere = after(shipment, refused(shipment, retryable=False))

    assert search_of(elsewhere).carrier == "UPS"
    assert after(elsewhere, booked(elsewhere, idempotency_key=key)).tracking_number == "94A"


def test_a_label_stays_where_nobody_goes_to_the_new_address() -> None:
    nowhere = ShippingRules(lane_abroad=())

    facts = decide(created(), moved_to(country="GB", state=None), AT_MS, nowhere)
    kept = fold(created(), facts)

    assert (kept.status, kept.tracking_number) == (Status.CREATED, "94A")
    assert kept.history[-1].reason == "RELABEL_FAILED"


def test_people_are_told_of_a_label_that_leads_to_an_earlier_address_and_may_ask_for_another() -> (
    None
):
    moved = after(created(), moved_to(line1="2 Main St"))
    first = after(moved, refused(moved, retryable=False))
    facts = decide(first, refused(first, retryable=False), AT_MS, RULES)
    kept = fold(first, facts)

    asked = again(kept, AT_MS, RULES)
    asking = fold(kept, asked)

    [told] = following(kept, facts, RULES)
    assert told.name == "ShipmentBookingFailed"
    assert [type(fact) for fact in asked] == [Asked]
    assert again(asking, AT_MS, RULES) == ()
    labelled = after(asking, booked(asking, tracking_number="94B"))
    assert (labelled.tracking_number, again(labelled, AT_MS, RULES)) == ("94B", ())
    nowhere = ShippingRules(lanes={"US": ()})
    assert fold(kept, again(kept, AT_MS, nowhere)).status is Status.CREATED


def test_a_search_ends_where_nobody_goes_to_the_new_address() -> None:
    nowhere = ShippingRules(lane_abroad=())

    facts = decide(pending(), moved_to(country="GB", state=None), AT_MS, nowhere)
    ended = fold(pending(), facts)

    assert (ended.status, due_times(ended)) == (Status.BOOKING_FAILED, {})
    assert decide(ended, refused(pending()), AT_MS, RULES) == ()


def test_a_return_whose_carrier_says_nothing_is_asked_for_again() -> None:
    asked = after(delivered(), label())
    due_ms = due_times(asked)["label_booking"]

    again = fold(asked, TIMERS["label_booking"](asked, due_ms, due_ms, RULES))

    assert due_ms == AT_MS + 1000 + 60_000
    assert again.returning is not None
    assert again.returning.booking is not None
    assert again.returning.booking.tries == 2


def test_a_search_ends_where_only_one_carrier_goes() -> None:
    alone = ShippingRules(lanes={"US": ("USPS",)})
    shipment = pending(alone)

    facts = decide(shipment, refused(shipment, retryable=False), AT_MS, alone)

    assert fold(shipment, facts).status is Status.BOOKING_FAILED


def test_what_was_booked_after_days_arrives_days_after_that_on_the_label_that_came() -> None:
    shipment = pending()

    late = fold(shipment, decide(shipment, booked(shipment), AT_MS + 9 * DAY_MS, RULES))

    assert late.eta_ms > AT_MS + 9 * DAY_MS
    assert late.label_url == booked(shipment).label_url


def test_what_nobody_was_asked_for_may_be_booked_by_hand() -> None:
    nowhere = pending(ShippingRules(lanes={"US": ()}))

    assert nowhere.status is Status.BOOKING_FAILED
    assert after(nowhere, booked(nowhere)).status is Status.CREATED


def test_a_parcel_with_a_label_gets_one_of_its_own_for_another_address() -> None:
    first = pending()
    moved = after(first, booked(first), moved_to(line1="2 Main St"))

    keys = [key_of("shp_ord_1", "outbound", search_of(one)) for one in (first, moved)]

    assert keys[0] != keys[1]


def test_a_reason_that_is_none_of_the_contracts_is_kept_in_its_words() -> None:
    found = [
        after(delivered(), asked).returning
        for asked in (
            label(reason="too small"),
            label(reason="changed_mind"),
            label(reason="changed_mind", reason_details="It was a gift."),
        )
    ]

    assert [(one.reason, one.details) for one in found if one] == [
        ("other", "too small"),
        ("changed_mind", None),
        ("changed_mind", "It was a gift."),
    ]


def test_what_its_carrier_says_is_lost_was_no_attempt_and_is_not_tried_again() -> None:
    shipment = after(dispatched(), failure("LOST"))

    assert (shipment.attempts, shipment.next_ms, shipment.failure) == (0, 0, "LOST")
    assert shipment.claim is not None


def test_a_history_keeps_its_first_step_and_the_newest() -> None:
    shipment = created()
    for number in range(2 * STEPS_MAX):
        shipment = stepped(shipment, AT_MS + number, f"STEP_{number}")

    reasons = [step.reason for step in shipment.history]

    assert len(reasons) == STEPS_MAX
    assert reasons[0] == "ASKED_FOR"
    assert reasons[1:] == [f"STEP_{n}" for n in range(STEPS_MAX + 1, 2 * STEPS_MAX)]
