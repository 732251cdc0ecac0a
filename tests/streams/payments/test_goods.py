"""What goes back for goods: returns as they were inspected, parcels that never arrived."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.base import Message
from events.exchanges import RefundGoods
from events.refunds import RefundPayment
from events.returns import ReturnInitiated, ReturnReceived
from events.shipping import DeliveryFailed, ShipmentDelivered, ShipmentDispatched
from events.shipping_parts import ReturnedItem
from events.types import ShippedItem
from streams.payments import goods
from streams.payments.amounts import unaccepted_minor
from streams.payments.evolution import evolve_all
from streams.payments.facts import Fact, GivenUp, Resolved
from streams.payments.giving_back import Back, asked_first, give_back
from streams.payments.refund import Refund, RefundState, accepted_minor
from streams.payments.refund_facts import RefundAsked, RefundRefused
from streams.payments.refund_requests import approval_due
from streams.payments.sales import Sale, SoldLine, parcel_of, taken_off
from streams.payments.states import Owed, Payment
from tests.streams.payments.goods_samples import agreed, delivered, dispatched, item, lost, received
from tests.streams.payments.samples import (
    AMOUNT,
    NOW_MS,
    ORDER,
    PAYMENT,
    RULES,
    Life,
    asked_back,
    chargeback,
    charged_back,
    checked,
    closed,
    dear,
    detected,
    disputed,
    paid,
    refunded,
    refunded_life,
)

SALE = Sale((SoldLine("mug", "MUG-1", 3, 10_000), SoldLine("pot", None, 1, 8_997)))

DECIDE: dict[type, Any] = {
    ReturnReceived: goods.returned,
    ReturnInitiated: goods.return_agreed,
    ShipmentDispatched: goods.dispatched,
    ShipmentDelivered: goods.delivered,
    DeliveryFailed: goods.delivery_failed,
    RefundGoods: goods.unreplaced,
}


class Story:
    """A paid sale whose goods travel."""

    def __init__(self, life: Life | None = None, sale: Sale = SALE) -> None:
        self.payment: Payment = (life or paid()).payment
        self.sale = sale
        self.facts: list[Fact] = []

    def hear(self, *heard: Any) -> "Story":
        for event in heard:
            moved = DECIDE[type(event)](self.payment, self.sale, event, RULES)
            self.sale = moved.sale
            if moved.back is not None:
                for _, facts in give_back({PAYMENT: self.payment}, moved.back, NOW_MS, RULES):
                    self.payment = evolve_all(self.payment, facts)
                    self.facts.extend(facts)
        return self

    @property
    def back(self) -> list[int]:
        """Amounts of the refunds that were taken on."""
        return [refund.amount_minor for refund in self.payment.refunds]


@pytest.mark.parametrize(
    ("reason", "estimate_minor", "inspected", "back"),
    [
        ("changed_mind", 2_734, item(), [2_734]),
        ("defective_item", 3_333, item(), [3_333]),
        ("defective_item", 3_333, item(condition="refurbished"), [3_000]),
        ("changed_mind", 2_734, item(condition="refurbished"), [2_401]),
        ("changed_mind", 2_734, item(condition="damaged"), []),
        ("changed_mind", 2_734, item(condition="new", refundable=False), []),
        ("damaged", 3_333, item(condition="damaged", refundable=True), [3_333]),
        ("delivery_failed", 2_734, item(condition="refurbished"), [3_333]),
        ("changed_mind", 2_734, item(sku="unknown"), []),
        ("changed_mind", 0, item(), []),
        ("changed_mind", 5_000, item(), [3_333]),
    ],
)
def test_what_came_back_is_paid_back_as_inspected(
    reason: str, estimate_minor: int, inspected: ReturnedItem, back: list[int]
) -> None:
    story = Story().hear(agreed(reason, estimate_minor), received(inspected))

    assert story.back == back


@pytest.mark.parametrize(
    ("sent", "estimate_minor", "back"),
    [
        (ShippedItem(item_id="1", quantity=2, price_per_unit_minor=3_333), 6_067, [6_067]),
        (ShippedItem(item_id="1", quantity=2), 0, [6_666]),
    ],
    ids=["two units", "no price"],
)
def test_a_labels_fee_is_what_its_goods_are_worth_above_the_estimate(
    sent: ShippedItem, estimate_minor: int, back: list[int]
) -> None:
    label = agreed(estimate_minor=estimate_minor).model_copy(update={"items": (sent,)})

    story = Story().hear(label, received(item(quantity=2)))

    assert story.back == back


def test_goods_of_a_return_that_nobody_agreed_to_may_be_used() -> None:
    assert Story().hear(received(item(condition="refurbished"))).back == [3_000]


def test_a_return_is_refunded_under_its_own_id_once() -> None:
    story = Story().hear(agreed("defective_item", 3_333), received(), received())

    (refund,) = story.payment.refunds
    assert (refund.return_id, refund.requested_by) == ("ret_1", "system")
    assert sum(isinstance(fact, RefundAsked) for fact in story.facts) == 1


def test_a_return_that_is_told_twice_is_kept_once() -> None:
    assert len(Story().hear(agreed(), agreed()).sale.returns) == 1


def test_all_units_together_give_exactly_what_was_paid() -> None:
    story = Story().hear(
        *(received(return_id=f"ret_{number}") for number in range(3)),
        received(item("pot"), return_id="ret_9"),
    )

    assert story.back == [3_333, 3_333, 3_334, 8_997]
    assert sum(story.back) == story.payment.captured_minor


@pytest.mark.parametrize(
    ("came", "answers"), [(item(), 1), (item(condition="damaged"), 0), (item(sku="unknown"), 0)]
)
def test_what_costs_its_way_back_and_no_less_is_answered(came: ReturnedItem, answers: int) -> None:
    story = Story().hear(agreed("changed_mind", 0), received(came))

    refused = [fact for fact in story.facts if isinstance(fact, RefundRefused)]
    assert [(one.amount_minor, one.reason) for one in refused] == [
        (0, "amount_exceeds_payment")
    ] * answers


def not_made(story: Story) -> Story:
    """Nobody approved what went back last."""
    refund = story.payment.refunds[-1]
    over = RefundRefused(refund.refund_id, refund.amount_minor, "USD", "approval_required")
    story.payment = evolve_all(story.payment, (over,))
    return story


AGAIN: dict[str, Any] = {"return_id": "ret_2"}


def once_more(*, exchanged: bool, quantity: int = 3) -> Message:
    """A second label brings goods that were paid back, or were to be."""
    came = item(quantity=quantity)
    return unreplaced(came, cause="ret_2", **AGAIN) if exchanged else received(came, **AGAIN)


@pytest.mark.parametrize("exchanged", [False, True], ids=["returned", "exchanged in vain"])
@pytest.mark.parametrize(
    "before", [(received(item(quantity=3)),), (dispatched(), lost())], ids=["returned", "lost"]
)
def test_goods_that_were_paid_back_and_come_once_more_are_answered(
    before: tuple[Message, ...], *, exchanged: bool
) -> None:
    label = agreed(return_id="ret_2")
    story = Story().hear(*before, label, once_more(exchanged=exchanged))

    refused = [fact for fact in story.facts if isinstance(fact, RefundRefused)]
    assert [(one.amount_minor, one.reason) for one in refused] == [(0, "already_refunded")]
    assert story.back == [10_000]


@pytest.mark.parametrize("exchanged", [False, True], ids=["returned", "exchanged in vain"])
@pytest.mark.parametrize(("quantity", "back"), [(3, [10_000, 10_000]), (2, [10_000, 6_666])])
@pytest.mark.parametrize(
    "before",
    [
        (agreed("defective_item", 3_333), received(item(quantity=3))),
        (dispatched(), lost()),
    ],
    ids=["returned", "lost"],
)
def test_goods_that_come_once_more_are_paid_back_where_they_were_not(
    before: tuple[Message, ...], quantity: int, back: list[int], *, exchanged: bool
) -> None:
    story = not_made(Story().hear(*before))

    label = agreed("defective_item", 3_333, return_id="ret_2")
    story.hear(label, once_more(exchanged=exchanged, quantity=quantity))

    assert story.back == back
    assert not any(isinstance(fact, RefundRefused) for fact in story.facts)


def test_goods_that_come_a_third_time_are_paid_back_once() -> None:
    labels = [agreed("defective_item", 3_333, return_id=f"ret_{number}") for number in (1, 2, 3)]
    story = not_made(Story().hear(*labels, received(item(quantity=3))))
    not_made(story.hear(received(item(quantity=3), return_id="ret_2")))

    story.hear(received(item(quantity=3), return_id="ret_3"))

    assert story.back == [10_000, 10_000, 10_000]


@pytest.mark.parametrize(
    "came",
    [item(quantity=3, condition="damaged"), item("unknown", 3), item("gift")],
    ids=["spoilt", "unknown", "free"],
)
def test_what_is_worth_nothing_is_not_paid_for_goods_that_were_not(came: ReturnedItem) -> None:
    sale = Sale((*SALE.lines, SoldLine("gift", None, 1, 0)))
    taken = (received(item(quantity=3), item("gift")), agreed("defective_item", 3_333, **AGAIN))
    story = not_made(Story(sale=sale).hear(agreed("defective_item", 3_333), *taken))

    story.hear(received(came, **AGAIN))

    assert story.back == [10_000]
    assert not any(isinstance(fact, RefundRefused) for fact in story.facts)


def test_a_return_that_another_payment_of_the_order_gave_back_is_not_answered_again() -> None:
    [(_, facts)] = give_back({PAYMENT: paid().payment}, Back("ret_1", 500, "RETURN"), NOW_MS, RULES)
    payments = {PAYMENT: evolve_all(paid().payment, facts), f"{PAYMENT}:2": paid().payment}
    repeat = Back("ret_1", 0, "RETURN", why_nothing="already_refunded")

    assert dict(give_back(payments, repeat, NOW_MS, RULES)) == {}


def test_an_exchange_that_costs_its_way_back_and_no_less_is_answered() -> None:
    story = Story().hear(unreplaced(fee_minor=3_333))

    assert [type(fact) for fact in story.facts] == [RefundRefused]


def test_no_unit_comes_back_twice() -> None:
    story = Story().hear(received(item(quantity=3)), received(item(), return_id="ret_2"))

    assert story.back == [10_000]


def test_an_exchange_pays_nothing_back_by_itself() -> None:
    assert Story().hear(received(resolution="exchange")).back == []


def partly_charged_back() -> Life:
    """The bank took a part of it; no more goes back (G-18)."""
    return paid().hear(chargeback(7_000), closed("lost"))


def unreplaced(*items: ReturnedItem, **given: Any) -> RefundGoods:
    fields: dict[str, Any] = {
        "payment_id": PAYMENT,
        "order_id": ORDER,
        "items": items or (item(),),
        "reason": "EXCHANGE",
        "cause": "ret_1",
    }
    return RefundGoods(**(fields | given))


@pytest.mark.parametrize(
    ("command", "back"),
    [
        (unreplaced(), [3_333]),
        (unreplaced(fee_minor=599), [2_734]),
        (unreplaced(item(condition="refurbished")), [3_000]),
        (unreplaced(item(condition="damaged")), []),
        (unreplaced(item(condition="damaged", refundable=True)), [3_333]),
        (unreplaced(item(quantity=9)), [10_000]),
        (unreplaced(item("pan")), []),
        (unreplaced(fee_minor=4_000), []),
    ],
)
def test_what_an_exchange_did_not_replace_is_paid_back(
    command: RefundGoods, back: list[int]
) -> None:
    story = Story().hear(received(resolution="exchange"), command, command)

    assert story.back == back


def test_a_difference_goes_back_once_and_leaves_the_goods_sold() -> None:
    command = unreplaced(amount_minor=500, cause="less:ret_1").model_copy(update={"items": ()})
    story = Story().hear(command, command)

    assert (story.back, story.sale) == ([500], SALE)


def test_a_difference_comes_from_the_payment_that_took_it() -> None:
    beyond = f"{PAYMENT}:x1"
    asked = Back("extra:ret_1", 500, "EXCHANGE", first=beyond)
    payments = {PAYMENT: paid().payment, beyond: paid().payment}

    first, *_ = give_back(asked_first(payments, asked), asked, NOW_MS, RULES)

    assert first[0] == beyond
    assert [*asked_first(payments, Back("lost", 1, "LOST"))] == [PAYMENT, beyond]


def test_units_that_were_exchanged_and_others_that_come_back_are_each_paid_back_once() -> None:
    story = Story().hear(
        received(resolution="exchange"),
        received(return_id="ret_2"),
        unreplaced(),
        unreplaced(item(quantity=2), cause="ret_3", return_id="ret_3"),
    )

    assert story.back == [3_333, 3_333, 3_334]


@pytest.mark.parametrize("make", [disputed, refunded_life, charged_back, partly_charged_back])
@pytest.mark.parametrize("news", [unreplaced(), received()], ids=["exchanged", "returned"])
def test_goods_pay_nothing_back_of_what_is_disputed_or_gone(make: Any, news: Message) -> None:
    story = Story(make()).hear(news)

    assert not any(isinstance(fact, RefundAsked | RefundRefused) for fact in story.facts)
    assert make is disputed or not accepted_minor(story.payment.refunds)


GOODS_NEWS = [
    (dispatched(), lost()),
    (received(item(quantity=3)),),
    (unreplaced(item(quantity=3)),),
]


@pytest.mark.parametrize("news", GOODS_NEWS, ids=["lost", "returned", "unreplaced"])
@pytest.mark.parametrize(
    ("outcome", "ends"),
    [("won", RefundState.COMPLETED), ("withdrawn", RefundState.COMPLETED), ("lost", "failed")],
)
def test_what_goods_are_owed_in_a_dispute_waits_for_its_end(
    news: tuple[Message, ...], outcome: str, ends: str
) -> None:
    life = disputed()
    story = Story(life).hear(*news)
    assert [refund.state for refund in story.payment.refunds] == [RefundState.PROCESSING]

    life.row = story.payment
    life.forget_said().hear(closed(outcome))
    if "RefundCharge" in life.names:
        life.hear(refunded(life.last("RefundCharge").refund_id, 10_000))

    assert [(one.amount_minor, one.state) for one in life.payment.refunds] == [(10_000, ends)]


@pytest.mark.parametrize("decision", ["APPROVED", "DECLINED"])
@pytest.mark.parametrize("news", GOODS_NEWS, ids=["lost", "returned", "unreplaced"])
def test_what_goods_are_owed_while_a_fraud_case_is_open_waits_for_its_end(
    news: tuple[Message, ...], decision: str
) -> None:
    life = paid().hear(detected())
    life.row = Story(life).hear(*news).payment
    assert "RefundCharge" not in life.names

    life.hear(checked(decision))

    assert life.last("RefundCharge").amount_minor == 10_000


def test_a_case_that_was_cleared_is_not_opened_by_a_late_finding() -> None:
    life = paid().hear(detected(), checked("APPROVED"), detected())

    assert life.payment.fraud == "APPROVED"


@pytest.mark.parametrize(("outcome", "back"), [("won", [10_000]), ("lost", [10_000])])
def test_a_parcel_that_was_lost_in_a_dispute_and_comes_back_is_paid_once(
    outcome: str, back: list[int]
) -> None:
    life = disputed()
    story = Story(life).hear(dispatched(), lost(), agreed("delivery_failed"))
    life.row = story.payment
    story.payment = life.hear(closed(outcome)).payment

    story.hear(received(item(quantity=3)))

    assert story.back == back


DEAR_POT = Sale((SoldLine("mug", "MUG-1", 1, 20_000), SoldLine("pot", None, 1, 70_000)))


def approval(refund: Refund) -> RefundPayment:
    return asked_back(None, refund.refund_id, approved_by="boss")


def twice(units: int = 3, sold: int = 90_000) -> tuple[Life, Story]:
    """Three mugs wait for an approval of their refund, and so many of them come once more."""
    life, sale = dear(), Sale((SoldLine("mug", "MUG-1", 3, sold),))
    labels = (agreed("defective_item", 3_333), agreed("defective_item", 3_333, return_id="ret_2"))
    story = Story(life, sale).hear(*labels, received(item(quantity=3)))
    story.hear(received(item(quantity=units), return_id="ret_2"))
    life.row = story.payment
    return life, story


def test_goods_that_come_once_more_before_their_refund_is_approved_have_one_of_their_own() -> None:
    _, story = twice()

    assert story.back == [90_000, 90_000]
    assert {refund.state for refund in story.payment.refunds} == {RefundState.PENDING}
    assert not any(isinstance(fact, RefundRefused) for fact in story.facts)


def test_goods_that_come_once_more_are_paid_where_the_first_refund_is_not_approved() -> None:
    life, _ = twice()
    first, again = life.payment.refunds
    over = RefundRefused(first.refund_id, 90_000, "USD", "approval_required", lapsed=True)

    life.row = evolve_all(life.payment, (over,))
    life.hear(approval(again))

    assert [one.state for one in life.payment.refunds] == ["cancelled", "processing"]
    assert life.last("RefundCharge").amount_minor == 90_000


@pytest.mark.parametrize(("first", "then"), [(0, 1), (1, 0)])
def test_of_two_refunds_for_the_same_goods_one_is_made(first: int, then: int) -> None:
    life, _ = twice(sold=80_000)

    refunds = life.payment.refunds
    life.hear(approval(refunds[first])).hear(approval(refunds[then]))

    assert life.payment.refunds[first].state == "processing"
    assert life.payment.refunds[then].state == "failed"
    assert life.last("RefundFailed").failure_reason == "already_refunded"


def test_nothing_is_refused_of_goods_that_another_refund_paid_for() -> None:
    life, _ = twice(sold=80_000)
    first, again = life.payment.refunds
    life.hear(approval(first))

    [lapsed] = approval_due(life.payment, again.due_ms, again.due_ms, RULES)
    life.hear(approval(again))

    assert isinstance(lapsed, RefundRefused)
    assert (lapsed.amount_minor, lapsed.reason) == (0, "already_refunded")
    assert life.last("RefundFailed").amount_minor == 0


def test_of_goods_of_which_a_part_came_once_more_each_is_paid_once() -> None:
    life, _ = twice(units=2)

    first, again = life.payment.refunds
    life.hear(approval(again)).hear(approval(first))

    assert [one.amount_minor for one in life.payment.refunds] == [30_000, 60_000]


@pytest.mark.parametrize("approved", [(0, 1), (1, 0)])
def test_new_goods_that_come_with_others_for_the_second_time_are_paid_too(
    approved: tuple[int, int],
) -> None:
    life, sale = dear(), DEAR_POT
    labels = (agreed("defective_item", 3_333), agreed("defective_item", 3_333, return_id="ret_2"))
    both = received(item(), item("pot"), return_id="ret_2")
    life.row = Story(life, sale).hear(*labels, received(item("pot")), both).payment
    assert [one.amount_minor for one in life.payment.refunds] == [70_000, 90_000]

    for number in approved:
        life.hear(approval(life.payment.refunds[number]))

    assert sum(one.amount_minor for one in life.payment.refunds if one.state == "processing") == (
        90_000
    )


def test_other_goods_have_their_own_refund_though_others_wait_for_all_the_money() -> None:
    life = dear().hear(asked_back(20_000, "k1", approved_by="boss"))
    story = Story(life, DEAR_POT).hear(received(item("pot")), received(return_id="ret_2"))
    life.row = story.payment
    assert [(one.amount_minor, one.state) for one in life.payment.refunds[1:]] == [
        (70_000, "pending"),
        (20_000, "processing"),
    ]

    life.hear(approval(life.payment.refunds[1]))

    assert life.payment.refunds[1].amount_minor == 50_000


def test_a_dear_return_waits_for_approval() -> None:
    sale = Sale((SoldLine("mug", "MUG-1", 1, 90_000),))
    story = Story(dear(), sale).hear(received())

    assert [refund.state for refund in story.payment.refunds] == [RefundState.PENDING]


def test_a_dear_return_waits_for_approval_also_where_two_payments_pay_for_it() -> None:
    half_left = dear().hear(refunded("r1", 45_000)).payment
    payments = {PAYMENT: half_left, f"{PAYMENT}:2": dear().payment}

    for back_minor, state in ((100_000, RefundState.PENDING), (50_000, RefundState.PROCESSING)):
        back = Back("ret_1", back_minor, "RETURN", "ret_1")
        found = [
            evolve_all(payments[own_id], facts).refunds[-1]
            for own_id, facts in give_back(payments, back, NOW_MS, RULES)
        ]

        assert [one.amount_minor for one in found] == [45_000, back_minor - 45_000]
        assert {one.state for one in found} == {state}


def test_what_is_left_of_a_dear_return_goes_back_without_approval() -> None:
    little = dear().hear(refunded("r1", 85_000))
    story = Story(little, Sale((SoldLine("mug", "MUG-1", 1, 90_000),))).hear(received())

    assert story.payment.refunds[-1].state is RefundState.PROCESSING


TWO_DEAR = Sale((SoldLine("mug", "MUG-1", 1, 40_000), SoldLine("pot", None, 1, 50_000)))


def test_what_somebody_asks_for_and_nobody_approves_keeps_no_goods_from_their_price() -> None:
    life = dear().hear(asked_back(80_000, "k1"))
    story = Story(life, TWO_DEAR).hear(received(), received(item("pot"), return_id="ret_2"))
    life.row = story.payment

    life.hear(asked_back(80_000, "k1", approved_by="boss"))

    _, *owed = life.payment.refunds
    assert [refund.amount_minor for refund in owed] == [40_000, 50_000]
    assert life.last("RefundFailed").failure_reason == "already_refunded"


def test_what_goods_are_owed_is_approved_as_far_as_there_is_money() -> None:
    life = dear().hear(asked_back(80_000, "k1"))
    sale = Sale((SoldLine("mug", "MUG-1", 1, 90_000),))
    life.row = Story(life, sale).hear(received()).payment
    [_, owed] = life.payment.refunds

    life.hear(asked_back(80_000, "k1", approved_by="boss"))
    life.hear(asked_back(None, owed.refund_id, approved_by="boss"))

    assert [refund.amount_minor for refund in life.payment.refunds] == [80_000, 10_000]
    assert unaccepted_minor(life.payment) == 0


def test_a_refund_of_all_that_remains_beside_goods_owed_more_is_one_of_nothing() -> None:
    life = dear().hear(asked_back(80_000, "k1"))
    sale = Sale((SoldLine("mug", "MUG-1", 1, 90_000),))
    life.row = Story(life, sale).hear(received()).payment
    life.hear(asked_back(80_000, "k1", approved_by="boss"))

    life.hear(asked_back(None, "k2", approved_by="boss"))

    refused = life.last("RefundFailed")
    assert (refused.amount_minor, refused.failure_reason) == (0, "amount_exceeds_payment")


def test_whatever_became_of_an_orders_last_payment_a_return_is_answered() -> None:
    sale = Sale((SoldLine("mug", "MUG-1", 1, 90_000),))
    life = dear()
    life.row = Story(life, sale).hear(received()).payment
    promised = life.hear(approval(life.payment.refunds[0])).payment
    spent = refunded_life().payment
    back = Back("ret_2", 799, "RETURN", "ret_2")

    told = dict(give_back({PAYMENT: promised, f"{PAYMENT}:2": spent}, back, NOW_MS, RULES))

    [refused] = told[PAYMENT]
    assert isinstance(refused, RefundRefused)
    assert (refused.amount_minor, refused.reason) == (799, "already_refunded")
    assert list(told) == [PAYMENT]


def test_a_lost_parcel_pays_back_what_was_in_it_and_no_more() -> None:
    story = Story().hear(dispatched(), dispatched("shp_2", "pot", 1), lost(), lost())

    assert story.back == [10_000]


def test_a_lost_parcel_of_many_packages_pays_back_what_was_in_each() -> None:
    one = dispatched(quantity=1)
    sixty = one.model_copy(update={"packages": one.packages * 60})

    story = Story(sale=Sale((SoldLine("mug", "MUG-1", 60, 6_000),))).hear(sixty, lost())

    assert story.back == [6_000]


@pytest.mark.parametrize("reason", ["delivery_failed", "changed_mind"])
def test_of_a_line_in_two_parcels_only_what_the_lost_one_had_is_paid_back(reason: str) -> None:
    two, one = dispatched(quantity=2), dispatched("shp_2", quantity=1)
    story = Story().hear(two, one, lost(), lost(), agreed(reason), received(item(quantity=2)))
    assert story.back == [6_666]

    story.hear(received(return_id="ret_2", shipment_id="shp_2"))

    assert story.back == [6_666, 3_334]


@pytest.mark.parametrize(
    ("reason", "failed", "back"),
    [
        ("delivery_failed", True, [10_000, 10_000]),
        ("delivery_failed", False, [10_000]),
        ("changed_mind", True, [10_000, 9_401]),
    ],
)
def test_a_parcel_that_was_lost_and_comes_back_is_paid_back_where_its_loss_was_not(
    reason: str, *, failed: bool, back: list[int]
) -> None:
    story = Story().hear(dispatched(), lost())
    if failed:
        (refund,) = story.payment.refunds
        over = RefundRefused(refund.refund_id, 10_000, "USD", "approval_required")
        story.payment = evolve_all(story.payment, (over,))

    story.hear(agreed(reason), received(item(quantity=3)))

    assert story.back == back


def test_what_a_loss_owes_of_several_payments_is_owed_of_each_where_it_was_not_made() -> None:
    payments = {PAYMENT: paid().payment, f"{PAYMENT}:2": paid().payment}
    loss, mugs = Back("lost:shp_1", 30_000, "LOST"), SoldLine("mug", "MUG-1", 3, 30_000)
    for own_id, facts in give_back(payments, loss, NOW_MS, RULES):
        asked = evolve_all(payments[own_id], facts)
        [refund] = asked.refunds
        over = RefundRefused(refund.refund_id, refund.amount_minor, "USD", "approval_required")
        payments[own_id] = evolve_all(asked, (over,))

    told = (dispatched(), lost(), agreed("delivery_failed"))
    sale = Story(sale=Sale((mugs,))).hear(*told).sale
    moved = goods.returned(payments[PAYMENT], sale, received(item(quantity=3)), RULES)
    assert moved.back is not None
    for own_id, facts in give_back(payments, moved.back, NOW_MS, RULES):
        payments[own_id] = evolve_all(payments[own_id], facts)

    assert [accepted_minor(one.refunds) for one in payments.values()] == [AMOUNT, 30_000 - AMOUNT]
    assert dict(give_back(payments, moved.back, NOW_MS, RULES)) == {}


@pytest.mark.parametrize("settled", [False, True], ids=["stuck", "settled"])
def test_a_loss_that_is_a_persons_to_pay_is_not_paid_with_its_return_too(*, settled: bool) -> None:
    story = Story().hear(dispatched(), lost(), agreed("delivery_failed"))
    (refund,) = story.payment.refunds
    story.payment = evolve_all(story.payment, (GivenUp(Owed.REFUND),))
    if settled:
        paid_by_hand = Resolved((refund.refund_id,), "ann", "bank transfer", NOW_MS)
        story.payment = evolve_all(story.payment, (paid_by_hand,))

    story.hear(received(item(quantity=3)))

    assert story.back == [10_000]


@pytest.mark.parametrize("code", ["CUSTOMER_UNAVAILABLE", "DAMAGED_IN_TRANSIT", "REFUSED", "OTHER"])
def test_other_failures_pay_nothing_back_yet(code: str) -> None:
    assert Story().hear(dispatched(), lost(code)).back == []


def test_a_parcel_that_arrived_or_never_left_is_not_lost() -> None:
    assert Story().hear(dispatched(), delivered(), lost()).back == []
    assert Story().hear(lost()).back == []


def test_the_proof_of_delivery_is_kept() -> None:
    parcel = parcel_of(Story().hear(dispatched(), delivered()).sale, "shp_1")

    assert parcel is not None
    assert (parcel.tracking_number, parcel.proof_url) == ("1Z9", "https://proof.test/1")
    assert (parcel.delivered_at_ms, parcel.signed_by) == (NOW_MS, "")
    assert parcel.units


def test_a_signature_is_proof_also_of_a_parcel_whose_dispatch_nobody_told() -> None:
    came = delivered(signed_by="Ann", signature_url="https://proof.test/2")

    parcel = parcel_of(Story().hear(came).sale, "shp_1")

    assert parcel is not None
    assert (parcel.carrier, parcel.tracking_number) == ("UPS", "1Z9")
    assert (parcel.signed_by, parcel.proof_url) == ("Ann", "https://proof.test/2")


def test_a_parcel_that_says_not_what_is_in_it_pays_nothing_back_when_it_is_lost() -> None:
    empty = dispatched().model_copy(update={"packages": None})

    assert Story().hear(empty, lost()).back == []


@given(
    st.integers(1, 100),
    st.integers(0, 5_000_000),
    st.lists(st.integers(1, 40), max_size=20),
)
def test_prices_of_units_add_up_however_they_come_back(
    quantity: int, total_minor: int, parts: list[int]
) -> None:
    sale, amount = Sale((SoldLine("p", None, quantity, total_minor),)), 0
    for units in [*parts, quantity]:
        worth = taken_off(sale, ("p",), units)
        assert worth.amount_minor >= 0
        sale, amount = worth.sale, amount + worth.amount_minor

    assert amount == total_minor


@pytest.mark.parametrize(
    ("item_id", "back"),
    [
        pytest.param(f"{ORDER}:1", 1_000, id="the first line's price"),
        pytest.param(f"{ORDER}:2", 400, id="the second line's"),
        pytest.param(f"{ORDER}:3", 1_000, id="of another product: the first that is meant"),
        pytest.param(f"{ORDER}x:2", 1_000, id="of another order"),
        pytest.param(None, 1_000, id="nobody says"),
    ],
)
def test_of_two_lines_of_one_product_that_which_came_back_gives_its_price(
    item_id: str | None, back: int
) -> None:
    sale = Sale(
        (
            SoldLine("mug", None, 1, 1_000),
            SoldLine("mug", None, 1, 400),
            SoldLine("pot", None, 1, 7),
        )
    )
    mug = ReturnedItem(sku="mug", product_id="mug", quantity=1, condition="new", item_id=item_id)

    story = Story(sale=sale).hear(received(mug))

    assert story.back == [back]
    assert taken_off(story.sale, ("mug",), 2).amount_minor == 1_400 - back


@pytest.mark.parametrize(
    ("item_id", "back"), [(f"{ORDER}:1", 1_000), (f"{ORDER}:2", 400), ("1", 1_000)]
)
def test_of_two_lines_of_one_product_that_which_was_lost_gives_its_price(
    item_id: str, back: int
) -> None:
    sale = Sale((SoldLine("mug", "MUG-1", 1, 1_000), SoldLine("mug", "MUG-1", 1, 400)))

    story = Story(sale=sale).hear(dispatched(quantity=1, item_id=item_id), lost())

    assert story.back == [back]
