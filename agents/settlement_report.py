"""Settlement report: what simulated providers took and gave back, by chargeId.

A simulated provider is a function and remembers nothing, so what it answers is written down here:
StripeChargeSucceeded, ChargeCaptured and ChargeRefunded of payments.events. Answers
ReconcileCharges about such providers with ChargesReconciled, as the gateway does for those that
have books of their own. Keeps a small row a charge that took money, for good, in the lane of its
payment: it survives what the payment's row survives, and shares no code with it.
"""

from collections.abc import Collection
from typing import Final

from agents.gateway_answers import reconciled
from agents.wiring import announce, cause_of
from engine.specs import AgentSpec, Context, Delivery, Handler, Source
from providers.simulated import printed
from streams.payments.settlement_report import reported
from tables.payments import SETTLEMENT_REPORT
from topics import PAYMENTS_COMMANDS, PAYMENTS_EVENTS

AGENT: Final = "settlement_report"
_ANSWERS: Final = ("StripeChargeSucceeded", "ChargeCaptured", "ChargeRefunded")


def settlement_report_agent(providers: Collection[str]) -> AgentSpec:
    """The report of these providers."""
    names = frozenset(providers)
    return AgentSpec(
        name=AGENT,
        help="Keeps what simulated providers say they took and gave back, to be compared.",
        sources=(
            Source(PAYMENTS_EVENTS, dict.fromkeys(_ANSWERS, _writing(names)), by="paymentId"),
            Source(PAYMENTS_COMMANDS, {"ReconcileCharges": _comparing(names)}, by="paymentId"),
        ),
        tables=(SETTLEMENT_REPORT,),
        outputs=(PAYMENTS_EVENTS,),
    )


def _writing(names: frozenset[str]) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        answer = delivery.value.data
        if answer.provider not in names:
            return
        table = ctx.table(SETTLEMENT_REPORT)
        before = table.get(answer.charge_id)
        after = reported(before, answer)
        if after is not None and after is not before:
            table[answer.charge_id] = after

    return handler


def _comparing(names: frozenset[str]) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        command = delivery.value.data
        if command.provider not in names:
            return
        table = ctx.table(SETTLEMENT_REPORT)
        books = {
            charge.charge_id: printed(charge.charge_id, row.captured_minor, row.refunded_minor)
            for charge in command.charges
            if (row := table.get(charge.charge_id)) is not None
        }
        announce(ctx, AGENT, cause_of(delivery), (reconciled(command, books),))

    return handler
