"""The gateway: one answer a command, ids that follow from it, and no charge made twice."""

import asyncio
from typing import Any

import pytest

import events
from agents.gateway import KEYS_KEPT_MS, gateway_effect
from agents.turns import Turns
from engine.records import Record
from engine.specs import Delivery, EffectSpec
from events.base import Message
from events.charges import CapturePayment, RefundCharge, SubmitEvidence, VoidPayment
from events.envelope import Envelope
from events.payments import ProcessPayment
from events.types import PaymentMethod
from providers.payments import (
    Code,
    Done,
    OutcomeUnknown,
    PaymentProvider,
    ProviderUnreachable,
    Refused,
    Taken,
)
from providers.simulated import SimulatedProvider
from streams.payments.commands import LOOK_FIRST, LOOK_ONLY
from streams.payments.declines import REASONS
from streams.payments.rules import PaymentRules
from tests.providers.fakes import FINE, HANGS, Clock, Scripted
from topics import PAYMENTS_COMMANDS, PAYMENTS_EVENTS
from wire.contract import CONTRACT

AT_MS = 1_750_000_000_000
DOWN = (ProviderUnreachable("refused"),) * 5
CUT_OFF = OutcomeUnknown("cut off")


def process(payment_id: str = "pay_1", method: str = "credit_card", **told: Any) -> ProcessPayment:
    return ProcessPayment(
        **{
            "payment_id": payment_id,
            "order_id": "ord_1",
            "amount_minor": 5_000,
            "currency": "USD",
            "payment_method": PaymentMethod(type=method),
            "idempotency_key": f"{payment_id}:1",
            "capture_immediately": False,
            "attempt_number": 1,
            **told,
        }
    )


def capture(payment_id: str = "pay_1", provider: str = "stripe") -> CapturePayment:
    return CapturePayment(
        payment_id=payment_id,
        order_id="ord_1",
        charge_id="ch_1",
        amount_minor=5_000,
        currency="USD",
        provider=provider,
        idempotency_key=f"{payment_id}:1:capture",
    )


VOID = VoidPayment(
    payment_id="pay_1",
    charge_id="ch_1",
    provider="stripe",
    reason="CUSTOMER_REQUEST",
    idempotency_key="pay_1:1:void",
)
EVIDENCE = SubmitEvidence(
    payment_id="pay_1",
    charge_id="ch_1",
    chargeback_id="cb_1",
    provider="stripe",
    idempotency_key="cb_1:evidence",
)
REFUND = RefundCharge(
    payment_id="pay_1",
    charge_id="ch_1",
    refund_id="ref_1",
    amount_minor=5_000,
    currency="USD",
    provider="stripe",
    idempotency_key="ref_1",
)


def gateway(*providers: PaymentProvider, now_ms: int = AT_MS, **rules: Any) -> EffectSpec:
    ticks = Clock()
    told = PaymentRules(**{"gateway_backoff_s": 0, **rules})
    by_name = {provider.name: provider for provider in providers}
    return gateway_effect(by_name, told, clock=lambda: now_ms, ticks=ticks, sleep=ticks.sleep)


def delivered(command: Message, ask: str | None = None, event_id: str = "evt_1") -> Delivery:
    metadata = None if ask is None else {"ask": ask}
    value = events.encode(
        command, event_id=event_id, timestamp=AT_MS, correlation_id="saga", metadata=metadata
    )
    record = Record("payments.dev.commands", 0, 0, AT_MS, b"pay_1", value)
    return Delivery(record, *CONTRACT.decode(record, command.name))


async def answered(
    spec: EffectSpec, command: Message, ask: str | None = None, event_id: str = "evt_1"
) -> Envelope[Any]:
    """What the gateway publishes for a command."""
    (item,) = await spec.effects[command.name](delivered(command, ask, event_id))
    assert (item.topic, item.key) == (PAYMENTS_EVENTS, command.payment_id)  # type: ignore[attr-defined]  # all have one
    return events.decode(item.value, record_timestamp_ms=0)


