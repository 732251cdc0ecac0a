"""Payments at every point of their lives, and the events that move them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from events.base import Message
from events.charges import (
    ChargeCaptured,
    ChargeOperationFailed,
    ChargeRefundAccepted,
    ChargeRefunded,
    ChargeVoided,
    EvidenceSubmitted,
    StripeChargeFailed,
    StripeChargeSucceeded,
)
from events.fraud import FraudCheckCompleted, FraudDetected
from events.inventory import InventoryAdjusted
from events.order_parts import OrderLine
from events.orders import OrderAmended, OrderCancelled, OrderFailed
from events.payments import Instrument, PaymentInitiated, PaymentSettled
from events.refunds import CloseChargeback, RecordChargeback, RefundPayment
from events.types import OrderItem, PaymentMethod
from streams.moments import DAY_MS
from streams.payments.alarms import (
    APPROVAL,
    AUTHORIZATION,
    EVIDENCE,
    REFUND,
    RETRY,
    REVIEW,
    SESSION,
    SETTLEMENT,
)
from streams.payments.amendments import amend
from streams.payments.charges import (
    charge_captured,
    charge_failed,
    charge_succeeded,
    charge_voided,
    operation_failed,
)
from streams.payments.deadlines import authorization_due, retry_due, review_due, session_due
from streams.payments.decisions import fraud_checked, fraud_detected
from streams.payments.disputes import (
    close_chargeback,
    evidence_due,
    evidence_submitted,
    record_chargeback,
)
from streams.payments.early_news import Early
from streams.payments.fold import fold
from streams.payments.holds import stock_adjusted
from streams.payments.refund import refund_id_of
from streams.payments.refund_requests import approval_due, request_refund
from streams.payments.refunds import charge_refunded, look_due, refund_accepted
from streams.payments.rules import PaymentRules
from streams.payments.sales import NOTHING_SOLD
from streams.payments.sessions import cancel, open_session, order_refused
from streams.payments.settlement import settle, settlement_due
from streams.payments.states import Payment, Status

NOW_MS = 1_750_000_000_000

RULES = PaymentRules()
ORDER = "ord_1"
PAYMENT = "pay_ord_1"
AMOUNT = 18_997
VISA = "tok_visa"
RETURN = "ret_1"
"""A return that Shipping has agreed to."""
FAR_MS = 30 * DAY_MS


def moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


# --- events ----------------------------------------------------------------------------------


def initiated(lines: int = 2, **told: Any) -> PaymentInitiated:
    """An order of 189.97 over that many lines."""
    item = OrderItem(product_id="prod_1", quantity=1, unit_price_minor=9_000)
    return PaymentInitiated(
        **{
            "payment_id": PAYMENT,
            "order_id": ORDER,
            "customer_id": "cust_1",
            "amount_minor": AMOUNT,
            "currency": "USD",
            "payment_method": PaymentMethod(type="credit_card", token=VISA, last4="4242"),
            "items": (item,) * lines,
            **told,
        }
    )


def renewal(**told: Any) -> PaymentInitiated:
    """A subscription's payment: charged at once, without an order."""
    recurring = {"checkout_type": "recurring", "order_id": None, "items": None}
    return initiated(**{**recurring, "subscription_id": "sub_1", "invoice_id": "inv_1", **told})


def checked(decision: str = "APPROVED", *reasons: str) -> FraudCheckCompleted:
    return FraudCheckCompleted(
        transaction_id="txn_1",
        payment_id=PAYMENT,
        order_id=ORDER,
        risk_score=12,
        decision=decision,
        reasons=reasons,
        confidence=0.97,
    )


def detected(severity: str = "high") -> FraudDetected:
    return FraudDetected(payment_id=PAYMENT, fraud_type="stolen_card", severity=severity)


