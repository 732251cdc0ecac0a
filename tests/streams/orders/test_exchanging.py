"""Exchanges: what is held, what is sent instead, and when the price goes back after all (G-33)."""

import dataclasses
from collections import Counter
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.alerts import AlertRaised
from events.base import Message
from events.exchange_ids import hold_id_of, replacement_id_of
from events.exchanges import PlaceReplacement, RefundGoods, UndoneUnits, UndoReplacement
from events.holds import ReleaseStock, ReserveStock
from events.payments import PaymentInitiated
from events.returns import ReturnInitiated, ReturnReceived
from events.shipping import DeliveryFailed
from events.shipping_parts import Package
from events.types import OrderItem, OrderPayment
from streams.moments import DAY_MS
from streams.orders.back import Back, BackMoney
from streams.orders.deciding import decide
from streams.orders.evolution import fold
from streams.orders.exchanging import Unmet
from streams.orders.inspecting import Verdict, verdict
from streams.orders.outcomes import due_times, following, opening
from streams.orders.replacing import begin, beside
from streams.orders.returning import lapse
from streams.orders.rows import Order, Status
from tests.streams.orders.exchanges import (
    FIRST,
    GOING,
    WHOLE,
    gone,
    held,
    place,
    received,
    replacing,
    swap,
    told,
)
from tests.streams.orders.parcels import created, delivered, dispatched
from tests.streams.orders.returns import DELIVERED, IN_TWO, advised, ask, dispute, parcel, ware
from tests.streams.orders.returns import received as refunded_return
from tests.streams.orders.samples import (
    AT_MS,
    RULES,
    after,
    amend,
    cancel,
    change,
    paid,
    placed,
    reasons,
    refund,
)
from tests.streams.orders.samples import declined as unpaid
from tests.streams.orders.samples import expired as line_expired
from tests.streams.orders.samples import held as line_held
from tests.streams.orders.samples import short as line_short
from tests.streams.orders.table import TABLE


def short(number: int = 1) -> Message:
    name = hold_id_of(FIRST, number)
    return line_short("p1", reservation_id=name, backorder_allowed=False)


def names(messages: list[Message]) -> list[str]:
    return [one.name for one in messages]


def back(order: Order, position: int = 0) -> Back:
    return order.returns[position]


# -- asking


def test_what_goes_out_instead_is_held_before_a_label_is_asked_for() -> None:
    asked = told(DELIVERED, swap(ware("p1", 2), ware("p2")))

    assert names(asked) == ["ReserveStock", "ReserveStock"]
    first = asked[0]
    assert isinstance(first, ReserveStock)
    assert (first.product_id, first.quantity, first.backorder) == ("p1", 2, False)
    assert first.reservation_id == f"{FIRST}:x1"
    assert round(first.expires_at.timestamp() * 1000) == AT_MS + RULES.exchange_hold_ms


def test_with_the_last_that_is_held_a_label_is_asked_for() -> None:
    asked = after(DELIVERED, swap(ware("p1"), ware("p2")))

    assert told(asked, held(2)) == []
    [label] = told(after(asked, held(2)), held(1))
    assert (label.name, label.reshipping) == ("CreateReturnLabel", True)
    assert told(after(asked, held(2), held(1)), held(1)) == []


def test_what_came_in_two_parcels_is_replaced_by_two_orders() -> None:
    order = after(IN_TWO, swap(ware("p1", 2)))

    assert [one.replacement for one in order.returns] == [
        FIRST,
        replacement_id_of("ord_1", 2),
    ]


OTHER = OrderItem(product_id="p9", quantity=1, unit_price_minor=3499)
UNMET: list[tuple[Unmet, Order, Message]] = [
    (Unmet.ONCE, after(IN_TWO, swap()), swap(reason="damaged")),
    (Unmet.DISPUTED, after(DELIVERED, dispute()), swap()),
    (Unmet.DISPUTED, after(DELIVERED, dispute("lost")), swap()),
    (
        Unmet.UNPAID,
        DELIVERED,
        swap(exchange_items=(OTHER.model_copy(update={"unit_price_minor": 3550}),)),
    ),
    (Unmet.UNLIKE, DELIVERED, swap(exchange_items=(OTHER.model_copy(update={"quantity": 2}),))),
    (Unmet.UNLIKE, DELIVERED, swap(exchange_items=(OTHER, OTHER))),
    (
        Unmet.UNLIKE,
        DELIVERED,
        swap(
            ware("p1"),
            ware("p1"),
            exchange_items=(OTHER, OTHER.model_copy(update={"product_id": "p8"})),
        ),
    ),
]


