"""Fraud detection, by customerId.

In: `PaymentInitiated`; `FraudCheckCompleted` and `ChargebackClosed` where they name the customer
(the outcome of a review does); `OrderCancelled`; `CheckFraud`, `ClearSuspension`. Out:
`RiskScoreCalculated`, `FraudDetected`, `FraudCheckCompleted`, and to every partition of orders
which accounts are suspended. Kept: `risk_profiles`. A payment is assessed once; see
`streams.fraud`.
"""

from collections.abc import Callable

import msgspec

from agents.everywhere import keys_everywhere
from agents.wiring import announce, cause_of
from engine.specs import AgentSpec, Context, Delivery, Source
from events.payment_ids import payment_id_of
from streams.fraud.assess import (
    Fact,
    advise,
    charge_back,
    clear_suspension,
    close_case,
    decide,
    fold,
    order_cancelled,
)
from streams.fraud.messages import messages
from streams.fraud.payment import payment_of, payment_to_check
from streams.fraud.profile import EMPTY, RiskProfile
from streams.fraud.rules import FraudRules
from tables.fraud import RISK_PROFILES
from topics import ORDERS_EVENTS, PAYMENTS_COMMANDS, PAYMENTS_EVENTS, SUSPENSIONS

NAME = "fraud"

Learn = Callable[[Context, str, RiskProfile, tuple[Fact, ...]], None]


def _profile(ctx: Context, customer_id: str) -> RiskProfile:
    return ctx.table(RISK_PROFILES).get(customer_id) or EMPTY


def _learning(partitions: int) -> Learn:
    """Keep what is learned, and tell all partitions of orders who may not order (G-10)."""
    keys = keys_everywhere(partitions)

    def learn(
        ctx: Context, customer_id: str, profile: RiskProfile, facts: tuple[Fact, ...]
    ) -> None:
        if not facts:
            return
        after = fold(profile, facts)
        ctx.table(RISK_PROFILES)[customer_id] = after
        if (after.suspended_by is None) is not (profile.suspended_by is None):
            told = msgspec.json.encode((customer_id, after.suspended_by is not None))
            for key in keys:
                ctx.publish(SUSPENSIONS, key, told, ())

    return learn


def fraud_agent(rules: FraudRules, partitions: int) -> AgentSpec:
    """Score every payment against its customer's profile."""
    learn = _learning(partitions)

    def case_closed(ctx: Context, delivery: Delivery) -> None:
        event = delivery.value.data
        profile = _profile(ctx, event.customer_id)
        facts = close_case(profile, event.payment_id, event.decision)
        learn(ctx, event.customer_id, profile, facts)

    def charged_back(ctx: Context, delivery: Delivery) -> None:
        event = delivery.value.data
        profile = _profile(ctx, event.customer_id)
        facts = charge_back(profile, event.chargeback_id, event.outcome)
        learn(ctx, event.customer_id, profile, facts)

    def order_undone(ctx: Context, delivery: Delivery) -> None:
        event = delivery.value.data
        profile = _profile(ctx, event.user_id)
        facts = order_cancelled(profile, payment_id_of(event.order_id))
        learn(ctx, event.user_id, profile, facts)

    def cleared(ctx: Context, delivery: Delivery) -> None:
        command = delivery.value.data
        profile = _profile(ctx, command.customer_id)
        learn(ctx, command.customer_id, profile, clear_suspension(profile, command.payment_id))

    def payment_initiated(ctx: Context, delivery: Delivery) -> None:
        cause, payment = cause_of(delivery), payment_of(delivery.value.data)
        profile = _profile(ctx, payment.customer_id)
        facts = decide(profile, payment, cause.at_ms, rules)
        learn(ctx, payment.customer_id, profile, facts)
        announce(ctx, NAME, cause, messages(facts, rules))

    def check_fraud(ctx: Context, delivery: Delivery) -> None:
        cause, payment = cause_of(delivery), payment_to_check(delivery.value.data)
        facts = advise(_profile(ctx, payment.customer_id), payment, cause.at_ms, rules)
        announce(ctx, NAME, cause, messages(facts, rules))

    return AgentSpec(
        name=NAME,
        help="Scores payments by their customer's history and decides.",
        sources=(
            Source(
                PAYMENTS_EVENTS,
                {
                    "PaymentInitiated": payment_initiated,
                    "FraudCheckCompleted": case_closed,
                    "ChargebackClosed": charged_back,
                },
                by="customerId",
            ),
            Source(
                PAYMENTS_COMMANDS,
                {"CheckFraud": check_fraud, "ClearSuspension": cleared},
                by="customerId",
            ),
            # Registrations want them by the same field: one re-keyed copy serves both.
            Source(ORDERS_EVENTS, {"OrderCancelled": order_undone}, by="userId"),
        ),
        tables=(RISK_PROFILES,),
        outputs=(PAYMENTS_EVENTS, SUSPENSIONS),
    )
