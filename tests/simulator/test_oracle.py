"""The judge finds what is wrong: each row plants one error into a run that was right."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from engine.records import Record
from simulator.afterwards import Claim, Dispute, Return
from simulator.book import Book
from simulator.dossier import Dossier
from simulator.ends import End
from simulator.oracle import Oracle
from simulator.plans import Plan, Risk
from simulator.verdict import Verdict
from tests.simulator.memory_run import MemoryRun

Records = list[Record]
Plant = Callable[[MemoryRun], Records]


def judged(run: MemoryRun, records: Records) -> Verdict:
    book = Book()
    for record in records:
        book.read(record)
    return Oracle(run.script.memory, book).judge()


def name_of(record: Record) -> str:
    return next((v.decode() for k, v in record.headers if k == "eventType"), "")


def data_of(record: Record) -> dict[str, Any]:
    return json.loads(record.value or b"{}")["data"]


def is_about(record: Record, name: str, order_id: str) -> bool:
    if name_of(record) != name or record.topic.endswith(".dlq"):
        return False
    data = data_of(record)
    return order_id in (data.get("orderId"), (data.get("paymentId") or "").removeprefix("pay_"))


def changed(record: Record, *, event_id: str | None = None, **data: Any) -> Record:
    """The record with other fields, under its own event id unless told otherwise."""
    envelope = json.loads(record.value or b"")
    envelope["data"] |= data
    envelope["eventId"] = event_id or envelope["eventId"]
    return msgspec.structs.replace(record, value=json.dumps(envelope).encode())


def an_order(run: MemoryRun, wanted: Callable[[Plan, Dossier, End], bool]) -> str:
    """The first order of the run that is wanted."""
    for order_id, order in run.book.orders.items():
        plan = run.script.memory.plan_of(order_id, order.correlation_id)
        if plan is not None and wanted(plan, order, run.oracle._end(plan, order)):
            return order_id
    raise AssertionError("the run has no such order")


def paid(run: MemoryRun) -> str:
    """One that is left in peace afterwards."""
    return an_order(
        run,
        lambda plan, order, end: (
            end is End.PAID and not order.attempts_failed and plan.afterwards is None
        ),
    )


def sent_back(run: MemoryRun) -> str:
    """For money."""
    return an_order(
        run,
        lambda plan, order, end: isinstance(plan.afterwards, Return) and bool(order.refunds),
    )


def spoilt(run: MemoryRun) -> str:
    """Sent back, but nothing is given for it."""
    return an_order(
        run,
        lambda plan, order, end: (
            isinstance(plan.afterwards, Return)
            and not plan.afterwards.is_refunded
            and bool(order.came_back)
        ),
    )


def replacement(run: MemoryRun) -> str:
    """An order that replaces what came back."""
    first = an_order(run, lambda plan, order, end: bool(order.replacements))
    return next(iter(run.book.orders[first].replacements.values())).order_id


def exchanged_for_nothing(run: MemoryRun) -> Records:
    """What replaces goods is told of an order of which nothing came back."""
    other = paid(run)
    return altered("PlaceReplacement", replacement, exchangeFor=other)(run)


def claimed(run: MemoryRun) -> str:
    return an_order(
        run, lambda plan, order, end: isinstance(plan.afterwards, Claim) and end is End.PAID
    )


def disputed(run: MemoryRun, *, lost: bool) -> str:
    return an_order(
        run, lambda plan, order, end: plan.afterwards == Dispute(lost=lost) and end is End.PAID
    )


def lost(run: MemoryRun) -> str:
    return disputed(run, lost=True)


def won(run: MemoryRun) -> str:
    return disputed(run, lost=False)


def refunded_for_nothing(run: MemoryRun) -> Records:
    """A refund of one order is told of another."""
    order_id = paid(run)
    taken = next(r for r in run.records if is_about(r, "RefundIssued", claimed(run)))
    return [*run.records, changed(taken, event_id="other", orderId=order_id)]


def refunded(run: MemoryRun) -> str:
    return an_order(run, lambda plan, order, end: end is End.CANCELLED and bool(order.refunds))


def replaced(
    run: MemoryRun, name: str, order_id: str, make: Callable[[Record], Records]
) -> Records:
    """The run's records with each of that name and order made into others."""
    found = [
        made
        for record in run.records
        for made in (make(record) if is_about(record, name, order_id) else [record])
    ]
    assert found != run.records, f"no {name} of {order_id}"
    return found