@pytest.mark.parametrize(("why", "order", "command"), UNMET)
def test_what_cannot_be_exchanged_is_a_return_for_its_price(
    why: Unmet, order: Order, command: Message
) -> None:
    now = after(order, command)

    assert names(told(order, command)) == ["CreateReturnLabel"]
    assert f"EXCHANGE_REFUSED_{why}" in reasons(now)
    assert now.returns[-1].swaps == ()


def test_another_product_of_the_same_price_may_be_wanted() -> None:
    [asked] = told(DELIVERED, swap(exchange_items=(OTHER,)))

    assert (asked.product_id, asked.quantity) == ("p9", 1)


# -- waiting for stock


@pytest.mark.parametrize("answer", [short(), gone(), gone(status="CANCELLED")])
def test_what_stock_has_not_is_let_go_whole_and_is_a_refund(answer: Message) -> None:
    order = after(DELIVERED, swap(ware("p1"), ware("p2")), held(2))

    let_go = told(order, answer)

    assert names(let_go) == ["ReleaseStock", "ReleaseStock", "CreateReturnLabel"]
    assert let_go[-1].reshipping is False
    assert told(after(order, answer), held(1)) == []


def test_a_stock_that_does_not_answer_makes_it_a_refund() -> None:
    order = after(DELIVERED, swap())
    due_ms = due_times(order)["return"]

    facts = lapse(order, due_ms, due_ms, RULES)
    now = fold(order, facts)

    assert names(list(following(now, facts, None, due_ms, RULES))) == [
        "ReleaseStock",
        "CreateReturnLabel",
    ]
    assert "EXCHANGE_REFUSED_NO_ANSWER" in reasons(now)


def test_a_hold_that_is_lost_later_is_asked_for_again_by_what_replaces() -> None:
    order = after(DELIVERED, swap(), held(), advised())

    assert told(order, gone()) == []
    assert names(told(after(order, gone()), received())) == ["PlaceReplacement"]


def test_a_label_that_nobody_uses_lets_the_stock_go() -> None:
    order = after(DELIVERED, swap(), held(), advised())
    due_ms = due_times(order)["return"]

    facts = lapse(order, due_ms, due_ms, RULES)
    now = fold(order, facts)

    assert names(list(following(now, facts, None, due_ms, RULES))) == ["ReleaseStock"]
    assert (back(now).lapsed, due_times(now)) == (True, {})


# -- what came back

SETTLED: list[tuple[Order, ReturnReceived, Verdict, list[str]]] = [
    (GOING, WHOLE, Verdict.REPLACED, ["PlaceReplacement"]),
    (GOING, received(("p1", 2, "refurbished")), Verdict.REPLACED, ["PlaceReplacement"]),
    (
        GOING,
        received(("p1", 2, "damaged"), refundable=True),
        Verdict.REPLACED,
        ["PlaceReplacement"],
    ),
    (GOING, received(("p1", 2, "damaged")), Verdict.ASKED_BACK, ["ReleaseStock"]),
    (GOING, received(("p1", 1, "new")), Verdict.ASKED_BACK, ["ReleaseStock", "RefundGoods"]),
    (
        GOING,
        received(("p1", 1, "new"), ("p1", 1, "damaged")),
        Verdict.ASKED_BACK,
        ["ReleaseStock", "RefundGoods"],
    ),
    (GOING, received(("p9", 2, "new")), Verdict.ASKED_BACK, ["ReleaseStock"]),
    (
        GOING,
        WHOLE.model_copy(update={"resolution": "refund"}),
        Verdict.PAID_BY_PAYMENT,
        ["ReleaseStock"],
    ),
    (after(GOING, dispute()), WHOLE, Verdict.ASKED_BACK, ["RefundGoods"]),
    (after(GOING, dispute(), dispute("lost")), WHOLE, Verdict.NOTHING, []),
    (after(GOING, refund()), WHOLE, Verdict.NOTHING, ["ReleaseStock"]),
    (after(DELIVERED, advised()), received(), Verdict.ASKED_BACK, ["RefundGoods"]),
    (
        after(DELIVERED, swap(), short(), advised()),
        refunded_return(("p1", 1, "new")),
        Verdict.PAID_BY_PAYMENT,
        [],
    ),
]