# --- charges ---------------------------------------------------------------------------------


async def test_an_authorisation_is_told_with_its_provider_and_attempt() -> None:
    told = (await answered(gateway(Scripted(FINE)), process())).data

    assert told.name == "StripeChargeSucceeded"
    assert (told.charge_id, told.amount_minor, told.currency) == ("ch_1", 5_000, "USD")
    assert (told.provider, told.attempt_number, told.order_id) == ("stripe", 1, "ord_1")


async def test_a_refusal_is_told_with_its_code() -> None:
    refusal = Refused(Code.CARD_DECLINED, "Declined.", "ch_f")

    told = (await answered(gateway(Scripted(refusal)), process())).data

    assert (told.name, told.failure_code) == ("StripeChargeFailed", "card_declined")
    assert (told.failure_message, told.charge_id) == ("Declined.", "ch_f")


async def test_where_no_charge_was_made_its_key_stands_in_its_place() -> None:
    told = (await answered(gateway(Scripted(Refused(Code.CARD_DECLINED))), process())).data

    assert told.charge_id == "pay_1:1"


@pytest.mark.parametrize("ask", [None, LOOK_FIRST, LOOK_ONLY])
async def test_no_provider_is_asked_for_nothing(ask: str | None) -> None:
    provider = Scripted()
    gate = gateway(provider)

    charge = (await answered(gate, process(amount_minor=0), ask)).data
    free = capture().model_copy(update={"charge_id": charge.charge_id, "amount_minor": 0})
    taken = (await answered(gate, free)).data

    assert (charge.name, charge.amount_minor) == ("StripeChargeSucceeded", 0)
    assert (taken.name, taken.amount_minor) == ("ChargeCaptured", 0)
    assert provider.asked == []


async def test_a_charge_of_unknown_outcome_did_not_fail() -> None:
    told = (await answered(gateway(Scripted(*(CUT_OFF,) * 4)), process())).data

    assert (told.name, told.operation) == ("ChargeOperationFailed", "authorize")
    assert (told.failure_code, told.retryable) == ("outcome_unknown", True)


async def test_a_slow_provider_is_asked_what_became_of_the_charge() -> None:
    provider = Scripted(HANGS, FINE)

    told = (await answered(gateway(provider, gateway_call_s=0.005), process())).data

    assert told.name == "StripeChargeSucceeded"
    assert provider.asked == ["charge", "find"]


async def test_asked_to_look_first_it_charges_only_what_nobody_saw() -> None:
    seen, unseen = Scripted(FINE), Scripted(None, FINE)

    await answered(gateway(seen), process(), LOOK_FIRST)
    await answered(gateway(unseen), process(), LOOK_FIRST)

    assert (seen.asked, unseen.asked) == (["find"], ["find", "charge"])


async def test_asked_to_look_only_it_never_charges() -> None:
    provider = Scripted(None)

    told = (await answered(gateway(provider), process(), LOOK_ONLY)).data

    assert (told.name, told.failure_code) == ("StripeChargeFailed", "never_charged")
    assert provider.asked == ["find"]


async def test_a_charge_whose_key_may_be_forgotten_is_looked_for_before_it_is_made() -> None:
    young, seen, unseen = Scripted(FINE), Scripted(FINE), Scripted(None, FINE)

    await answered(gateway(young, now_ms=AT_MS + KEYS_KEPT_MS - 1), process())
    for provider in (seen, unseen):
        await answered(gateway(provider, now_ms=AT_MS + KEYS_KEPT_MS), process())

    assert young.asked == ["charge"]
    assert (seen.asked, unseen.asked) == (["find"], ["find", "charge"])


