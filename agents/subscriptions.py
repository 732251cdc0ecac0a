"""Subscriptions and Billing, by userId.

Reads subscriptions.commands and .events, payments.events (recurring payments; fraud's findings and
how they end), payments.commands (suspensions that are lifted) and notifications.events. Publishes
both services' events, the sessions of charges, orders of Subscribe & Save, refunds of stray
charges, and what customers are to be told. Keeps a row a user, a row an invoice, the invoices'
numbers, and how all stand.

One agent is both services. They are keyed alike, so two would share every partition; and the
contract has no event by which one could tell the other of a first charge, a pause, a resumption
or a withdrawn cancellation. As one they change in one transaction and need none.
"""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

import events
from agents.subscribers import paying, turning, user_of
from agents.subscription_rows import AGENT, carry_out, due, tell_levels
from agents.wiring import Cause, announce, cause_of, timer_cause
from engine.specs import AgentSpec, Context, Delivery, Handler, Source, Timer, TimerHandler
from events.subscription_ids import subscription_id_of
from streams.billing.rules import BillingRules
from streams.clock import TRUE, Clock
from streams.orders.rules import OrderRules
from streams.subscriptions import facts as f
from streams.subscriptions.deadlines import TIMERS
from streams.subscriptions.deciding import decide, invoice_sent, time_up
from streams.subscriptions.leaving import cancel
from streams.subscriptions.notices import refused
from streams.subscriptions.rows import Subscriber, Subscription
from streams.subscriptions.rules import Rules, SubscriptionRules
from streams.subscriptions.subscriber import NOBODY, locked, unlocked
from streams.subscriptions.subscribing import adopt, subscribe
from tables.subscriptions import (
    INVOICE_NUMBERS,
    INVOICES,
    STANDINGS,
    SUBSCRIPTION_LEVELS,
    SUBSCRIPTIONS,
)
from topics import (
    NOTIFICATIONS_EVENTS,
    NOTIFICATIONS_QUEUE,
    ORDERS_COMMANDS,
    PAYMENTS_COMMANDS,
    PAYMENTS_EVENTS,
    PULSE,
    SUBSCRIPTIONS_COMMANDS,
    SUBSCRIPTIONS_EVENTS,
)
from wire.contract import SUBSCRIBER

INVOICE_TEMPLATE: Final = "invoice-generated"
"""The template of the mail that brings an invoice (G-34)."""

Decide = Callable[[Subscriber, Subscription, Delivery], f.Facts]


def subscriptions_agent(
    rules: SubscriptionRules,
    billing: BillingRules,
    orders: OrderRules = OrderRules(),  # noqa: B008 - it cannot change
    clock: Clock = TRUE,
) -> AgentSpec:
    """Subscriptions and Billing as one agent."""
    both = Rules(rules, billing, orders, clock)
    return AgentSpec(
        name=AGENT,
        help="Bills subscriptions period by period, and follows each to its end.",
        sources=(*_asked(both), *_known(both)),
        tables=(SUBSCRIPTIONS, INVOICES, INVOICE_NUMBERS, STANDINGS, SUBSCRIPTION_LEVELS),
        outputs=(
            SUBSCRIPTIONS_COMMANDS,
            SUBSCRIPTIONS_EVENTS,
            PAYMENTS_COMMANDS,
            PAYMENTS_EVENTS,
            ORDERS_COMMANDS,
            NOTIFICATIONS_QUEUE,
            PULSE,
        ),
        timers=dict.fromkeys(TIMERS, _timing(both)),
        tick=_tick,
    )


def _asked(rules: Rules) -> tuple[Source, ...]:
    """What users, or others for them, ask for."""
    advance, leave = _advancing(rules, _deciding(rules)), _advancing(rules, _cancelling(rules))
    plain = ("UpdatePaymentMethod", "ChangePlan", "PauseSubscription", "ResumeSubscription")
    commands = {
        **dict.fromkeys((*plain, "RespondToOffer"), advance),
        "SubscribeUser": _subscribing(rules),
        "CancelSubscription": leave,
    }
    return (
        Source(SUBSCRIPTIONS_COMMANDS, commands, by="userId"),
        Source(SUBSCRIPTIONS_COMMANDS, {"CancelSubscription": _without_user(leave)}),
        Source(PAYMENTS_COMMANDS, {"ClearSuspension": turning(unlocked)}, by="customerId"),
    )


def _known(rules: Rules) -> tuple[Source, ...]:
    """What becomes known of subscriptions, and of those who have them."""
    advance = _advancing(rules, _deciding(rules))
    paid = {"PaymentProcessed": paying(advance), "PaymentFailed": advance}
    checked = {"FraudDetected": turning(locked), "FraudCheckCompleted": turning(unlocked)}
    started = {"UserSubscriptionStarted": _adopting(rules)}
    return (
        Source(SUBSCRIPTIONS_EVENTS, started, by="userId"),
        Source(PAYMENTS_EVENTS, paid, by=SUBSCRIBER),
        Source(PAYMENTS_EVENTS, checked, by="customerId"),
        Source(NOTIFICATIONS_EVENTS, {"NotificationSent": _delivering(rules)}, by="userId"),
    )