@pytest.mark.parametrize(("order", "came", "found", "follows"), SETTLED)
def test_the_inspection_says_whether_goods_or_money_follow(
    order: Order, came: ReturnReceived, found: Verdict, follows: list[str]
) -> None:
    assert verdict(order, back(order), came) is found
    assert names(told(order, came)) == follows
    assert told(after(order, came), came) == []


@pytest.mark.parametrize(
    ("came", "money"),
    [
        (WHOLE, {BackMoney.NOT_REFUNDED}),
        (received(("p1", 1, "new")), {BackMoney.INITIAL, BackMoney.NOT_REFUNDED}),
    ],
)
def test_what_is_replaced_is_not_refunded(came: ReturnReceived, money: set[BackMoney]) -> None:
    assert {line.money for line in back(after(GOING, came)).lines} == money


def test_what_goes_out_instead_costs_nothing_and_says_what_it_is_worth() -> None:
    [asked] = told(GOING, WHOLE)

    assert isinstance(asked, PlaceReplacement)
    assert (asked.order_id, asked.exchange_for, asked.return_id) == (FIRST, "ord_1", "ret_1")
    assert [
        (one.quantity, one.unit_price_minor, one.total_price_minor) for one in asked.order_items
    ] == [(2, 3499, 0)]


def test_the_price_is_asked_for_less_what_the_label_cost() -> None:
    label = advised(1, ware("p1", 2).model_copy(update={"price_per_unit_minor": 3499}))
    estimate = label.refund_estimate.model_copy(update={"amount_minor": 2 * 3499 - 599})
    order = after(
        DELIVERED,
        swap(ware("p1", 2)),
        held(),
        label.model_copy(update={"refund_estimate": estimate}),
    )

    asked = told(order, received(("p1", 1, "refurbished")))[-1]

    assert isinstance(asked, RefundGoods)
    assert (asked.payment_id, asked.cause, asked.fee_minor) == ("pay_ord_1", "ret_1", 599)
    [item] = asked.items
    assert (item.product_id, item.quantity, item.condition) == ("p1", 1, "refurbished")


def test_a_claim_of_the_bank_stops_what_has_not_left() -> None:
    order = after(GOING, WHOLE)

    [stop] = told(order, dispute())

    assert (stop.name, stop.order_id, stop.user_id) == ("CancelOrder", FIRST, "system")
    assert told(after(order, dispute()), dispute()) == []


# -- what the shop did wrong


def label(reason: str = "defective_item", **given: object) -> ReturnInitiated:
    return advised(1, ware("p1", 2), reason=reason, reshipping=True, **given)


def wrong(*messages: Message, reason: str = "defective_item") -> Order:
    return after(DELIVERED, swap(ware("p1", 2), reason=reason), held(), *messages)


OUT = wrong(label())
"""Two went out, and none has come back."""


@pytest.mark.parametrize("reason", sorted(RULES.exchange_at_once))
def test_what_the_shop_did_wrong_is_replaced_with_the_label(reason: str) -> None:
    order, labelled = wrong(reason=reason), label(reason)

    [asked] = told(order, labelled)

    assert isinstance(asked, PlaceReplacement)
    assert (asked.return_id, asked.order_items[0].quantity) == ("ret_1", 2)
    assert told(after(order, labelled), labelled) == []


@pytest.mark.parametrize(
    ("asked", "labelled", "goes"),
    [("changed_mind", "defective_item", True), ("defective_item", "changed_mind", False)],
)
def test_the_labels_reason_counts_whatever_the_customers_was(
    asked: str, labelled: str, *, goes: bool
) -> None:
    order = wrong(reason=asked)

    assert names(told(order, label(labelled))) == ["PlaceReplacement"] * goes
    assert back(after(order, label(labelled))).reason == labelled


@pytest.mark.parametrize(
    "order",
    [
        wrong(refund()),
        wrong(dispute()),
        after(DELIVERED, swap(ware("p1", 2), reason="defective_item")),
        after(DELIVERED, swap(ware("p1", 2), reason="defective_item"), short()),
    ],
    ids=["paid back", "disputed", "not held yet", "short"],
)
def test_nothing_goes_out_at_once_that_may_not(order: Order) -> None:
    assert told(order, label()) == []