async def test_a_look_that_fails_leaves_the_outcome_unknown() -> None:
    told = (await answered(gateway(Scripted(*DOWN)), process(), LOOK_FIRST)).data

    assert (told.name, told.failure_code) == ("ChargeOperationFailed", "outcome_unknown")


# --- several providers -----------------------------------------------------------------------


async def down() -> tuple[EffectSpec, Scripted, Scripted]:
    """A gateway whose first provider counts as down."""
    stripe = Scripted(*DOWN, name="stripe")
    paypal = Scripted(FINE, FINE, name="paypal")
    spec = gateway(stripe, paypal, breaker_errors_max=4)
    await answered(spec, process("pay_0"))
    return spec, stripe, paypal


async def test_while_the_first_provider_is_down_the_backup_authorises() -> None:
    spec, stripe, paypal = await down()
    before = len(stripe.asked)

    told = (await answered(spec, process())).data

    assert (told.name, told.provider) == ("StripeChargeSucceeded", "paypal")
    assert (len(stripe.asked), paypal.asked) == (before, ["charge"])


async def test_the_backup_never_takes_money_at_once() -> None:
    spec, _, paypal = await down()

    told = (await answered(spec, process(capture_immediately=True))).data

    assert (told.name, told.failure_code) == ("ChargeOperationFailed", "outcome_unknown")
    assert paypal.asked == []


async def test_a_charge_of_unknown_outcome_goes_to_no_other_provider() -> None:
    spec, _, paypal = await down()

    told = (await answered(spec, process(), LOOK_FIRST)).data

    assert told.name == "ChargeOperationFailed"
    assert paypal.asked == []


async def test_a_look_finds_the_charge_wherever_it_lies() -> None:
    stripe, paypal = Scripted(None, name="stripe"), Scripted(FINE, name="paypal")

    told = (await answered(gateway(stripe, paypal), process(), LOOK_FIRST)).data

    assert (told.name, told.provider) == ("StripeChargeSucceeded", "paypal")


async def test_paypal_is_paid_through_paypal() -> None:
    stripe, paypal = Scripted(name="stripe"), Scripted(FINE, name="paypal")

    told = (await answered(gateway(stripe, paypal), process(method="paypal"))).data

    assert told.provider == "paypal"


async def test_an_operation_goes_to_the_provider_that_has_the_charge() -> None:
    stripe, paypal = Scripted(name="stripe"), Scripted(Done(5_000), name="paypal")

    told = (await answered(gateway(stripe, paypal), capture(provider="paypal"))).data

    assert (told.name, told.provider) == ("ChargeCaptured", "paypal")


async def test_an_operation_for_a_provider_that_is_gone_may_be_repeated() -> None:
    told = (await answered(gateway(Scripted()), capture(provider="klarna"))).data

    assert (told.name, told.retryable) == ("ChargeOperationFailed", True)
    assert told.failure_code == "provider_unavailable"


# --- operations ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "name"),
    [(capture(), "ChargeCaptured"), (VOID, "ChargeVoided"), (REFUND, "ChargeRefunded")],
)
async def test_an_operation_that_went_through_is_told(command: Message, name: str) -> None:
    told = (await answered(gateway(Scripted(Done(5_000))), command)).data

    assert (told.name, told.charge_id, told.provider) == (name, "ch_1", "stripe")
    if name != "ChargeVoided":
        assert told.amount_minor == 5_000
    if name == "ChargeRefunded":
        assert told.refund_id == "ref_1"


@pytest.mark.parametrize(
    ("command", "operation"),
    [(capture(), "capture"), (VOID, "void"), (REFUND, "refund"), (EVIDENCE, "evidence")],
)
async def test_an_operation_that_did_not_get_through_may_be_repeated(
    command: Message, operation: str
) -> None:
    told = (await answered(gateway(Scripted(*DOWN)), command)).data

    assert (told.operation, told.failure_code, told.retryable) == (operation, "network_error", True)


