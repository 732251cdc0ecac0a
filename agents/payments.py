"""Payments: one payment from its session to the last money that goes back, by paymentId.

Reads payments.events (the session, fraud's findings, the gateway's answers, settlements),
payments.commands (RefundPayment, RefundGoods, RecordChargeback, CloseChargeback,
ResolveStuckPayment), inventory.events (held and committed lines), orders.events (cancellations; an
order's payment is `pay_<orderId>`) and shipping.events (parcels and returns). Asks the gateway with
ProcessPayment, CapturePayment, VoidPayment, RefundCharge and SubmitEvidence, and Fraud with
CheckFraud and OverrideFraudDecision. Tells
PaymentProcessed, PaymentFailed, PaymentComplete, PaymentSettled, RefundIssued, RefundFailed,
ChargebackOpened and ChargebackClosed. Keeps a row a payment and one for what was sold under it, for
good, what came before a session for a while, the list of payments that a person must look at, and
by customer those that no order's name leads to.
Every night it has the providers' books compared (ReconcileCharges); what differs is AlertRaised,
and so is a payment that gets stuck.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

from agents import payment_books
from agents.payment_orders import GoodsMoved, amending, cancelling, moving
from agents.payment_rows import (
    AGENT,
    carry_out,
    forget,
    id_of_order,
    id_of_stock,
    keep,
    open_payment,
    saga,
    sale_of,
)
from agents.wiring import announce, cause_of
from engine.specs import AgentSpec, Context, Delivery, Handler, Source, Timer, TimerHandler
from streams.payments import goods
from streams.payments.alarms import (
    APPROVAL,
    AUTHORIZATION,
    EARLY,
    EVIDENCE,
    REFUND,
    RETRY,
    REVIEW,
    SESSION,
    SETTLEMENT,
)
from streams.payments.books import BOOKS
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
from streams.payments.early import early_cancel, early_decision, early_stock
from streams.payments.early_news import Early
from streams.payments.facts import Fact
from streams.payments.holds import stock_adjusted
from streams.payments.refund_news import refused_unknown
from streams.payments.refund_requests import approval_due, request_refund
from streams.payments.refunds import charge_refunded, look_due, refund_accepted
from streams.payments.resolving import resolve, settled
from streams.payments.rules import PaymentRules
from streams.payments.sales import agreed_return
from streams.payments.sessions import cancel, order_refused
from streams.payments.settlement import settle, settlement_due
from streams.payments.states import Payment
from tables.payments import (
    BOOK_NOTES,
    CUSTOMER_PAYMENTS,
    EARLY_PAYMENTS,
    PAYMENTS,
    SALES,
    STUCK,
)
from topics import (
    ALERTS_EVENTS,
    INVENTORY_EVENTS,
    ORDERS_EVENTS,
    PAYMENTS_COMMANDS,
    PAYMENTS_EVENTS,
    SHIPPING_EVENTS,
)

Decide = Callable[[Payment, Any, int, PaymentRules], Sequence[Fact]]
Remember = Callable[[Early | None, Any, int, PaymentRules], Early | None]
TimeUp = Callable[[Payment, int, int, PaymentRules], Sequence[Fact]]
IdOf = Callable[[Any], str | None]


_ANSWERS: Final[Mapping[str, Decide]] = {
    "FraudDetected": fraud_detected,
    "StripeChargeSucceeded": charge_succeeded,
    "StripeChargeFailed": charge_failed,
    "ChargeCaptured": charge_captured,
    "ChargeVoided": charge_voided,
    "ChargeRefundAccepted": refund_accepted,
    "ChargeRefunded": charge_refunded,
    "ChargeOperationFailed": operation_failed,
    "PaymentSettled": settle,
    "EvidenceSubmitted": evidence_submitted,
}
"""News that moves a payment that is there, and is nothing without it."""
_PARCELS: Final[Mapping[str, GoodsMoved]] = {
    "ShipmentDispatched": goods.dispatched,
    "ShipmentDelivered": goods.delivered,
    "DeliveryFailed": goods.delivery_failed,
    "ReturnInitiated": goods.return_agreed,
    "ReturnReceived": goods.returned,
}
_DUE: Final[Mapping[str, TimeUp]] = {
    SESSION: session_due,
    RETRY: retry_due,
    REVIEW: review_due,
    AUTHORIZATION: authorization_due,
    APPROVAL: approval_due,
    REFUND: look_due,
    SETTLEMENT: settlement_due,
}


def payments_agent(rules: PaymentRules) -> AgentSpec:
    """Payment's core under these rules."""
    answers = {
        "PaymentInitiated": _opening(rules),
        "FraudCheckCompleted": _advancing(rules, fraud_checked, early_decision),
        "ChargesReconciled": payment_books.reconciled,
        **{name: _advancing(rules, decide) for name, decide in _ANSWERS.items()},
    }
    stock = {"InventoryAdjusted": _advancing(rules, stock_adjusted, early_stock, id_of_stock)}
    first = _advancing(rules, cancel, early_cancel, id_of_order)
    ordered = {
        "OrderCancelled": cancelling(rules, first),
        "OrderAmended": amending(rules),
        "OrderFailed": _advancing(rules, order_refused, id_of=id_of_order),
    }
    parcels = {name: moving(rules, decide) for name, decide in _PARCELS.items()}
    timers = {kind: _timing(rules, time_up) for kind, time_up in _DUE.items()}
    return AgentSpec(
        name=AGENT,
        help="Takes an order's or a renewal's money, once, and gives back what must go back.",
        sources=(
            Source(PAYMENTS_EVENTS, answers, by="paymentId"),
            # By order, like Orders and allocation: one re-keyed copy serves all three, and an
            # order's own payment lies where the order lies.
            Source(INVENTORY_EVENTS, stock, by="orderId"),
            Source(ORDERS_EVENTS, ordered, by="orderId"),
            Source(SHIPPING_EVENTS, parcels, by="orderId"),
            Source(PAYMENTS_COMMANDS, _commands(rules), by="paymentId"),
        ),
        tables=(PAYMENTS, SALES, STUCK, BOOK_NOTES, EARLY_PAYMENTS, CUSTOMER_PAYMENTS),
        outputs=(PAYMENTS_COMMANDS, PAYMENTS_EVENTS, ALERTS_EVENTS),
        tick=payment_books.reconciling(rules),
        tick_every_ms=payment_books.TICK_EVERY_MS,
        timers={**timers, EVIDENCE: _evidencing(rules), EARLY: forget},
    )