def test_nothing_goes_out_at_once_where_the_label_promised_money() -> None:
    assert told(wrong(), label().model_copy(update={"reshipping": False})) == []


def lapsed(order: Order) -> tuple[Order, list[Message]]:
    due_ms = due_times(order)["return"]
    facts = lapse(order, due_ms, due_ms, RULES)
    now = fold(order, facts)
    return now, list(following(now, facts, None, due_ms, RULES))


def test_people_are_told_once_of_what_never_came_back() -> None:
    order, said = lapsed(OUT)

    [alert] = said
    assert isinstance(alert, AlertRaised)
    assert (alert.rule, alert.value) == ("unreturned_exchange", 2)
    assert order.flags == ("UNRETURNED",)


def undo(units: int = 2, condition: str = "new", **given: Any) -> UndoReplacement:
    fields: dict[str, Any] = {
        "order_id": "ord_1",
        "replacement_id": FIRST,
        "lines": (UndoneUnits(number=1, quantity=units, condition=condition),),
        "cause": f"{FIRST} {units} {condition}",
    }
    return UndoReplacement(**(fields | given))


LATE = advised(1, ware("p1", 2), return_id="ret_9", reshipping=True)
LATER = received(("p1", 2, "new")).model_copy(update={"return_id": "ret_9"})
PRICED: list[tuple[str, list[Message], int]] = [
    ("came back whole", [WHOLE], 0),
    ("undone, and never came back", [undo()], 0),
    ("undone, then came back", [undo(), WHOLE], 2),
    ("came back, then undone", [WHOLE, undo()], 2),
    ("half undone, then came back", [undo(1), WHOLE], 1),
    ("half came back, then undone", [received(("p1", 1, "new")), undo()], 1),
    ("half came back, half undone", [received(("p1", 1, "new")), undo(1)], 0),
    ("undone half by half", [WHOLE, undo(1), undo(1, cause="other")], 2),
    ("damaged, then undone", [received(("p1", 2, "damaged")), undo()], 0),
    ("all paid back meanwhile", [refund(), undo(), WHOLE], 0),
    ("lapsed, and came after all", ["lapse", ask(ware("p1", 2)), LATE, LATER], 0),
    ("lapsed, undone, and came after all", ["lapse", undo(), ask(ware("p1", 2)), LATE, LATER], 2),
    ("undone twice over", [WHOLE, undo(), undo(1)], 2),
    ("of another order", [undo(replacement_id="exc_other"), WHOLE], 0),
]


@pytest.mark.parametrize(
    ("messages", "units"), [row[1:] for row in PRICED], ids=[r[0] for r in PRICED]
)
def test_the_price_goes_back_of_what_came_back_and_was_not_replaced(
    messages: list[Any], units: int
) -> None:
    order, said = OUT, list[Message]()
    for message in messages:
        if message == "lapse":
            order, _ = lapsed(order)
        else:
            said += told(order, message)
            order = after(order, message)

    prices = [one for one in said if isinstance(one, RefundGoods)]
    assert sum(item.quantity for one in prices for item in one.items) == units
    assert {(one.payment_id, item.product_id) for one in prices for item in one.items} <= {
        ("pay_ord_1", "p1")
    }
    assert len({one.cause for one in prices}) == len(prices)


def test_the_flag_goes_down_when_nothing_is_missing_any_more() -> None:
    order, _ = lapsed(OUT)

    assert after(order, undo(1)).flags == ("UNRETURNED",)
    assert after(order, undo(1), undo(1, cause="other")).flags == ()
    assert after(order, ask(ware("p1", 2)), LATE, LATER).flags == ()


def test_the_way_back_of_what_was_undone_is_taken_off_the_price_later() -> None:
    order = after(OUT, undo(fee_minor=599))

    [price] = told(order, WHOLE)

    assert isinstance(price, RefundGoods)
    assert price.fee_minor == 599


def test_it_is_sold_where_the_first_order_was() -> None:
    sold = msgspec.structs.replace(DELIVERED, channel="mobile-app")
    [hold] = told(sold, swap(ware("p1", 2)))
    order = after(sold, swap(ware("p1", 2)), held(), advised(1, ware("p1", 2)))
    [asked] = told(order, WHOLE)

    assert isinstance(hold, ReserveStock)
    assert isinstance(asked, PlaceReplacement)
    assert (hold.sales_channel, asked.sales_channel) == ("mobile-app", "mobile-app")
    assert fold(None, begin(asked, AT_MS, "c")).channel == "mobile-app"
    assert beside(asked, None) == {"source": "mobile-app", "exchangeFor": "ord_1"}


