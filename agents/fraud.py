"""Fraud detection, by customerId.

In: `PaymentInitiated`; `FraudCheckCompleted` and `ChargebackClosed` where they name the customer
(the outcome of a review does); `OrderCancelled`; `CheckFraud`, `ClearSuspension`. Out:
`RiskScoreCalculated`, `FraudDetected`, `FraudCheckCompleted`, and to every partition of orders
which accounts are suspended. Kept: `risk_profiles`. A payment is assessed once; see
`streams.fraud`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from agents.everywhere import keys_everywhere
from agents.wiring import announce, cause_of
from engine.specs import AgentSpec, Context, Delivery, Handler, Source
from events.payment_ids import payment_id_of
from streams.fraud import assess
from streams.fraud.messages import messages
from streams.fraud.payment import payment_of, payment_to_check
from streams.fraud.profile import EMPTY, RiskProfile
from streams.fraud.rules import FraudRules
from tables.fraud import RISK_PROFILES
from topics import ORDERS_EVENTS, PAYMENTS_COMMANDS, PAYMENTS_EVENTS, SUSPENSIONS

AGENT: Final = "fraud"

Decide = Callable[[RiskProfile, Any, int, FraudRules], tuple[assess.Fact, ...]]

_DECIDE: Final[Mapping[str, Decide]] = {
    "PaymentInitiated": lambda profile, event, at_ms, rules: assess.decide(
        profile, payment_of(event), at_ms, rules
    ),
    "CheckFraud": lambda profile, command, at_ms, rules: assess.advise(
        profile, payment_to_check(command), at_ms, rules
    ),
    "FraudCheckCompleted": lambda profile, event, *_: assess.close_case(
        profile, event.payment_id, event.decision
    ),
    "ChargebackClosed": lambda profile, event, *_: assess.charge_back(
        profile, event.chargeback_id, event.outcome
    ),
    "OrderCancelled": lambda profile, event, *_: assess.order_cancelled(
        profile, payment_id_of(event.order_id)
    ),
    "ClearSuspension": lambda profile, command, *_: assess.clear_suspension(
        profile, command.payment_id
    ),
}


def fraud_agent(rules: FraudRules, partitions: int) -> AgentSpec:
    """Score every payment against its customer's profile."""
    learn = _learning(rules, partitions)
    paid = dict.fromkeys(("PaymentInitiated", "FraudCheckCompleted", "ChargebackClosed"), learn)
    asked = dict.fromkeys(("CheckFraud", "ClearSuspension"), learn)
    return AgentSpec(
        name=AGENT,
        help="Scores payments by their customer's history and decides.",
        sources=(
            Source(PAYMENTS_EVENTS, paid, by="customerId"),
            Source(PAYMENTS_COMMANDS, asked, by="customerId"),
            # Registrations want them by the same field: one re-keyed copy serves both.
            Source(ORDERS_EVENTS, {"OrderCancelled": learn}, by="userId"),
        ),
        tables=(RISK_PROFILES,),
        outputs=(PAYMENTS_EVENTS, SUSPENSIONS),
    )


def _learning(rules: FraudRules, partitions: int) -> Handler:
    """Keep what is learned, and tell all partitions of orders who may not order (G-10)."""
    keys = keys_everywhere(partitions)

    def learn(ctx: Context, delivery: Delivery) -> None:
        event, profiles = delivery.value.data, ctx.table(RISK_PROFILES)
        customer_id = event.user_id if delivery.name == "OrderCancelled" else event.customer_id
        profile = profiles.get(customer_id) or EMPTY
        facts = _DECIDE[delivery.name](profile, event, delivery.record.timestamp, rules)
        after = assess.fold(profile, facts)
        if after is not profile:
            profiles[customer_id] = after
        if (after.suspended_by is None) is not (profile.suspended_by is None):
            told = msgspec.json.encode((customer_id, after.suspended_by is not None))
            for key in keys:
                ctx.publish(SUSPENSIONS, key, told, ())
        if facts:
            cause = cause_of(delivery)
            announce(ctx, AGENT, cause, messages(facts, cause.at_ms, rules))

    return learn