def succeeded(charge_id: str = "ch_1", **told: Any) -> StripeChargeSucceeded:
    return StripeChargeSucceeded(
        **{
            "charge_id": charge_id,
            "payment_id": PAYMENT,
            "amount_minor": AMOUNT,
            "currency": "USD",
            "status": "succeeded",
            "provider": "stripe",
            **told,
        }
    )


def declined(
    code: str = "insufficient_funds", charge_id: str = "ch_f1", **told: Any
) -> StripeChargeFailed:
    return StripeChargeFailed(
        **{
            "charge_id": charge_id,
            "payment_id": PAYMENT,
            "amount_minor": AMOUNT,
            "currency": "USD",
            "status": "failed",
            "failure_code": code,
            "provider": "stripe",
            **told,
        }
    )


def captured(charge_id: str = "ch_1", amount_minor: int = AMOUNT) -> ChargeCaptured:
    return ChargeCaptured(
        payment_id=PAYMENT,
        charge_id=charge_id,
        amount_minor=amount_minor,
        currency="USD",
        provider="stripe",
        captured_at=moment(NOW_MS),
    )


def voided(charge_id: str = "ch_1") -> ChargeVoided:
    return ChargeVoided(payment_id=PAYMENT, charge_id=charge_id, provider="stripe")


def refunded(
    refund_id: str = "ref_x", amount_minor: int = AMOUNT, charge_id: str = "ch_1"
) -> ChargeRefunded:
    return ChargeRefunded(
        payment_id=PAYMENT,
        charge_id=charge_id,
        refund_id=refund_id,
        amount_minor=amount_minor,
        currency="USD",
        provider="stripe",
    )


def taken_on(refund_id: str) -> ChargeRefundAccepted:
    """The provider has the refund on its way."""
    return ChargeRefundAccepted(
        payment_id=PAYMENT, charge_id="ch_1", refund_id=refund_id, provider="stripe"
    )


def failed(operation: str, *, retryable: bool = True, **told: Any) -> ChargeOperationFailed:
    return ChargeOperationFailed(
        **{
            "payment_id": PAYMENT,
            "operation": operation,
            "failure_code": "outcome_unknown" if retryable else "charge_expired",
            "retryable": retryable,
            "provider": "stripe",
            **told,
        }
    )


def line(number: int, **told: Any) -> InventoryAdjusted:
    """Line `number` is held."""
    return InventoryAdjusted(
        **{
            "adjustment_id": f"adj_{number}",
            "product_id": f"prod_{number}",
            "warehouse_id": "wh_1",
            "adjustment_type": "decrease",
            "previous_quantity": 5,
            "adjusted_quantity": -1,
            "new_quantity": 4,
            "reason": "order_reserved",
            "order_id": ORDER,
            "reservation_id": f"{ORDER}:{number}",
            "reservation_status": "CONFIRMED",
            "payment_id": PAYMENT,
            **told,
        }
    )


def lapsed(number: int) -> InventoryAdjusted:
    return line(number, reason="reservation_expired", reservation_status="EXPIRED")


def committed(number: int) -> InventoryAdjusted:
    return line(number, committed=True)


def cancelled(reason: str = "CUSTOMER_REQUEST") -> OrderCancelled:
    return OrderCancelled(
        order_id=ORDER,
        user_id="cust_1",
        cancellation_reason=reason,
        order_items=(),
        order_total_minor=AMOUNT,
        currency="USD",
        order_status="cancelled",
    )


def settled() -> PaymentSettled:
    return PaymentSettled(
        settlement_id="set_1",
        payment_id=PAYMENT,
        gross_amount_minor=AMOUNT,
        fee_amount_minor=580,
        net_amount_minor=AMOUNT - 580,
        currency="USD",
        settlement_type="GROSS",
        instrument=Instrument(type="card"),
        settled_at=moment(NOW_MS),
    )