# -- goods of another price

X1 = "pay_ord_1:x1"
CARD = OrderPayment(method="credit_card", token="tok_1", card_last_four="4242")


def priced_at(unit_minor: int, units: int = 2, **given: Any) -> Any:
    """Two of 34.99 for as many at that price."""
    wanted = OrderItem(product_id="p9", quantity=units, unit_price_minor=unit_minor)
    return swap(ware("p1", units), exchange_items=(wanted,), payment=CARD, **given)


def charged(amount_minor: int = 1_002, payment_id: str = X1) -> Message:
    return paid().model_copy(update={"payment_id": payment_id, "amount_minor": amount_minor})


def declined(**given: object) -> Message:
    fields = {"payment_id": X1, "retryable": True, "attempt_number": 1, "max_attempts": 1}
    return unpaid().model_copy(update=fields | given)


def test_what_costs_the_same_costs_nothing_also_when_the_orders_code_has_come_to_its_end() -> None:
    sold = placed(discount_code="SAVE10")
    there = paid(amount_minor=sold.total_minor), parcel(1, (1, 2), (2, 1)), dispatched()
    order = after(sold, line_held(1), line_held(2), *there, delivered())
    later = dataclasses.replace(RULES, discounts_percent={})

    order = fold(order, decide(order, priced_at(3_499), AT_MS, later))

    assert [one.differs_minor for one in back(order).swaps] == [0]


DEARER = after(DELIVERED, priced_at(4_000), held())
PAID_BEYOND = after(DEARER, charged())


def test_what_costs_more_is_charged_once_it_is_held_and_before_a_label() -> None:
    asked = after(DELIVERED, priced_at(4_000))

    [session] = told(asked, held())

    assert isinstance(session, PaymentInitiated)
    assert (session.payment_id, session.order_id, session.amount_minor) == (X1, "ord_1", 1_002)
    assert (session.payment_method.token, session.checkout_type) == ("tok_1", "recurring")
    known = back(DEARER).pay
    assert known is not None
    assert known.token is None
    [label_asked] = told(DEARER, charged())
    assert (label_asked.name, label_asked.reshipping) == ("CreateReturnLabel", True)
    assert told(PAID_BEYOND, charged()) == []


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (declined(), ["ReleaseStock", "CreateReturnLabel"]),
        (declined(retryable=False, max_attempts=3), ["ReleaseStock", "CreateReturnLabel"]),
        (declined(max_attempts=3), []),
        (declined(payment_id="pay_ord_1:x2"), []),
        (charged(1), ["RefundGoods"]),
        (dispute(), ["ReleaseStock", "CreateReturnLabel"]),
        (label(), []),
    ],
)
def test_a_difference_that_is_not_paid_makes_it_a_refund(message: Message, said: list[str]) -> None:
    assert names(told(DEARER, message)) == said


def test_a_difference_that_is_not_heard_of_makes_it_a_refund_and_goes_back_if_it_comes() -> None:
    order, said = lapsed(DEARER)
    [price] = told(order, charged())

    assert names(said) == ["ReleaseStock", "CreateReturnLabel"]
    assert "EXCHANGE_REFUSED_UNPAID" in reasons(order)
    assert isinstance(price, RefundGoods)
    assert (price.payment_id, price.amount_minor, price.items) == (X1, 1_002, ())


@pytest.mark.parametrize(
    "end", [dispute(), received(("p1", 1, "new")), "lapse"], ids=["claimed", "in part", "lapsed"]
)
def test_a_difference_goes_back_with_an_exchange_that_is_given_up(end: Any) -> None:
    order = after(PAID_BEYOND, advised(1, ware("p1", 2), reshipping=True))
    said = lapsed(order)[1] if end == "lapse" else told(order, end)

    [price] = [one for one in said if isinstance(one, RefundGoods) and one.amount_minor]
    assert (price.payment_id, price.amount_minor) == (X1, 1_002)


def moved(order: Order, *messages: Message) -> int:
    """What goes back of differences, less what of them is taken off the price of goods."""
    total = 0
    for message in messages:
        said = [one for one in told(order, message) if isinstance(one, RefundGoods)]
        total += sum((one.amount_minor or 0) - one.fee_minor for one in said)
        order = after(order, message)
    return total


