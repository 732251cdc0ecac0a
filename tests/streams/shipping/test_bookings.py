"""How long a carrier has to answer, when it is asked again, and which label counts."""

from streams.shipping.booking import key_of
from streams.shipping.deciding import TIMERS, decide, due_times
from streams.shipping.evolution import fold
from streams.shipping.facts import Asked, LabelSpare, TryFailed
from streams.shipping.history import stepped
from streams.shipping.rows import STEPS_MAX, Booking, Shipment
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
