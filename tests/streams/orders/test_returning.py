"""RequestReturn, the way back of goods, and what becomes of their price (G-32)."""

import pytest
from msgspec.structs import replace

from events.base import Message
from events.orders import RequestReturn
from events.refunds import RefundFailed
from events.returns import CreateReturnLabel
from events.types import ShippedItem
from streams.moments import DAY_MS
from streams.orders.back import RETURNS_MAX, Back, BackMoney, BackState
from streams.orders.deciding import decide, once
from streams.orders.evolution import fold
from streams.orders.flags import REFUND_FAILED, flagged
from streams.orders.outcomes import due_times, following
from streams.orders.returning import Refusal, lapse
from streams.orders.rows import Order, Status
from streams.payments.refund import refund_id_of
from tests.streams.orders.parcels import PAID, created, delivered, dispatched
from tests.streams.orders.returns import (
    DELIVERED,
    IN_TWO,
    advised,
    ask,
    dispute,
    parcel,
    received,
    ware,
)
from tests.streams.orders.samples import AT_MS, RULES, after, cancel, refund


def labels(order: Order, message: Message) -> list[tuple[str, dict[str, int]]]:
    """The labels that are asked for: shipment, and units by line."""
    facts = decide(order, message, AT_MS, RULES)
    after_it = fold(order, facts) if facts else order
    return [
        (one.shipment_id, {item.item_id: item.quantity for item in one.items})
        for one in following(after_it, facts, message, AT_MS, RULES)
        if one.name == "CreateReturnLabel"
    ]


def last_reason(order: Order) -> str:
    return order.history[-1].reason


def lines(order: Order, position: int = 0) -> list[tuple[int, int, str, str]]:
    return [
        (one.line, one.units, one.state.value, one.money.value)
        for one in order.returns[position].lines
    ]


# -- asking


def test_a_label_is_asked_for_the_parcel_that_the_goods_came_in() -> None:
    assert labels(DELIVERED, ask(ware("p1", 2))) == [("shp_1", {"ord_1:1": 2})]
    assert lines(after(DELIVERED, ask())) == [(1, 1, "advised", "initial")]


def test_a_label_is_asked_for_with_all_that_the_customer_said() -> None:
    asked = ask(ware("p1", 2), return_method="carrier_pickup", reason_details="too big")
    facts = decide(DELIVERED, asked, AT_MS, RULES)
    order = fold(DELIVERED, facts)

    [label] = following(order, facts, asked, AT_MS, RULES)

    assert isinstance(label, CreateReturnLabel)
    assert (label.reason, label.reason_details) == ("changed_mind", "too big")
    assert (label.return_method, label.items[0].product_id) == ("carrier_pickup", "p1")
    assert due_times(order)["return"] == AT_MS + RULES.return_label_ms


def test_what_came_in_two_parcels_needs_two_labels() -> None:
    assert labels(IN_TWO, ask(ware("p1", 2), ware("p2"))) == [
        ("shp_1", {"ord_1:1": 1}),
        ("shp_2", {"ord_1:1": 1, "ord_1:2": 1}),
    ]
    assert labels(IN_TWO, ask(ware("p1"))) == [("shp_1", {"ord_1:1": 1})]


def test_goods_are_named_by_product_or_by_line() -> None:
    line = ShippedItem(item_id="ord_1:2", quantity=1)

    assert labels(DELIVERED, ask(line)) == [("shp_1", {"ord_1:2": 1})]