AT_ONCE = "wrong_item"
CHEAP = after(DELIVERED, priced_at(3_000, reason=AT_ONCE), held(), label())
DEAR = after(DELIVERED, priced_at(4_000, reason=AT_ONCE), held(), charged(), label())
HALF = received(("p1", 1, "new"))
MOVED: list[tuple[str, Order, tuple[Message, ...], int]] = [
    ("cheaper, all back", CHEAP, (WHOLE,), 998),
    ("cheaper, half back", CHEAP, (HALF,), 499),
    ("cheaper, nothing back", CHEAP, (), 0),
    ("cheaper, back and undone", CHEAP, (WHOLE, undo()), 0),
    ("cheaper, back and half undone", CHEAP, (WHOLE, undo(1)), 499),
    ("cheaper, undone and back", CHEAP, (undo(), WHOLE), 0),
    ("cheaper, half undone and back", CHEAP, (undo(1), WHOLE), 499),
    ("cheaper, half back and undone", CHEAP, (HALF, undo()), 0),
    ("dearer, all back", DEAR, (WHOLE,), 0),
    ("dearer, undone", DEAR, (undo(),), 1_002),
    ("dearer, undone half by half", DEAR, (undo(1), undo(1, cause="other")), 1_002),
    ("dearer, back and half undone", DEAR, (WHOLE, undo(1)), 501),
]


@pytest.mark.parametrize(
    ("order", "messages", "due"), [row[1:] for row in MOVED], ids=[row[0] for row in MOVED]
)
def test_a_difference_is_of_units_that_came_back_and_stayed_out(
    order: Order, messages: tuple[Message, ...], due: int
) -> None:
    assert moved(order, *messages) == due


def test_a_catalogue_says_what_others_cost() -> None:
    rules = dataclasses.replace(RULES, prices={"p9:USD": 4_000})
    seen, unseen = priced_at(4_000), priced_at(3_000)

    assert "RETURN_ASKED" in [
        step.reason for step in fold(DELIVERED, decide(DELIVERED, seen, AT_MS, rules)).history
    ]
    elsewhere = dataclasses.replace(RULES, prices={"p9:EUR": 4_000})
    for command, catalogue in ((unseen, rules), (seen, elsewhere)):
        refused = fold(DELIVERED, decide(DELIVERED, command, AT_MS, catalogue))
        assert "EXCHANGE_REFUSED_UNLIKE" in [step.reason for step in refused.history]


def test_a_rounding_in_what_its_sender_saw_makes_no_other_price_of_what_goes_out_instead() -> None:
    rules = dataclasses.replace(RULES, prices={"p9:USD": 4_000})

    order = fold(DELIVERED, decide(DELIVERED, priced_at(3_999), AT_MS, rules))

    assert [one.differs_minor for one in back(order).swaps] == [1_002]


# -- the order that replaces


def units(undone: UndoReplacement) -> list[tuple[int, int, str]]:
    return [(one.number, one.quantity, one.condition) for one in undone.lines]


LINE = {"order_id": FIRST, "reservation_id": f"{FIRST}:1"}


def test_it_is_confirmed_without_a_payment() -> None:
    order = replacing()

    [confirmed] = opening(order, begin(place(), AT_MS, "c"), place(), RULES)

    assert (confirmed.order_total_minor, confirmed.payment) == (0, None)
    assert confirmed.exchange_for == "ord_1"


def test_it_is_paid_once_all_of_it_is_held() -> None:
    assert after(replacing(), line_held(1, **LINE)).status is Status.PAID


@pytest.mark.parametrize(
    "end",
    [
        cancel(),
        line_short("p1", reservation_id=f"{FIRST}:1", backorder_allowed=False),
        line_expired(1).model_copy(update=LINE),
    ],
)
def test_one_that_is_not_sent_tells_the_first_order(end: Message) -> None:
    cancelled, undone = told(replacing(), end)

    assert cancelled.name == "OrderCancelled"
    assert cancelled.refund is None
    assert isinstance(undone, UndoReplacement)
    assert (undone.order_id, undone.replacement_id, undone.cause) == ("ord_1", FIRST, FIRST)
    assert units(undone) == [(1, 2, "new")]


def test_it_has_the_lines_that_came_back() -> None:
    order = after(replacing(), amend(change("p1", 2, 3)))

    assert reasons(order)[-1] == "AMEND_REFUSED_ITEMS_CLOSED"