def chargeback(amount_minor: int = AMOUNT, reference: str = "cb_1") -> RecordChargeback:
    return RecordChargeback(
        payment_id=PAYMENT,
        chargeback_reference=reference,
        amount_minor=amount_minor,
        reason="fraud",
    )


def closed(
    outcome: str = "won", chargeback_id: str = "cb_1", amount_minor: int | None = None
) -> CloseChargeback:
    return CloseChargeback(
        payment_id=PAYMENT,
        chargeback_reference=chargeback_id,
        outcome=outcome,
        amount_minor=amount_minor,
    )


def evidence_taken(chargeback_id: str = "cb_1") -> EvidenceSubmitted:
    return EvidenceSubmitted(payment_id=PAYMENT, chargeback_id=chargeback_id, provider="stripe")


def amended(total_minor: int, *quantities: int) -> OrderAmended:
    """The order costs that now; quantities are those of lines 1, 2 and so on."""
    lines = [
        OrderLine(
            number=number,
            product_id=f"prod_{number}",
            quantity=quantity,
            unit_price_minor=100,
            total_price_minor=100 * quantity,
        )
        for number, quantity in enumerate(quantities or (1, 1), 1)
    ]
    return OrderAmended(
        order_id=ORDER,
        user_id="cust_1",
        amendment_type="QUANTITY_CHANGE",
        amendments=(),
        new_order_total_minor=total_minor,
        currency="USD",
        order_status="confirmed",
        lines=tuple(lines),
    )


def asked_back(amount_minor: int | None = 5_000, key: str = "k1", **told: Any) -> RefundPayment:
    """Support asks for a refund."""
    return RefundPayment(
        **{
            "payment_id": PAYMENT,
            "amount_minor": amount_minor,
            "reason": "goodwill",
            "requested_by": "agent_1",
            "idempotency_key": key,
            **told,
        }
    )


def _request_refund(payment: Payment, command: RefundPayment, at_ms: int, rules: Any) -> Any:
    known = command.return_id == RETURN
    return request_refund(payment, command, at_ms, rules, is_return=known)


# --- lives -----------------------------------------------------------------------------------

DECIDE: dict[type[Message], Callable[..., Any]] = {
    FraudCheckCompleted: fraud_checked,
    FraudDetected: fraud_detected,
    StripeChargeSucceeded: charge_succeeded,
    StripeChargeFailed: charge_failed,
    ChargeCaptured: charge_captured,
    ChargeVoided: charge_voided,
    ChargeRefundAccepted: refund_accepted,
    ChargeRefunded: charge_refunded,
    ChargeOperationFailed: operation_failed,
    InventoryAdjusted: stock_adjusted,
    OrderCancelled: cancel,
    OrderFailed: order_refused,
    OrderAmended: lambda payment, *told: amend(payment, (), *told),
    PaymentSettled: settle,
    RecordChargeback: lambda *told: record_chargeback(told[0], NOTHING_SOLD, *told[1:]),
    CloseChargeback: close_chargeback,
    EvidenceSubmitted: evidence_submitted,
    RefundPayment: _request_refund,
}
TIME_UP: dict[str, Callable[..., Any]] = {
    SESSION: session_due,
    RETRY: retry_due,
    REVIEW: review_due,
    AUTHORIZATION: authorization_due,
    APPROVAL: approval_due,
    REFUND: look_due,
    SETTLEMENT: settlement_due,
    EVIDENCE: lambda payment, due_ms, now_ms, rules: evidence_due(
        payment, NOTHING_SOLD, due_ms, now_ms, rules
    ),
}


