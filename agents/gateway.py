"""The payment gateway: calls providers and tells what they answered. An effect: it keeps nothing.

In: ProcessPayment, CapturePayment, VoidPayment, RefundCharge, SubmitEvidence, ReconcileCharges
of payments.commands. Out, for each: StripeChargeSucceeded or StripeChargeFailed, ChargeCaptured,
ChargeVoided, ChargeRefunded or ChargeRefundAccepted, EvidenceSubmitted (with CloseChargeback
where the bank decides at once), ChargesReconciled, or ChargeOperationFailed when an operation
failed or nobody knows what became of a charge.

Many calls are under way at once, but those of one payment follow each other. Every call
carries the command's idempotency key, so running again after a crash changes nothing. Providers
forget keys after a day: a charge that was asked for so long ago, before workers stopped or a
dead letter was replayed, is looked for before it is made. A call that does not get through is
tried three times, a second apart. A charge is certain to have failed only when the provider says
so; otherwise its outcome is unknown.

The backup takes a charge only while the first provider counts as down, and only one that holds
money without taking it: should a crash have hidden that the first one holds it too, that hold
is never captured and lapses. A charge of unknown outcome goes elsewhere only when every
provider has said that it never saw it (G-19).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar

from agents.gateway_answers import (
    captured,
    charge_request,
    charged,
    charged_nothing,
    evidence_request,
    evidence_taken,
    failed,
    is_nothing,
    reconciled,
    refund_accepted,
    refunded,
    voided,
)
from agents.turns import Turns
from agents.wiring import cause_of, published
from engine.specs import Delivery, Effect, EffectSpec, Published
from events.base import Message
from events.books import ReconcileCharges
from events.charges import (
    CapturePayment,
    ChargeOperationFailed,
    RefundCharge,
    SubmitEvidence,
    VoidPayment,
)
from events.payments import ProcessPayment
from events.vocabulary import ChargeOperation
from providers.calls import CallRules, Line, Sleep
from providers.health import Clock, HealthRules, now_ms, ticks_ms
from providers.payments import (
    Accepted,
    CaptureRequest,
    Charged,
    ChargeRequest,
    Code,
    Done,
    PaymentProvider,
    ProviderError,
    RefundRequest,
    Refused,
    VoidRequest,
)
from streams.moments import HOUR_MS
from streams.payments.commands import LOOK_FIRST, LOOK_ONLY
from streams.payments.rules import PaymentRules
from topics import PAYMENTS_COMMANDS, PAYMENTS_EVENTS

LOG = logging.getLogger(__name__)
T = TypeVar("T")

AGENT: Final = "gateway"
PAYPAL: Final = "paypal"
"""Method and provider: PayPal is paid through PayPal (G-19)."""

KEYS_KEPT_MS: Final = 23 * HOUR_MS
"""So long providers surely know an idempotency key; Stripe for a day."""

_MAY_BE_REPEATED: Final = frozenset(
    {Code.NETWORK_ERROR, Code.PROVIDER_UNAVAILABLE, Code.PROCESSING_ERROR, Code.RATE_LIMITED}
)
"""Codes of operations that may still go through later."""

Operation = CapturePayment | VoidPayment | RefundCharge | SubmitEvidence
Answer = Message | tuple[Message, ...]


def gateway_effect(
    providers: Mapping[str, PaymentProvider],
    rules: PaymentRules,
    *,
    clock: Clock = now_ms,
    ticks: Clock = ticks_ms,
    sleep: Sleep = asyncio.sleep,
) -> EffectSpec:
    """The gateway over providers by name: the rules' default first, the others as backups.

    `clock` tells the time of day, `ticks` only grows.
    """
    calls = _call_rules(rules)
    lines = {name: Line(provider, calls, ticks, sleep) for name, provider in providers.items()}
    gateway = _Gateway(lines, rules.provider_default, clock)
    effects: dict[str, Effect] = {
        "ProcessPayment": gateway.in_turn(gateway.process),
        "CapturePayment": gateway.in_turn(gateway.capture),
        "VoidPayment": gateway.in_turn(gateway.void),
        "RefundCharge": gateway.in_turn(gateway.refund),
        "SubmitEvidence": gateway.in_turn(gateway.submit_evidence),
        "ReconcileCharges": gateway.in_turn(gateway.reconcile),
    }
    return EffectSpec(
        name=AGENT,
        help="Charges, captures, voids and refunds with the payment providers.",
        topic=PAYMENTS_COMMANDS,
        effects=effects,
        by="paymentId",
        outputs=(PAYMENTS_EVENTS, PAYMENTS_COMMANDS),
        timeout_s=2 * len(lines) * calls.charge_ms_max / 1000,
    )


def _call_rules(rules: PaymentRules) -> CallRules:
    return CallRules(
        tries_max=rules.gateway_tries_max,
        backoff_ms=round(rules.gateway_backoff_s * 1000),
        call_ms=round(rules.gateway_call_s * 1000),
        health=HealthRules(
            errors_max=rules.breaker_errors_max,
            share_max=rules.breaker_share_max,
            window_ms=round(rules.breaker_window_s * 1000),
            calls_min=rules.breaker_calls_min,
            down_ms=round(rules.breaker_down_s * 1000),
        ),
    )


class _Gateway:
    """One handler a command; each gives its answer."""

    def __init__(self, lines: Mapping[str, Line], first: str, clock: Clock) -> None:
        self._lines = lines
        self._clock = clock
        self._first = lines.get(first) or next(iter(lines.values()))
        self._turns = Turns()

    def in_turn(self, handle: Callable[[Delivery], Awaitable[Answer]]) -> Effect:
        """Run a handler when the payment's earlier calls have ended, and publish its answer."""

        async def effect(delivery: Delivery) -> list[Published]:
            async with self._turns.of(delivery.value.data.payment_id):
                answer = await handle(delivery)
            messages = answer if isinstance(answer, tuple) else (answer,)
            return published(AGENT, cause_of(delivery), messages)

        return effect

    async def process(self, delivery: Delivery) -> Message:
        """Charge, or find out what became of a charge."""
        command: ProcessPayment = delivery.value.data
        ask = (delivery.value.metadata or {}).get("ask") or self._ask_of_age(delivery)
        line = self._line_for(command)
        if not command.amount_minor:
            return charged(command, line, charged_nothing(command))
        try:
            line, answer = await self._charge(line, charge_request(command), ask)
        except ProviderError as error:
            why = Refused(Code.OUTCOME_UNKNOWN, str(error))
            return failed(command, "authorize", line.name, why, certain=False)
        return charged(command, line, answer)

    def _ask_of_age(self, delivery: Delivery) -> str | None:
        """LOOK_FIRST for a charge whose key providers may have forgotten since it was made.

        Of a dead letter that is replayed only the envelope tells its age.
        """
        age_ms = self._clock() - delivery.value.timestamp_ms
        return LOOK_FIRST if age_ms >= KEYS_KEPT_MS else None

    def _line_for(self, command: ProcessPayment) -> Line:
        if command.payment_method.type == PAYPAL and PAYPAL in self._lines:
            return self._lines[PAYPAL]
        if command.capture_immediately or self._first.takes_calls():
            return self._first
        backups = (line for line in self._lines.values() if line.takes_calls())
        return next(backups, self._first)

    async def _charge(
        self, line: Line, request: ChargeRequest, ask: str | None
    ) -> tuple[Line, Charged | Refused]:
        if ask is None:
            return line, await line.charge(request)
        for other in self._lines.values():  # Whichever took the first call may have the charge.
            found = await other.find(request)
            if found is not None:
                return other, found
        if ask == LOOK_ONLY:
            return line, Refused(Code.NEVER_CHARGED, "No provider saw the charge.")
        return line, await line.charge(request)

    async def capture(self, delivery: Delivery) -> Message:
        """Take money that is held."""
        command: CapturePayment = delivery.value.data
        request = CaptureRequest(
            command.idempotency_key, command.charge_id, command.amount_minor, command.currency
        )
        if is_nothing(command):
            return captured(command, Done(0), delivery.record.timestamp)
        answer = await self._operate(command, lambda provider: provider.capture(request))
        if isinstance(answer, Done):
            return captured(command, answer, delivery.record.timestamp)
        return self._failed(command, "capture", answer)

    async def void(self, delivery: Delivery) -> Message:
        """Let held money go."""
        command: VoidPayment = delivery.value.data
        request = VoidRequest(command.idempotency_key, command.charge_id, command.reason)
        answer = await self._operate(command, lambda provider: provider.void(request))
        if isinstance(answer, Done):
            return voided(command)
        return self._failed(command, "void", answer)

    async def refund(self, delivery: Delivery) -> Answer:
        """Give back money that was taken, or find out how that went."""
        command: RefundCharge = delivery.value.data
        request = RefundRequest(
            command.idempotency_key,
            command.charge_id,
            command.refund_id,
            command.amount_minor,
            command.currency,
        )
        looks = (delivery.value.metadata or {}).get("ask") == LOOK_ONLY
        answer = await self._operate(
            command, lambda one: one.find_refund(request) if looks else one.refund(request)
        )
        if isinstance(answer, Done):
            return refunded(command, answer)
        if isinstance(answer, Accepted):
            return refund_accepted(command)
        never = Refused(Code.REFUND_REFUSED, "The provider knows no such refund.")
        return self._failed(command, "refund", answer or never)

    async def submit_evidence(self, delivery: Delivery) -> Answer:
        """Put evidence before the bank; where it decides at once, say how."""
        command: SubmitEvidence = delivery.value.data
        request = evidence_request(command)
        answer = await self._operate(command, lambda provider: provider.submit_evidence(request))
        if isinstance(answer, Refused):
            return self._failed(command, "evidence", answer)
        return evidence_taken(command, answer)

    async def reconcile(self, delivery: Delivery) -> Answer:
        """Compare charges with the provider's books; one that does not answer is asked again.

        Of a provider that is set up no longer nobody knows anything: all of it differs. One that
        keeps no books is answered for by the settlement report.
        """
        command: ReconcileCharges = delivery.value.data
        line = self._lines.get(command.provider)
        ids = [charge.charge_id for charge in command.charges]
        if line is None:
            return reconciled(command, {})
        try:
            books = await line.call(lambda: line.provider.books(ids))
        except ProviderError as error:
            LOG.warning("%s does not tell its books of %s: %s", line.name, command.day, error)
            return ()
        return () if books is None else reconciled(command, books)

    async def _operate(
        self, command: Operation, make: Callable[[PaymentProvider], Awaitable[T | Refused]]
    ) -> T | Refused:
        """Call the provider that has the charge; under the same key a repeat is harmless."""
        line = self._lines.get(command.provider)
        if line is None:
            return Refused(
                Code.PROVIDER_UNAVAILABLE, f"No provider {command.provider!r} is set up."
            )
        try:
            return await line.call(lambda: make(line.provider))
        except ProviderError as error:
            return Refused(Code.NETWORK_ERROR, str(error))

    def _failed(
        self, command: Operation, operation: ChargeOperation, why: Refused
    ) -> ChargeOperationFailed:
        certain = why.code not in _MAY_BE_REPEATED
        return failed(command, operation, command.provider, why, certain=certain)