SENT = after(replacing(), line_held(1, **LINE), created(), dispatched())
ARRIVED = after(SENT, delivered())


def lost() -> DeliveryFailed:
    return DeliveryFailed(
        shipment_id="shp_1",
        order_id=FIRST,
        reason_code="LOST",
        failure_reason="nowhere",
        attempt_number=1,
    )


def test_one_that_gets_lost_tells_the_first_order_once() -> None:
    [undone] = told(SENT, lost())

    assert isinstance(undone, UndoReplacement)
    assert (undone.cause, units(undone)) == ("lost:shp_1", [(1, 2, "new")])
    assert told(after(SENT, lost()), lost()) == []


def test_one_that_is_sent_back_tells_the_first_order_and_nothing_goes_out_again() -> None:
    order = after(ARRIVED, swap(ware("p1", 2)), advised(1, ware("p1", 2)))
    assert "EXCHANGE_REFUSED_REPLACEMENT" in reasons(order)

    [undone] = told(order, refunded_return(("p1", 2, "refurbished")))

    assert isinstance(undone, UndoReplacement)
    assert (undone.order_id, undone.cause) == ("ord_1", "ret_1")
    assert units(undone) == [(1, 2, "refurbished")]


def test_lines_of_one_product_that_are_sent_back_are_told_as_they_were_announced() -> None:
    asked = place()
    [item] = asked.order_items
    both = asked.model_copy(update={"order_items": (item, item.model_copy(update={"quantity": 1}))})
    order = fold(None, begin(both, AT_MS, "c"))
    label = advised(1, ware(f"{FIRST}:1", 1), ware(f"{FIRST}:2", 1))
    order = after(
        order, *(line_held(n, **LINE | {"reservation_id": f"{FIRST}:{n}"}) for n in (1, 2))
    )
    order = after(order, created(), dispatched(), delivered(), label)

    [undone] = told(order, refunded_return(("p1", 1, "new"), ("p1", 1, "refurbished")))

    assert isinstance(undone, UndoReplacement)
    assert units(undone) == [(1, 1, "new"), (2, 1, "refurbished")]


def test_what_was_lost_and_comes_back_is_told_once() -> None:
    order = after(SENT, lost(), advised(1, ware("p1", 2), reason="delivery_failed"))

    assert told(order, refunded_return(("p1", 2, "new"))) == []


def test_of_a_line_in_two_parcels_what_was_lost_and_comes_back_is_not_told_of_the_other() -> None:
    line = ware(f"{FIRST}:1")
    boxes = (Package(package_id="p", weight_kg=1, items=(line,)),)
    both = [created(number).model_copy(update={"packages": boxes}) for number in (1, 2)]
    order = after(replacing(), line_held(1, **LINE), *both, dispatched(1), dispatched(2))

    [undone] = told(order, lost())
    order = after(order, lost(), delivered(1), delivered(2), advised(1, line), advised(2, line))

    assert units(undone) == [(1, 1, "new")]
    assert told(order, refunded_return(("p1", 1, "refurbished"))) == []
    [other] = told(order, refunded_return(("p1", 1, "refurbished"), shipment=2))
    assert units(other) == [(1, 1, "refurbished")]


# -- whatever happens

OF_AN_EXCHANGE = (
    swap(),
    swap(ware("p1", 2), reason="wrong_item"),
    label(),
    priced_at(4_000),
    priced_at(3_000, reason=AT_ONCE),
    charged(),
    charged(1),
    declined(),
    undo(1),
    undo(1, "damaged"),
    undo(2),
    swap(ware("p1", 2), ware("p2")),
    swap(exchange_items=(OTHER,)),
    ask(ware("p2")),
    held(1),
    held(2),
    gone(1),
    gone(2, "CANCELLED"),
    short(1),
    advised(),
    advised(1, ware("p1", 2), ware("p2")),
    received(),
    received(("p1", 2, "new"), ("p2", 1, "new")),
    received(("p1", 1, "damaged")),
    refunded_return(("p1", 1, "new")),
    refund(100, "partially_refunded"),
    refund(),
    dispute(),
    dispute("won"),
    dispute("lost"),
    "tick",
)
OF_A_REPLACEMENT = (
    line_held(1, **LINE),
    line_expired(1).model_copy(update=LINE),
    line_short("p1", reservation_id=f"{FIRST}:1", backorder_allowed=False),
    cancel(),
    cancel("system"),
    amend(change("p1", 2, 1)),
    created(),
    dispatched(),
    delivered(),
    lost(),
    swap(ware("p1", 2)),
    ask(),
    advised(),
    advised(1, ware("p1", 2), reason="delivery_failed"),
    refunded_return(("p1", 1, "new")),
    refunded_return(("p1", 2, "new")),
    received(("p1", 2, "refurbished")),
    "tick",
)
Lot = list[tuple[Any, int]]