def dropped(name: str, order: Callable[[MemoryRun], str]) -> Plant:
    return lambda run: replaced(run, name, order(run), lambda record: [])


def doubled(name: str, order: Callable[[MemoryRun], str]) -> Plant:
    """Said once more under another event id."""
    return lambda run: replaced(
        run, name, order(run), lambda record: [record, changed(record, event_id="again")]
    )


def altered(name: str, order: Callable[[MemoryRun], str], **data: Any) -> Plant:
    return lambda run: replaced(run, name, order(run), lambda record: [changed(record, **data)])


def first_of(
    run: MemoryRun, wanted: Callable[[Record], bool], make: Callable[[Record], Records]
) -> Records:
    """The run's records with the first one wanted made into others."""
    at = next(index for index, record in enumerate(run.records) if wanted(record))
    return [*run.records[:at], *make(run.records[at]), *run.records[at + 1 :]]


def is_letter(record: Record) -> bool:
    return record.topic.endswith(".dlq")


def is_hold(record: Record) -> bool:
    return name_of(record) == "InventoryAdjusted" and data_of(record).get("adjustedQuantity", 0) < 0


def is_restock(record: Record) -> bool:
    return name_of(record) == "InventoryAdjusted" and data_of(record)["reason"] == "restock"


def short_of_a_line(run: MemoryRun) -> str:
    """Of one of its two."""
    return an_order(
        run,
        lambda plan, order, end: (
            end is End.PAID and len(plan.lines) == 2 and bool(order.lines_gone)
        ),
    )


NOTHING_LEFT = [{"number": 1, "quantity": 0}, {"number": 2, "quantity": 0}]


def goods_come_twice(run: MemoryRun) -> Records:
    """To a shelf of which nothing is sold, so that the chain holds."""
    places = Counter(
        (data_of(r)["productId"], data_of(r)["warehouseId"])
        for r in run.records
        if name_of(r) == "InventoryAdjusted"
    )

    def untouched(record: Record) -> bool:
        if not is_restock(record):
            return False
        return places[data_of(record)["productId"], data_of(record)["warehouseId"]] == 1

    def again(record: Record) -> Records:
        data = data_of(record)
        more = {"previousQuantity": data["newQuantity"], "newQuantity": 2 * data["newQuantity"]}
        return [record, changed(record, event_id="again", onHand=2 * data["onHand"], **more)]

    return first_of(run, untouched, again)


def a_second_capture(run: MemoryRun) -> Records:
    order_id = paid(run)
    once_more: dict[str, Any] = {"chargeId": "ch_other"}
    found = run.records
    for name in ("StripeChargeSucceeded", "ChargeCaptured"):
        found = [
            made
            for record in found
            for made in (
                [record, changed(record, event_id=f"{name} again", **once_more)]
                if is_about(record, name, order_id)
                else [record]
            )
        ]
    return found


def later(name: str, wanted: Callable[[dict[str, Any]], bool]) -> Plant:
    """Said a second too late, of a paid order."""

    def delayed(record: Record) -> Records:
        if not wanted(data_of(record)):
            return [record]
        return [msgspec.structs.replace(record, timestamp=record.timestamp + 1_000)]

    return lambda run: replaced(run, name, paid(run), delayed)


def a_stranger(run: MemoryRun) -> Records:
    order_id = paid(run)
    confirmed = next(r for r in run.records if is_about(r, "OrderConfirmed", order_id))
    strange = changed(confirmed, event_id="strange", orderId="ord_strange")
    envelope = json.loads(strange.value or b"") | {"correlationId": "strange"}
    return [
        *run.records,
        msgspec.structs.replace(strange, value=json.dumps(envelope).encode()),
    ]