class Life:
    """One payment, moved by events and time, with its timers and all it said."""

    def __init__(
        self, opening: PaymentInitiated | None = None, *, early: Early | None = None
    ) -> None:
        self.now_ms = NOW_MS
        self.row: Payment | None = None
        self.said: list[Message] = []
        self.metadata: list[dict[str, Any] | None] = []
        self.timers: dict[tuple[str, int], None] = {}
        self.moves: list[tuple[Status, Status]] = []
        self._open(opening or initiated(), early)

    def _open(self, event: PaymentInitiated, early: Early | None) -> None:
        self._fold(open_session(None, early, event, self.now_ms, "corr_1", RULES))

    def hear(self, *heard: Message) -> "Life":
        """Let the payment hear events, at once."""
        for event in heard:
            if isinstance(event, PaymentInitiated):
                facts = open_session(self.payment, None, event, self.now_ms, "corr_2", RULES)
            else:
                facts = DECIDE[type(event)](self.payment, event, self.now_ms, RULES)
            self._fold(facts)
        return self

    def wait(self, ms: int) -> "Life":
        """Let time pass; timers fire at their time, earliest first."""
        end_ms = self.now_ms + ms
        while due := [timer for timer in self.timers if timer[1] <= end_ms]:
            kind, due_ms = min(due, key=lambda timer: timer[1])
            del self.timers[kind, due_ms]
            self.now_ms = max(self.now_ms, due_ms)
            self._fold(TIME_UP[kind](self.payment, due_ms, self.now_ms, RULES))
        self.now_ms = end_ms
        return self

    def _fold(self, facts: Any) -> None:
        if not facts:
            return
        before = self.row
        step = fold(PAYMENT, self.row, facts, RULES)
        self.row = step.payment
        if before is not None and before.status is not self.row.status:
            self.moves.append((before.status, self.row.status))
        for kind, due_ms, is_set in step.alarms:
            if is_set:
                self.timers[kind, due_ms] = None
            else:
                self.timers.pop((kind, due_ms), None)
        for message, metadata in step.announcements:
            self.said.append(message)
            self.metadata.append(metadata)

    @property
    def payment(self) -> Payment:
        assert self.row is not None
        return self.row

    @property
    def status(self) -> Status:
        return self.payment.status

    @property
    def names(self) -> list[str]:
        return [message.name for message in self.said]

    def last(self, name: str) -> Any:
        """The newest message of that name."""
        return next(message for message in reversed(self.said) if message.name == name)

    def last_metadata(self, name: str) -> dict[str, Any] | None:
        found = zip(reversed(self.said), reversed(self.metadata), strict=True)
        return next(metadata for message, metadata in found if message.name == name)

    def forget_said(self) -> "Life":
        """Start listening anew."""
        self.said.clear()
        self.metadata.clear()
        return self

    def kinds(self) -> set[str]:
        """Kinds of the timers that are set."""
        return {kind for kind, _ in self.timers}


def fresh() -> Life:
    """INITIATED: fraud owes a decision."""
    return Life()


def charging() -> Life:
    """INITIATED: the provider owes the first attempt."""
    return Life().hear(checked())


def held() -> Life:
    return Life().hear(checked("MANUAL_REVIEW"))


def held_while_charging() -> Life:
    return charging().hear(detected())


def authorized() -> Life:
    """AUTHORIZED, waiting for stock."""
    return charging().hear(succeeded())


def capturing() -> Life:
    """AUTHORIZED, the provider owes the capture."""
    return authorized().hear(line(1), line(2))


def failed_once() -> Life:
    """FAILED, the second attempt is ten minutes away."""
    return charging().hear(declined())


def failed_for_good() -> Life:
    """FAILED with an expired card: ends at the next tick."""
    return charging().hear(declined("expired_card"))


def failed_unknown() -> Life:
    """FAILED, and nobody knows whether the charge went through."""
    return charging().hear(failed("authorize"))


def paid() -> Life:
    """CAPTURED."""
    return capturing().hear(captured())


def complete() -> Life:
    return paid().hear(committed(1), committed(2))


def refunding() -> Life:
    """CAPTURED, the provider owes a partial refund and another one waits behind it."""
    return paid().hear(asked_back(5_000, "k1"), asked_back(1_000, "k2"))