def lots(messages: tuple[Any, ...]) -> st.SearchStrategy[Lot]:
    step = st.tuples(st.sampled_from(messages), st.integers(0, 6 * DAY_MS))
    return st.lists(step, max_size=20)


def live(order: Order, lot: Lot) -> tuple[list[Order], list[Message]]:
    """Every row, and everything that was said, until no clock runs any more."""
    rows, said, at_ms = [order], [], AT_MS
    for message, wait_ms in [*lot, *[("tick", 20 * DAY_MS)] * 4]:
        at_ms += wait_ms
        due_ms = due_times(rows[-1]).get("return", 0)
        if message != "tick":
            facts = decide(rows[-1], message, at_ms, RULES)
        else:
            facts = lapse(rows[-1], due_ms, at_ms, RULES) if 0 < due_ms <= at_ms else ()
        if facts:
            rows.append(fold(rows[-1], facts))
            caused = None if message == "tick" else message
            said += following(rows[-1], facts, caused, at_ms, RULES)
    return rows, said


@given(lots(OF_AN_EXCHANGE))
def test_every_hold_is_let_go_or_goes_out(lot: Lot) -> None:
    rows, said = live(DELIVERED, lot)

    asked = {one.reservation_id for one in said if isinstance(one, ReserveStock)}
    free = {one.reservation_id for one in said if isinstance(one, ReleaseStock)}
    sent = {
        hold_id_of(one.order_id, number)
        for one in said
        if isinstance(one, PlaceReplacement)
        for number in range(1, len(one.order_items) + 1)
    }
    assert asked == free | sent
    assert not free & sent
    assert due_times(rows[-1]) == {}


@given(lots(OF_AN_EXCHANGE))
def test_a_return_brings_goods_or_money_and_never_more_than_came_back(lot: Lot) -> None:
    rows, said = live(DELIVERED, lot)

    out, priced, returns = Counter[str](), Counter[str](), rows[-1].returns
    placed = [one for one in said if isinstance(one, PlaceReplacement)]
    assert len({one.return_id for one in placed}) == len(placed)
    for one in placed:
        [came] = [each for each in returns if each.return_id == one.return_id]
        assert sum(item.quantity for item in one.order_items) <= sum(n.units for n in came.lines)
        out.update({item.product_id: item.quantity for item in one.order_items})
    for line, units in [pair for one in returns for pair in one.undone]:
        out[DELIVERED.lines[line - 1].product_id] -= units
    for one in said:
        if isinstance(one, RefundGoods):
            priced.update({item.product_id: item.quantity for item in one.items})
    given_back = Counter[str]()
    for line, units in [pair for one in returns for pair in one.given]:
        given_back[DELIVERED.lines[line - 1].product_id] += units
    assert all(priced[name] <= max(0, given_back[name] - out[name]) for name in priced)


@given(lots(OF_A_REPLACEMENT))
def test_a_replacement_takes_no_money_and_tells_of_each_unit_once(lot: Lot) -> None:
    _, said = live(replacing(), lot)

    undone = [line for one in said if isinstance(one, UndoReplacement) for line in one.lines]
    assert sum(line.quantity for line in undone) <= 2
    assert {line.number for line in undone} <= {1}
    assert not {"PaymentInitiated", "PlaceReplacement", "ReserveStock", "RefundGoods"} & {
        *names(said)
    }


@given(lots(OF_A_REPLACEMENT))
def test_a_replacement_goes_the_way_of_every_order(lot: Lot) -> None:
    moves = {(was, to) for was, to, _ in TABLE}
    rows, _ = live(replacing(), lot)

    for before, now in pairwise(rows):
        steps = [before.status, *[step.status for step in now.history[len(before.history) :]]]
        for was, to in pairwise(steps):
            assert was is to or (was.value, to.value) in moves