def two_orders_of_one_request(run: MemoryRun) -> Records:
    order_id = an_order(run, lambda plan, order, end: plan.order_id is None and end is End.PAID)
    return replaced(
        run,
        "OrderConfirmed",
        order_id,
        lambda record: [record, changed(record, event_id="again", orderId="ord_other")],
    )


def a_stolen_card_approved(run: MemoryRun) -> Records:
    order_id = an_order(run, lambda plan, order, end: plan.risk is Risk.STOLEN and order.decisions)
    return altered("FraudCheckCompleted", lambda _: order_id, decision="APPROVED")(run)


def a_review_not_asked_for(run: MemoryRun) -> Records:
    return altered("FraudCheckCompleted", paid, decision="MANUAL_REVIEW")(run)


def a_reviewer_overruled(run: MemoryRun) -> Records:
    order_id = an_order(
        run,
        lambda plan, order, end: (
            plan.verdict == "DECLINED"
            and "DECLINED" in order.decisions
            and plan.risk in (Risk.DOUBTFUL, Risk.GRAVE)
        ),
    )
    return replaced(
        run,
        "FraudCheckCompleted",
        order_id,
        lambda record: [
            changed(record, decision="APPROVED")
            if data_of(record)["decision"] == "DECLINED"
            else record
        ],
    )


def a_stranger_cancels(run: MemoryRun) -> Records:
    order_id = an_order(
        run, lambda plan, order, end: plan.cancel is None and order.cancelled == ["PAYMENT_FAILED"]
    )
    return altered("OrderCancelled", lambda _: order_id, cancellationReason="CUSTOMER_REQUEST")(run)


def short_without_need(run: MemoryRun) -> Records:
    def asks_for_one(record: Record) -> bool:
        return name_of(record) == "OutOfStock" and bool(data_of(record).get("triggeredByOrderId"))

    return first_of(
        run,
        asks_for_one,
        lambda record: [
            changed(record, productId="prd_0001", requestedQuantity=1, pendingOrders=0)
        ],
    )


def expired_too_early(run: MemoryRun) -> Records:
    order_id = an_order(
        run,
        lambda plan, order, end: (
            end is End.CANCELLED
            and any(
                hold.status == "CANCELLED" and hold.expires_at_ms for hold in order.holds.values()
            )
        ),
    )
    return replaced(
        run,
        "InventoryAdjusted",
        order_id,
        lambda record: [
            changed(record, reason="reservation_expired")
            if data_of(record).get("reservationStatus") == "CANCELLED"
            else record
        ],
    )


def refused_for_another_reason(run: MemoryRun) -> Records:
    order_id = an_order(
        run,
        lambda plan, order, end: (
            plan.refusal is not None and plan.refusal.reason == "INVALID_REQUEST"
        ),
    )
    return altered("OrderFailed", lambda _: order_id, rejectionReason="PRICE_MISMATCH")(run)


def refused_though_valid(run: MemoryRun) -> Records:
    order_id = paid(run)
    failed = next(record for record in run.records if name_of(record) == "OrderFailed")
    rest = [r for r in run.records if not is_about(r, "OrderConfirmed", order_id)]
    return [*rest, changed(failed, event_id="other", orderId=order_id)]


def an_event_twice(run: MemoryRun) -> Records:
    return first_of(run, lambda r: name_of(r) == "OrderConfirmed", lambda record: [record, record])


def an_event_broken(run: MemoryRun) -> Records:
    def broken(record: Record) -> Records:
        return [record, msgspec.structs.replace(record, value=b"{")]

    return first_of(run, lambda r: name_of(r) == "PaymentComplete", broken)


def a_letter_of_a_good_record(run: MemoryRun) -> Records:
    def other(record: Record) -> Records:
        headers = tuple((k, b"999999" if k == "dlq.offset" else v) for k, v in record.headers)
        return [record, msgspec.structs.replace(record, headers=headers)]

    return first_of(run, is_letter, other)