@pytest.mark.parametrize(
    ("outcome", "names"),
    [("", ["EvidenceSubmitted"]), ("lost", ["EvidenceSubmitted", "CloseChargeback"])],
)
async def test_evidence_is_told_with_the_verdict_if_there_is_one(
    outcome: Any, names: list[str]
) -> None:
    effect = gateway(Scripted(Taken(outcome))).effects["SubmitEvidence"]

    told = [
        events.decode(item.value, record_timestamp_ms=0)
        for item in await effect(delivered(EVIDENCE))
    ]

    assert [envelope.event_type for envelope in told] == names
    assert len({envelope.event_id for envelope in told}) == len(names)
    if outcome:
        assert (told[-1].data.outcome, told[-1].data.chargeback_reference) == (outcome, "cb_1")


@pytest.mark.parametrize("command", [capture(), VOID, REFUND, EVIDENCE])
async def test_an_operation_that_was_refused_is_not_repeated(command: Message) -> None:
    told = (await answered(gateway(Scripted(Refused(Code.CHARGE_EXPIRED))), command)).data

    assert (told.failure_code, told.retryable) == ("charge_expired", False)


async def test_an_operation_is_tried_three_times() -> None:
    provider = Scripted(CUT_OFF, CUT_OFF, Done(5_000))

    assert (await answered(gateway(provider), capture())).event_type == "ChargeCaptured"
    assert provider.asked == ["capture"] * 3


# --- ids, turns, bounds ----------------------------------------------------------------------


async def test_a_repeat_tells_the_very_same_event() -> None:
    for command in (process(), capture()):
        first = await answered(gateway(SimulatedProvider("stripe")), command)
        again = await answered(gateway(SimulatedProvider("stripe")), command)
        other = await answered(gateway(SimulatedProvider("stripe")), command, event_id="evt_2")

        assert first == again
        assert first.event_id != other.event_id
        assert (first.causation_id, first.correlation_id) == ("evt_1", "saga")


async def test_calls_of_one_payment_follow_each_other() -> None:
    gate = asyncio.Event()
    provider = Scripted(gate, Done(5_000))
    spec = gateway(provider)
    first = asyncio.create_task(answered(spec, process()))
    second = asyncio.create_task(answered(spec, capture()))
    for _ in range(100):
        await asyncio.sleep(0)
    assert provider.asked == ["charge"]

    gate.set()

    assert [(await task).event_type for task in (first, second)] == [
        "StripeChargeSucceeded",
        "ChargeCaptured",
    ]
    assert provider.running_max == 1


async def test_calls_of_many_payments_are_under_way_at_once() -> None:
    gate = asyncio.Event()
    provider = Scripted(*(gate,) * 50)
    spec = gateway(provider)
    tasks = [asyncio.create_task(answered(spec, process(f"pay_{number}"))) for number in range(50)]
    for _ in range(100):
        await asyncio.sleep(0)

    gate.set()
    await asyncio.gather(*tasks)

    assert provider.running_max == 50


async def test_a_turn_that_is_cancelled_lets_the_next_one_wait_for_those_before() -> None:
    turns, log = Turns(), []

    async def take(name: str, gate: asyncio.Event) -> None:
        async with turns.of("pay_1"):
            log.append(name)
            await gate.wait()

    gate = asyncio.Event()
    tasks = [asyncio.create_task(take(name, gate)) for name in "abc"]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.sleep(0)
    assert log == ["a"]

    gate.set()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert (log, len(turns)) == (["a", "c"], 0)


def test_an_effect_may_run_as_long_as_its_calls_may_take() -> None:
    spec = gateway_effect({"stripe": Scripted()}, PaymentRules())

    assert spec.timeout_s == 102
    assert (spec.topic, spec.by) == (PAYMENTS_COMMANDS, "paymentId")


def test_every_code_of_a_provider_has_a_reason() -> None:
    assert {code.value for code in Code} <= set(REASONS)