def _commands(rules: PaymentRules) -> dict[str, Handler]:
    """What people, orders and providers ask for."""
    return {
        "RecordChargeback": _disputing(rules),
        "CloseChargeback": _advancing(rules, close_chargeback),
        "ResolveStuckPayment": _resolving(rules),
        "RefundPayment": _refunding(rules),
        "RefundGoods": moving(rules, goods.unreplaced),
    }


def _opening(rules: PaymentRules) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        open_payment(ctx, cause_of(delivery), delivery.value.data, rules)

    return handler


def _advancing(
    rules: PaymentRules,
    decide: Decide,
    remember: Remember | None = None,
    id_of: IdOf = attrgetter("payment_id"),
) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        event = delivery.value.data
        payment_id = id_of(event)
        if payment_id is None:
            return
        payment = ctx.table(PAYMENTS).get(payment_id)
        at_ms = delivery.record.timestamp
        if payment is not None:
            facts = decide(payment, event, at_ms, rules)
            if facts:
                carry_out(ctx, cause_of(delivery), payment_id, payment, facts, rules)
        elif remember is not None:
            early = ctx.table(EARLY_PAYMENTS).get(payment_id)
            keep(ctx, payment_id, early, remember(early, event, at_ms, rules))

    return handler


def _refunding(rules: PaymentRules) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        command, cause = delivery.value.data, cause_of(delivery)
        payment_id = command.payment_id
        payment = ctx.table(PAYMENTS).get(payment_id)
        if payment is None:
            announce(ctx, AGENT, cause, (refused_unknown(command, rules.currency_default),))
            return
        sale = sale_of(ctx, payment_id)
        known = agreed_return(sale, command.return_id) is not None
        facts = request_refund(payment, command, cause.at_ms, rules, is_return=known)
        carry_out(ctx, cause, payment_id, payment, facts, rules)

    return handler


def _disputing(rules: PaymentRules) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        command, cause = delivery.value.data, cause_of(delivery)
        payment_id = command.payment_id
        payment = ctx.table(PAYMENTS).get(payment_id)
        if payment is not None:
            sale = sale_of(ctx, payment_id)
            facts = record_chargeback(payment, sale, command, cause.at_ms, rules)
            carry_out(ctx, cause, payment_id, payment, facts, rules)

    return handler


def _resolving(rules: PaymentRules) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        command, cause = delivery.value.data, cause_of(delivery)
        payment_id = command.payment_id
        payment = ctx.table(PAYMENTS).get(payment_id)
        if payment is None:
            return
        for fact in resolve(ctx.table(STUCK).get(payment_id), command, cause.at_ms):
            so = settled(payment, fact, command, cause.at_ms, rules)
            carry_out(ctx, cause, payment_id, payment, (fact, *so), rules)
            if BOOKS in fact.entries:
                payment_books.agree(ctx, payment_id, cause.at_ms)

    return handler


def _timing(rules: PaymentRules, time_up: TimeUp) -> TimerHandler:
    def handler(ctx: Context, timer: Timer, now_ms: int) -> None:
        payment = ctx.table(PAYMENTS).get(timer.key)
        if payment is None:
            return
        facts = time_up(payment, timer.due_ms, now_ms, rules)
        carry_out(ctx, saga(payment, timer, now_ms), timer.key, payment, facts, rules)

    return handler


def _evidencing(rules: PaymentRules) -> TimerHandler:
    def handler(ctx: Context, timer: Timer, now_ms: int) -> None:
        payment = ctx.table(PAYMENTS).get(timer.key)
        if payment is None:
            return
        sale = sale_of(ctx, timer.key)
        facts = evidence_due(payment, sale, timer.due_ms, now_ms, rules)
        carry_out(ctx, saga(payment, timer, now_ms), timer.key, payment, facts, rules)

    return handler