PLANTS: tuple[tuple[str, Plant, str], ...] = (
    ("an order is never answered", dropped("OrderConfirmed", paid), "confirmed 0 times"),
    ("an order is confirmed twice", doubled("OrderConfirmed", paid), "confirmed 2 times"),
    ("an event id is used twice", an_event_twice, "published twice"),
    ("an event breaks the contract", an_event_broken, "not as the contract has it"),
    ("another total", altered("OrderConfirmed", paid, orderTotal=0.01), "confirmed over"),
    ("another session", altered("PaymentInitiated", paid, amount=0.01), "payment sessions"),
    ("paid twice", doubled("PaymentProcessed", paid), "2 PaymentProcessed"),
    ("another amount paid", altered("PaymentProcessed", paid, amount=0.01), "PaymentProcessed [("),
    ("another currency", altered("PaymentProcessed", paid, currency="CHF"), "PaymentProcessed [("),
    ("another amount captured", altered("ChargeCaptured", paid, amountMinor=1), "captured 1"),
    ("captured from two charges", a_second_capture, "2 charges captured"),
    ("captured without being asked", dropped("CapturePayment", paid), "asked 0 times"),
    (
        "captured before Fraud approved",
        later("FraudCheckCompleted", lambda data: True),
        "before Fraud approved",
    ),
    (
        "captured before all is held",
        later("InventoryAdjusted", lambda data: not data.get("committed")),
        "before every line was held",
    ),
    ("never captured", dropped("ChargeCaptured", paid), "captured 0"),
    ("the money never came back", dropped("ChargeRefunded", refunded), "still open"),
    ("a refund nobody was told", dropped("RefundIssued", refunded), "still open"),
    ("too little refunded", altered("ChargeRefunded", refunded, amountMinor=1), "kept"),
    ("another refund told", altered("RefundIssued", refunded, amount=9_999.0), "told"),
    ("completed twice", doubled("PaymentComplete", paid), "2 PaymentComplete"),
    ("another fee", altered("PaymentComplete", paid, processingFee=0.0), "PaymentComplete [("),
    ("never delivered", dropped("ShipmentDelivered", paid), "still open"),
    ("delivered twice", doubled("ShipmentDelivered", paid), "delivered (1, 1, 2) times"),
    ("dispatched twice", doubled("ShipmentDispatched", paid), "delivered (1, 2, 1) times"),
    (
        "a parcel of a cancelled order stays booked",
        dropped("ShipmentCancelled", refunded),
        "booked",
    ),
    ("never completed", dropped("PaymentComplete", paid), "still open"),
    ("a return never comes in", dropped("ReturnReceived", sent_back), "still open"),
    ("a return comes in twice", doubled("ReturnReceived", spoilt), "came back, expected"),
    ("too little for a return", altered("ChargeRefunded", sent_back, amountMinor=1), "still open"),
    ("too much for a return", altered("ChargeRefunded", sent_back, amountMinor=10**6), "kept"),
    ("an exchange never arrives", dropped("ShipmentDelivered", replacement), "still open"),
    ("an exchange costs", altered("OrderConfirmed", replacement, orderTotal=1.0), "costs [(100"),
    ("an exchange is asked for by nobody", dropped("PlaceReplacement", replacement), "nobody plac"),
    ("an exchange for nothing", exchanged_for_nothing, "replace what nobody may exchange"),
    ("another refund than claimed", altered("RefundIssued", claimed, amount=10**4), "told, exp"),
    ("a claim is refused", altered("RefundIssued", claimed, amount=0), "still open"),
    ("a refund for nothing", refunded_for_nothing, "told, expected 0"),
    ("a dispute never ends", dropped("ChargebackClosed", won), "still open"),
    ("a dispute opens twice", doubled("ChargebackOpened", won), "disputes ["),
    ("a dispute is lost for nothing", altered("ChargebackClosed", won, outcome="lost"), "kept"),
    ("a dispute is won for nothing", altered("ChargebackClosed", lost, outcome="won"), "kept"),
    ("cancelled twice", doubled("OrderCancelled", refunded), "2 OrderCancelled"),
    ("cancelled for nothing", a_stranger_cancels, "which nothing explains"),
    ("a line is cancelled and nobody told", dropped("OrderAmended", short_of_a_line), "still open"),
    (
        "a line is cancelled for nothing",
        altered("OrderAmended", short_of_a_line, lines=NOTHING_LEFT),
        "which nothing explains",
    ),
    ("refused for another reason", refused_for_another_reason, "must be INVALID_REQUEST"),
    ("refused though valid", refused_though_valid, "nothing is wrong"),
    ("a stolen card is approved", a_stolen_card_approved, "expected DECLINED at first"),
    ("a good payment is reviewed", a_review_not_asked_for, "expected APPROVED at first"),
    ("the reviewer is overruled", a_reviewer_overruled, "but the reviewer said DECLINED"),
    ("an order from nowhere", a_stranger, "nobody placed it"),
    ("one request, two orders", two_orders_of_one_request, "became 2 orders"),
    (
        "a hold is lost",
        lambda run: first_of(run, is_hold, lambda record: []),
        "were available, but",
    ),
    (
        "a hold is negative",
        lambda run: first_of(
            run, is_hold, lambda record: [changed(record, newQuantity=-1, reserved=10**6)]
        ),
        "-1 available",
    ),
    (
        "figures do not add up",
        lambda run: first_of(run, is_hold, lambda record: [changed(record, newQuantity=0)]),
        "make 0",
    ),
    ("goods come twice", goods_come_twice, "came,"),
    ("short without need", short_without_need, "short of stock without need"),
    ("a hold expires too early", expired_too_early, "before its time"),
    (
        "a bad record is lost",
        lambda run: first_of(run, is_letter, lambda record: []),
        "0 dead letters, expected 1",
    ),
    (
        "a bad record is buried twice",
        lambda run: first_of(run, is_letter, lambda record: [record, record]),
        "2 dead letters, expected 1",
    ),
    ("a good record is buried", a_letter_of_a_good_record, "expected none"),
)


