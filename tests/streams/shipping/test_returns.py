"""Returns of which the label lapsed, and what the goods of a shipment are worth (G-32)."""

from msgspec.structs import replace

from streams.shipping.deciding import decide
from streams.shipping.evolution import fold
from streams.shipping.messages import following
from streams.shipping.rows import Shipment, Status
from tests.streams.shipping.samples import (
    AT_MS,
    DAY_MS,
    RULES,
    after,
    booked,
    delivered,
    label,
    receipt,
)
from tests.streams.shipping.shipments import fired, labelled

LATE_MS = AT_MS + 29 * DAY_MS


def three_times_labelled() -> tuple[Shipment, list[Shipment]]:
    """A parcel whose first two labels lapsed, and each stage at which its label was new."""
    stages = [labelled()]
    for number in range(2):
        lapsed = fired(stages[-1], "label")
        asked = after(lapsed, label(), at_ms=lapsed.history[-1].at_ms)
        stages.append(after(asked, booked(asked, "return", tracking_number=f"9{number}R")))
    return stages[-1], stages


def test_goods_come_back_with_each_of_three_labels_in_any_order() -> None:
    shipment, stages = three_times_labelled()
    words = [receipt(stage, ("p1", 1, "new")) for stage in stages]

    told = []
    for word in (words[1], words[2], words[0], words[1]):
        facts = decide(shipment, word, LATE_MS, RULES)
        shipment = fold(shipment, facts) if facts else shipment
        told += [one.return_id for one in following(shipment, facts, RULES)]  # type: ignore[attr-defined]  # ReturnReceived

    assert told == [words[number].return_id for number in (1, 2, 0)]
    assert shipment.status is Status.RETURNED


def test_what_nobody_named_a_price_of_is_worth_nothing() -> None:
    packages = [
        replace(box, items=tuple(replace(item, unit_minor=None) for item in box.items))
        for box in delivered().packages
    ]

    asked = after(replace(delivered(), packages=tuple(packages)), label(reason="damaged"))

    assert asked.returning is not None
    assert asked.returning.estimate_minor == 0


def test_whatever_comes_back_later_of_what_was_exchanged_says_so() -> None:
    first = after(delivered(), label(reshipping=True))
    lapsed = fired(after(first, booked(first, "return", tracking_number="94R")), "label")

    again = after(lapsed, label(), at_ms=lapsed.history[-1].at_ms)

    assert again.returning is not None
    assert (again.returning.reshipping, again.exchanged) == (True, True)


def test_goods_that_are_named_by_their_product_are_those_that_were_announced() -> None:
    shipment = labelled()
    word = receipt(shipment, ("other", 1, "new"))
    [line] = word.items
    word = word.model_copy(update={"items": (line.model_copy(update={"product_id": "p2"}),)})

    now = fold(shipment, (facts := decide(shipment, word, AT_MS, RULES)))

    assert now.status is Status.RETURNED
    [found] = getattr(facts[-1], "items", ())
    assert (found.product_id, found.item_id, found.refundable) == ("p2", "ord_1:2", True)