def _tick(ctx: Context, _now_ms: int) -> None:
    tell_levels(ctx)


def _without_user(leave: Handler) -> Handler:
    """A cancellation that leaves the user out: the record's key names them, and lies right."""

    def handler(ctx: Context, delivery: Delivery) -> None:
        if delivery.value.data.user_id is None:
            leave(ctx, delivery)

    return handler


def _subscribing(rules: Rules) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        cause, command = cause_of(delivery), delivery.value.data
        subscriber = ctx.table(SUBSCRIPTIONS).get(command.user_id) or NOBODY
        subscription_id = subscription_id_of(cause.event_id)
        at_ms = rules.clock.calendar_ms(cause.at_ms)
        facts = subscribe(subscriber, command, subscription_id, at_ms, cause.correlation_id, rules)
        if facts and isinstance(facts[0], f.Refused):
            notice = refused(command.user_id, subscription_id, facts[0], cause.event_id)
            announce(ctx, AGENT, cause, (notice,))
            return
        carry_out(ctx, cause, subscriber, None, facts, rules)

    return handler


def _adopting(rules: Rules) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        cause, event = cause_of(delivery), delivery.value.data
        subscriber = ctx.table(SUBSCRIPTIONS).get(event.user_id) or NOBODY
        at_ms = rules.clock.calendar_ms(cause.at_ms)
        facts = adopt(subscriber, event, at_ms, cause.correlation_id, rules)
        carry_out(ctx, cause, subscriber, None, facts, rules)

    return handler


def _deciding(rules: Rules) -> Decide:
    def decision(_: Subscriber, subscription: Subscription, delivery: Delivery) -> f.Facts:
        at_ms = rules.clock.calendar_ms(delivery.record.timestamp)
        return decide(subscription, delivery.value.data, at_ms, rules)

    return decision


def _cancelling(rules: Rules) -> Decide:
    def decision(subscriber: Subscriber, subscription: Subscription, delivery: Delivery) -> f.Facts:
        at_ms = rules.clock.calendar_ms(delivery.record.timestamp)
        return cancel(subscription, delivery.value.data, at_ms, rules, locked=subscriber.locked)

    return decision


def _delivering(rules: Rules) -> Handler:
    def decision(_: Subscriber, subscription: Subscription, delivery: Delivery) -> f.Facts:
        return invoice_sent(subscription, cause_of(delivery).correlation_id)

    advance = _advancing(rules, decision)

    def handler(ctx: Context, delivery: Delivery) -> None:
        if delivery.value.data.template_id == INVOICE_TEMPLATE:
            advance(ctx, delivery)

    return handler


def _advancing(rules: Rules, decision: Decide) -> Handler:
    """A message about one subscription, or about all of a user's where it names none."""

    def handler(ctx: Context, delivery: Delivery) -> None:
        user_id = user_of(delivery)
        subscriber = ctx.table(SUBSCRIPTIONS).get(user_id)
        if subscriber is None:
            return
        named = getattr(delivery.value.data, "subscription_id", None)
        cause = cause_of(delivery)
        for subscription in subscriber.subscriptions:
            if named in (None, subscription.subscription_id):
                facts = decision(subscriber, subscription, delivery)
                mine = replace(cause, event_id=_own(cause, subscription))
                subscriber = carry_out(ctx, mine, subscriber, subscription, facts, rules)

    return handler


def _own(cause: Cause, subscription: Subscription) -> str:
    """Keep ids apart where one cause is about several subscriptions, or comes about twice.

    A message that is repeated may pay the next invoice; a timer may come due twice at one moment,
    where an invoice was withdrawn and issued again.
    """
    version = str(subscription.version)
    return events.derived_id(cause.event_id, subscription.subscription_id, version)


def _timing(rules: Rules) -> TimerHandler:
    def handler(ctx: Context, timer: Timer, now_ms: int) -> None:
        subscriber = ctx.table(SUBSCRIPTIONS).get(timer.key)
        if subscriber is None:
            return
        cause, today_ms = timer_cause(AGENT, timer, now_ms), rules.clock.calendar_ms(now_ms)
        for subscription in subscriber.subscriptions:
            facts = time_up(subscription, timer.kind, today_ms, rules)
            saga = Cause(_own(cause, subscription), subscription.correlation_id, now_ms)
            subscriber = carry_out(ctx, saga, subscriber, subscription, facts, rules)
        # Figures may have changed since timers were set. Those before this one had their turn, but
        # for what runs in the place of a kind that runs no more: a plan renews that did not.
        running = due(subscriber, rules)
        had_turn_ms = timer.due_ms if timer.kind in dict(running) else -1
        for kind, due_ms in running:
            if due_ms > had_turn_ms:
                ctx.set_timer(kind, timer.key, due_ms)

    return handler