LATE = AT_MS + 31 * DAY_MS
FULL = replace(DELIVERED, returns=(Back("shp_9", "other", (), lapsed=True),) * RETURNS_MAX)
"""It has as many returns behind it as an order keeps."""
REFUSED: list[tuple[Refusal, Order, RequestReturn, int]] = [
    (Refusal.FOREIGN, PAID, ask(user_id="usr_2"), AT_MS),
    (Refusal.NOT_DELIVERED, PAID, ask(), AT_MS),
    (Refusal.NOT_DELIVERED, after(PAID, created(), dispatched()), ask(), AT_MS),
    (Refusal.NOT_DELIVERED, DELIVERED, ask(ware("p1", 3)), AT_MS),
    (Refusal.NOT_DELIVERED, DELIVERED, ask(ware("p9")), AT_MS),
    (Refusal.ONCE_A_PARCEL, after(DELIVERED, ask(ware("p2"))), ask(), AT_MS),
    (Refusal.ONCE_A_PARCEL, after(DELIVERED, ask(ware("p2"))), ask(ware("p1")), AT_MS),
    (Refusal.NOT_DELIVERED, after(DELIVERED, ask(ware("p2"))), ask(ware("p9")), AT_MS),
    (Refusal.NOT_DELIVERED, after(PAID, cancel(), parcel(1, (1, 2)), delivered()), ask(), AT_MS),
    (Refusal.OUTSIDE_WINDOW, DELIVERED, ask(), LATE),
    (Refusal.TOO_MANY, FULL, ask(), AT_MS),
    (Refusal.TOO_MANY, replace(IN_TWO, returns=FULL.returns[1:]), ask(ware("p1", 2)), AT_MS),
]


@pytest.mark.parametrize(("why", "order", "command", "at_ms"), REFUSED)
def test_what_is_not_taken_back_is_refused_and_the_history_says_why(
    why: Refusal, order: Order, command: Message, at_ms: int
) -> None:
    facts = decide(order, command, at_ms, RULES)

    now = fold(order, facts)
    assert last_reason(now) == f"RETURN_REFUSED_{why}"
    assert now.returns == order.returns
    assert decide(now, command, at_ms, RULES) == ()


def test_of_returns_that_an_order_does_not_know_it_keeps_no_more_than_it_may() -> None:
    fits = after(replace(FULL, returns=FULL.returns[1:]), advised())

    assert len(fits.returns) == RETURNS_MAX
    assert decide(FULL, advised(), AT_MS, RULES) == ()
    assert after(FULL, received(("p1", 1, "new"))).returns == FULL.returns


def test_on_the_last_day_it_is_taken_back_still() -> None:
    delivered_at_ms = DELIVERED.parcels[0].delivered_at_ms

    assert decide(DELIVERED, ask(), delivered_at_ms + 30 * DAY_MS, RULES)[0] != ()
    on_time = fold(DELIVERED, decide(DELIVERED, ask(), delivered_at_ms + 30 * DAY_MS, RULES))
    assert len(on_time.returns) == 1


def test_what_is_asked_for_already_is_not_asked_for_again() -> None:
    both = ask(ware("p1", 2), ware("p2"))

    assert decide(after(IN_TWO, both), both, AT_MS, RULES) == ()


# -- on the way back


def test_a_return_has_a_name_once_it_has_a_label() -> None:
    now = after(DELIVERED, ask(), advised(), advised())

    assert (now.returns[0].return_id, last_reason(now)) == ("ret_1", "RETURN_ADVISED")
    assert len(now.returns) == 1


def test_a_label_and_goods_that_are_told_again_change_nothing() -> None:
    came = received(("p1", 1, "new"))
    label = after(DELIVERED, ask(ware("p1", 2)), advised())
    back = after(label, came)

    assert decide(label, advised(), AT_MS, RULES) == ()
    assert decide(back, came, AT_MS, RULES) == ()


@pytest.mark.parametrize(("reason", "fee_minor"), [("changed_mind", 599), ("delivery_failed", 0)])
def test_a_label_costs_what_its_estimate_leaves_out_but_for_what_never_arrived(
    reason: str, fee_minor: int
) -> None:
    dear = ware().model_copy(update={"price_per_unit_minor": 4098})

    now = after(DELIVERED, ask(), advised(1, dear, reason=reason))

    assert now.returns[0].fee_minor == fee_minor


def test_one_that_was_not_asked_for_here_is_known_too() -> None:
    now = after(DELIVERED, advised())

    assert lines(now) == [(1, 1, "advised", "initial")]