@pytest.mark.parametrize(
    ("plant", "words"), [row[1:] for row in PLANTS], ids=[r[0] for r in PLANTS]
)
def test_a_planted_error_is_found_and_named(heavy: MemoryRun, plant: Plant, words: str) -> None:
    verdict = judged(heavy, plant(heavy))

    assert not verdict.is_green
    assert any(words in each for each in verdict.words), verdict.words


def test_without_a_planted_error_nothing_is_found(heavy: MemoryRun) -> None:
    verdict = judged(heavy, heavy.records)

    assert verdict.is_green
    assert verdict.words == []
    assert verdict.stock_violations == verdict.money_difference_minor == verdict.unexplained == 0


def test_missing_money_is_counted_in_minor_units(heavy: MemoryRun) -> None:
    order_id = paid(heavy)
    due = heavy.book.orders[order_id].captured_minor

    verdict = judged(heavy, altered("ChargeCaptured", paid, amountMinor=due - 7)(heavy))

    assert verdict.money_difference_minor == 7


def test_differences_are_all_counted_but_only_so_many_are_told(heavy: MemoryRun) -> None:
    silence: Records = [r for r in heavy.records if name_of(r) == "PlaceOrder"]

    verdict = judged(heavy, silence)

    assert verdict.differences >= verdict.ends[End.OPEN] == verdict.placed == 300
    assert len(verdict.words) == 50


def test_an_order_that_opens_again_is_waited_for_once_all_others_have_ended(
    heavy: MemoryRun,
) -> None:
    book = Book()
    for record in heavy.records:
        book.read(record)
    oracle = Oracle(heavy.script.memory, book)
    assert not oracle.has_open_orders()

    book.orders[an_order(heavy, lambda _plan, _order, end: end is End.PAID)].completed.clear()

    assert oracle.has_open_orders()