def refund_underway() -> Life:
    """CAPTURED, and the provider has a partial refund on its way."""
    life = paid().hear(asked_back(5_000, "k1"))
    return life.hear(taken_on(life.payment.refund_id))


def approving() -> Life:
    """CAPTURED, with a refund that somebody must approve."""
    return dear().hear(asked_back(None, "k1"))


def dear() -> Life:
    """CAPTURED: more than goes back without approval."""
    amount = 90_000
    life = Life(initiated(amount_minor=amount)).hear(checked(), succeeded(amount_minor=amount))
    return life.hear(line(1), line(2), captured(amount_minor=amount))


def settled_life() -> Life:
    return paid().hear(settled())


def partly_refunded() -> Life:
    return paid().hear(refunded("ref_part", 5_000))


def refunded_life() -> Life:
    return paid().hear(refunded())


def disputed() -> Life:
    return paid().hear(chargeback())


def charged_back() -> Life:
    return disputed().hear(closed("lost"))


def ended() -> Life:
    """CANCELLED before anything was charged."""
    return fresh().hear(cancelled())


def ended_while_charging() -> Life:
    """CANCELLED while the provider owes an attempt."""
    return charging().hear(cancelled())


def voiding() -> Life:
    """CANCELLED, the provider owes the void."""
    return authorized().hear(cancelled())


LIVES: dict[str, Callable[[], Life]] = {
    make.__name__: make
    for make in (
        fresh,
        charging,
        held,
        held_while_charging,
        authorized,
        capturing,
        failed_once,
        failed_for_good,
        failed_unknown,
        paid,
        complete,
        refunding,
        refund_underway,
        approving,
        settled_life,
        partly_refunded,
        refunded_life,
        disputed,
        charged_back,
        ended,
        ended_while_charging,
        voiding,
    )
}
"""A life at every point that the rules tell apart."""

TRIGGERS: dict[str, tuple[Callable[[], Message], ...]] = {
    "PaymentInitiated": (initiated,),
    "FraudDetected": (lambda: detected("high"), lambda: detected("critical")),
    "FraudCheckCompleted": tuple(
        lambda d=d: checked(d) for d in ("APPROVED", "DECLINED", "MANUAL_REVIEW")
    ),
    "StripeChargeSucceeded": (succeeded, lambda: succeeded("ch_2")),
    "StripeChargeFailed": (
        declined,
        lambda: declined(charge_id="ch_1"),
        lambda: declined("expired_card", "ch_f2"),
    ),
    "ChargeCaptured": (captured, lambda: captured("ch_2")),
    "ChargeVoided": (voided,),
    "ChargeRefunded": (refunded, lambda: refunded("ref_part2", 100)),
    "ChargeRefundAccepted": (lambda: taken_on(refund_id_of(PAYMENT, "k1")),),
    "ChargeOperationFailed": tuple(
        lambda o=o, r=r: failed(o, retryable=r)
        for o in ("authorize", "capture", "void", "refund", "evidence")
        for r in (True, False)
    ),
    "InventoryAdjusted": (
        lambda: line(1),
        lambda: line(2),
        lambda: lapsed(1),
        lambda: committed(1),
        lambda: committed(2),
    ),
    "OrderCancelled": (cancelled, lambda: cancelled("OUT_OF_STOCK")),
    "OrderAmended": (lambda: amended(AMOUNT - 5_000), lambda: amended(AMOUNT, 1, 0)),
    "PaymentSettled": (settled,),
    "RecordChargeback": (chargeback,),
    "RefundPayment": (
        asked_back,
        lambda: asked_back(None, "k3"),
        lambda: asked_back(None, "k1", approved_by="boss"),
    ),
    "EvidenceSubmitted": (evidence_taken,),
    "CloseChargeback": (closed, lambda: closed("lost"), lambda: closed("withdrawn")),
}
"""Every input, in every variety that the rules tell apart."""