@pytest.mark.parametrize(
    ("condition", "refundable", "state", "money"),
    [
        ("new", None, BackState.BACK_IN_STOCK, BackMoney.INITIAL),
        ("refurbished", True, BackState.BACK_IN_STOCK, BackMoney.INITIAL),
        ("damaged", None, BackState.UNUSABLE, BackMoney.NOT_REFUNDED),
        ("damaged", True, BackState.UNUSABLE, BackMoney.INITIAL),
        ("new", False, BackState.BACK_IN_STOCK, BackMoney.NOT_REFUNDED),
    ],
)
def test_the_inspection_says_where_it_goes_and_whether_it_is_refunded(
    condition: str, *, refundable: bool | None, state: BackState, money: BackMoney
) -> None:
    goods = received(("p1", 1, condition), refundable=refundable)

    now = after(DELIVERED, ask(), advised(), goods, goods)

    assert lines(now) == [(1, 1, state.value, money.value)]
    assert now.status is Status.DELIVERED


def test_what_was_announced_and_did_not_come_is_not_refunded() -> None:
    now = after(DELIVERED, ask(ware("p1", 2)), advised(), received(("p1", 1, "new")))

    assert lines(now) == [(1, 1, "back_in_stock", "initial"), (1, 1, "advised", "not_refunded")]


def test_what_nobody_ordered_belongs_to_no_line() -> None:
    now = after(DELIVERED, ask(), advised(), received(("p1", 1, "new"), ("p9", 1, "new")))

    assert [line for line, *_ in lines(now)] == [1, 0]


@pytest.mark.parametrize(
    ("came", "money"), [("p1", "not_refunded"), ("p2", "initial"), ("p9", "not_refunded")]
)
def test_nobody_waits_for_the_price_of_what_costs_nothing(came: str, money: str) -> None:
    free, dear = DELIVERED.lines
    gift = replace(DELIVERED, lines=(replace(free, total_minor=0), dear))

    now = after(gift, advised(1, ware("p1", 2), ware("p2")), received((came, 1, "new")))

    assert lines(now)[0][3] == money


def test_all_of_it_back_and_refunded_ends_the_order() -> None:
    all_of_it = received(("p1", 2, "new"), ("p2", 1, "new"))
    order = after(DELIVERED, ask(ware("p1", 2), ware("p2")), advised(), all_of_it)
    assert order.status is Status.RETURNED

    now = after(order, refund().model_copy(update={"return_id": "ret_1"}))

    assert now.status is Status.REFUNDED
    assert {money for *_, money in lines(now)} == {"refunded"}


def test_a_refund_that_fails_is_told_by_line_and_flag_until_it_is_made() -> None:
    order = after(DELIVERED, ask(), advised(), received(("p1", 1, "new")))
    failed = RefundFailed(
        refund_id=refund_id_of("pay_ord_1", "ret_1"),
        payment_id="pay_ord_1",
        order_id="ord_1",
        amount_minor=3499,
        currency="USD",
        failure_reason="provider_error",
        rejected=False,
    )

    now = after(order, failed, failed)
    assert (lines(now), now.flags) == (
        [(1, 1, "back_in_stock", "not_refunded")],
        ("REFUND_FAILED",),
    )

    assert after(now, refund(3499, "partially_refunded")).flags == ()


# -- labels nobody uses


def test_a_label_that_nobody_uses_lapses_and_the_goods_may_be_announced_again() -> None:
    order = after(DELIVERED, ask(), advised())
    due_ms = due_times(order)["return"]
    assert 13 * DAY_MS < due_ms - AT_MS <= 15 * DAY_MS

    now = fold(order, lapse(order, due_ms, due_ms, RULES))

    assert (last_reason(now), due_times(now)) == ("RETURN_LAPSED", {})
    assert lapse(now, due_ms, due_ms, RULES) == ()
    again = fold(now, decide(now, ask(), due_ms, RULES))
    assert len(again.returns) == 2


@pytest.mark.parametrize(
    ("days", "units", "is_taken"),
    [(44, 1, True), (58, 1, True), (59, 1, False), (44, 2, False)],
)
def test_what_was_announced_in_time_may_be_so_again_once_its_label_lapsed(
    days: int, units: int, *, is_taken: bool
) -> None:
    day_ms = DELIVERED.parcels[0].delivered_at_ms
    last_ms = day_ms + 30 * DAY_MS
    order = fold(DELIVERED, decide(DELIVERED, ask(ware("p1", 1)), last_ms, RULES))
    due_ms = due_times(order)["return"]
    now = fold(order, lapse(order, due_ms, due_ms, RULES))

    again = fold(now, decide(now, ask(ware("p1", units)), day_ms + days * DAY_MS, RULES))

    assert len(again.returns) == (2 if is_taken else 1)
    assert is_taken or last_reason(again) == "RETURN_REFUSED_OUTSIDE_WINDOW"


def test_a_request_that_comes_once_more_after_its_label_lapsed_asks_for_no_other() -> None:
    order = fold(DELIVERED, once(DELIVERED, ask(), "e1", decide(DELIVERED, ask(), AT_MS, RULES)))
    due_ms = due_times(order)["return"]
    now = fold(order, lapse(order, due_ms, due_ms, RULES))

    asked = decide(now, ask(), due_ms, RULES)

    assert asked
    assert once(now, ask(), "e1", asked) == ()
    assert once(now, ask(), "e2", asked)[:-1] == asked


def test_of_two_labels_the_one_that_is_used_lapses_no_more() -> None:
    both = after(IN_TWO, ask(ware("p1", 2), ware("p2")), advised(1), advised(2))
    came = after(both, received(("p1", 1, "new")))
    due_ms = due_times(came)["return"]

    now = fold(came, lapse(came, due_ms, due_ms, RULES))

    first, second = [one.due_ms for one in both.returns]
    assert due_times(both)["return"] == first < second == due_ms
    assert [one.lapsed for one in now.returns] == [False, True]


# -- disputes


@pytest.mark.parametrize(
    ("outcome", "flags"), [(None, ("DISPUTED",)), ("won", ()), ("lost", ("CHARGED_BACK",))]
)
def test_a_disputed_order_is_flagged_for_as_long_as_it_matters(
    outcome: str | None, flags: tuple[str, ...]
) -> None:
    now = after(DELIVERED, dispute(), dispute(), *([dispute(outcome)] * 2 if outcome else []))

    assert (now.flags, now.status) == (flags, Status.DELIVERED)


def test_an_order_is_disputed_until_the_last_of_its_payments_is_claimed_no_more() -> None:
    claimed = after(DELIVERED, dispute(), dispute(claim="cb_2"))

    once = after(claimed, dispute("won", "cb_2"), dispute("won", "cb_2"))
    assert once.flags == ("DISPUTED",)
    assert after(once, dispute("withdrawn")).flags == ()
    assert after(once, dispute("lost"), dispute("won", "cb_2")).flags == ("CHARGED_BACK",)


def test_a_dispute_leaves_flags_of_other_causes_and_they_leave_its_claims() -> None:
    claimed = after(replace(DELIVERED, flags=("UNRETURNED",)), dispute())
    assert claimed.flags == ("UNRETURNED", "DISPUTED")

    failed = fold(claimed, flagged(claimed, REFUND_FAILED, AT_MS, "?"))

    assert failed.claims == ("cb_1",)
    assert after(failed, dispute("won")).flags == ("UNRETURNED", "REFUND_FAILED")
    lost = after(claimed, dispute("lost"), dispute(claim="cb_2"))
    assert lost.flags == ("UNRETURNED", "CHARGED_BACK")


def on_its_way_back(*told: Message) -> Order:
    """All three units were sent, and have come back after that was told."""
    everything = (ware("p1", 2), ware("p2", 1))
    back = received(("p1", 2, "new"), ("p2", 1, "new"))
    return after(PAID, created(), dispatched(), *told, advised(1, *everything), back)


def test_goods_that_come_back_after_their_money_end_their_order() -> None:
    order = on_its_way_back(refund())

    assert [step.status for step in order.history[-2:]] == [Status.RETURNED, Status.REFUNDED]
    assert {line.money for line in order.returns[0].lines} == {BackMoney.REFUNDED}


def test_goods_that_come_back_after_a_lost_dispute_are_not_paid_back() -> None:
    order = on_its_way_back(dispute("lost"))

    assert order.status is Status.RETURNED
    assert {line.money for line in order.returns[0].lines} == {BackMoney.NOT_REFUNDED}
