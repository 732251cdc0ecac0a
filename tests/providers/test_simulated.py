"""The simulated provider: the token and the attempt decide, and a repeat answers the same."""

import asyncio
from typing import Any

import pytest

from providers.payments import (
    Accepted,
    CaptureRequest,
    Charged,
    ChargeRequest,
    Code,
    Done,
    EvidenceRequest,
    OutcomeUnknown,
    ProviderError,
    ProviderUnreachable,
    RefundRequest,
    Refused,
    Taken,
    VoidRequest,
)
from providers.simulated import (
    LATENCY_TIMES_MAX,
    SCRIPTS,
    SimulatedProvider,
    attempt_of,
    charge_id_of,
)


def asked(token: str | None = None, key: str = "pay_1:1", **told: Any) -> ChargeRequest:
    return ChargeRequest(
        **{
            "key": key,
            "payment_id": "pay_1",
            "amount_minor": 5_000,
            "currency": "USD",
            "method": "credit_card",
            "token": token,
            "capture": False,
            **told,
        }
    )


async def outcome(provider: SimulatedProvider, request: ChargeRequest) -> str:
    """A word for what a charge came to."""
    try:
        answer = await provider.charge(request)
    except ProviderError as error:
        return type(error).__name__
    return "charged" if isinstance(answer, Charged) else answer.code


ALWAYS = {
    "tok_visa": "charged",
    "tok_declined": "card_declined",
    "tok_insufficient": "insufficient_funds",
    "tok_expired": "expired_card",
    "tok_lost": "lost_card",
    "tok_stolen": "stolen_card",
    "tok_fraudulent": "fraudulent",
    "tok_auth_required": "authentication_required",
    "tok_invalid": "invalid_number",
    "tok_rate_limited": "rate_limited",
    "tok_network": "ProviderUnreachable",
    "tok_unknown": "OutcomeUnknown",
    "tok_unknown_declined": "OutcomeUnknown",
    "tok_lost_call": "OutcomeUnknown",
    "tok_silent": "OutcomeUnknown",
    "tok_capture_expired": "charged",
    "tok_refund_refused": "charged",
    "tok_refund_pending": "charged",
    "tok_refund_fails": "charged",
    "tok_misbooked": "charged",
    "tok_dispute_lost": "charged",
    "4242424242424242": "invalid_payment_method",
}
BY_ATTEMPT = {
    "tok_declined_once": ("card_declined", "charged", "charged"),
    "tok_insufficient_once": ("insufficient_funds", "charged", "charged"),
    "tok_insufficient_twice": ("insufficient_funds", "insufficient_funds", "charged"),
    "tok_auth_once": ("authentication_required", "charged", "charged"),
    "tok_network_once": ("ProviderUnreachable", "charged", "charged"),
}


@pytest.mark.parametrize(
    ("token", "words"),
    [*((token, (word,) * 3) for token, word in ALWAYS.items()), *BY_ATTEMPT.items()],
)
async def test_a_token_decides_every_attempt(token: str, words: tuple[str, ...]) -> None:
    provider = SimulatedProvider()

    got = [await outcome(provider, asked(token, f"pay_1:{number}")) for number in (1, 2, 3)]

    assert tuple(got) == words


def test_every_scripted_token_is_tested() -> None:
    assert set(SCRIPTS) <= set(ALWAYS) | set(BY_ATTEMPT)


async def test_a_charge_without_a_token_goes_through() -> None:
    assert await outcome(SimulatedProvider(), asked(None)) == "charged"


async def test_a_repeat_gets_the_same_charge_from_any_process() -> None:
    first, second = SimulatedProvider(), SimulatedProvider()

    assert (
        await first.charge(asked()) == await second.charge(asked()) == await first.charge(asked())
    )


async def test_two_keys_make_two_charges_and_two_providers_too() -> None:
    ids = {charge_id_of("simulated", "pay_1:1"), charge_id_of("simulated", "pay_1:2")}
    ids.add(charge_id_of("paypal", "pay_1:1"))

    assert len(ids) == 3


@pytest.mark.parametrize(
    ("token", "found"),
    [
        ("tok_unknown", Charged(charge_id_of("simulated", "pay_1:1"), 5_000)),
        ("tok_lost_call", None),
        ("tok_network", None),
        ("tok_visa", None),
    ],
)
async def test_asked_afterwards_the_provider_tells_what_became_of_a_call(
    token: str, found: Charged | None
) -> None:
    assert await SimulatedProvider().find(asked(token)) == found


async def test_a_refusal_that_was_cut_off_is_told_when_asked() -> None:
    found = await SimulatedProvider().find(asked("tok_unknown_declined"))

    assert isinstance(found, Refused)
    assert found.code == Code.CARD_DECLINED


async def test_a_silent_provider_cannot_be_asked() -> None:
    with pytest.raises(OutcomeUnknown):
        await SimulatedProvider().find(asked("tok_silent"))


async def test_in_an_outage_no_call_gets_through() -> None:
    provider = SimulatedProvider()
    provider.outage = True

    for call in (
        provider.charge(asked()),
        provider.find(asked()),
        provider.capture(CaptureRequest("k", "ch_1", 1, "USD")),
        provider.void(VoidRequest("k", "ch_1", "why")),
        provider.refund(RefundRequest("k", "ch_1", "ref_1", 1, "USD")),
    ):
        with pytest.raises(ProviderUnreachable):
            await call


async def test_marked_charges_fail_later() -> None:
    provider = SimulatedProvider()
    capture = await provider.charge(asked("tok_capture_expired"))
    refund = await provider.charge(asked("tok_refund_refused"))
    assert isinstance(capture, Charged)
    assert isinstance(refund, Charged)

    refused = [
        await provider.capture(CaptureRequest("k", capture.charge_id, 5_000, "USD")),
        await provider.refund(RefundRequest("k", refund.charge_id, "r", 5_000, "USD")),
    ]

    assert [a.code for a in refused if isinstance(a, Refused)] == [
        Code.CHARGE_EXPIRED,
        Code.REFUND_REFUSED,
    ]
    assert await provider.capture(CaptureRequest("k", refund.charge_id, 5, "USD")) == Done(5)


async def test_about_the_share_asked_for_is_declined_and_always_the_same() -> None:
    provider = SimulatedProvider(decline_rate=0.2, seed="a")
    requests = [asked(key=f"pay_{number}:1") for number in range(500)]

    first = [await outcome(provider, request) for request in requests]
    again = [await outcome(SimulatedProvider(decline_rate=0.2, seed="a"), r) for r in requests]
    other = [await outcome(SimulatedProvider(decline_rate=0.2, seed="b"), r) for r in requests]

    declined = len(requests) - first.count("charged")
    assert 70 <= declined <= 130
    assert first == again != other
    assert set(first) == {"charged", "card_declined", "insufficient_funds", "expired_card"}


async def test_latency_is_about_what_was_asked_for_and_bounded() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    provider = SimulatedProvider(latency_ms=100, sleep=sleep)
    for number in range(400):
        await provider.charge(asked(key=f"pay_{number}:1"))

    assert 0.09 <= sum(slept) / len(slept) <= 0.11
    assert 0.05 <= min(slept) <= max(slept) <= 0.1 * LATENCY_TIMES_MAX
    assert len(set(slept)) > 300


async def test_without_latency_nothing_gives_way() -> None:
    done: list[str] = []

    async def other() -> None:
        done.append("other")

    task = asyncio.create_task(other())
    await SimulatedProvider().charge(asked())

    assert done == []
    await task


@pytest.mark.parametrize(
    ("key", "attempt"),
    [
        ("pay_1:1", 1),
        ("pay_1:3", 3),
        ("3f2c", 1),
        ("a:b:12", 12),
        ("sub_1_2025_02", 1),
        ("sub_1_2025_02_2", 2),
        ("sub_1_2025_02_14", 1),
        ("sub_1_2025_02_14_4", 4),
    ],
)
def test_the_attempt_stands_behind_the_last_colon_or_a_renewals_period(
    key: str, attempt: int
) -> None:
    assert attempt_of(key) == attempt


# --- books -----------------------------------------------------------------------------------


async def charged(provider: SimulatedProvider, key: str = "pay_1:1", **told: Any) -> str:
    answer = await provider.charge(asked(key=key, **told))
    assert isinstance(answer, Charged)
    return answer.charge_id


async def test_no_books_are_kept_unless_asked_for() -> None:
    provider = SimulatedProvider()
    await charged(provider)

    assert provider.ledger() == ()


async def test_books_show_what_is_held_taken_and_given_back() -> None:
    provider = SimulatedProvider(ledger_charges_max=10)
    charge = await charged(provider)
    (entry,) = provider.ledger()
    assert (entry.held_minor, entry.captured_minor) == (5_000, 0)

    await provider.capture(CaptureRequest("c", charge, 5_000, "USD"))
    await provider.refund(RefundRequest("r1", charge, "r1", 2_000, "USD"))
    await provider.refund(RefundRequest("r1", charge, "r1", 2_000, "USD"))

    assert (entry.held_minor, entry.captured_minor, entry.refunded_minor) == (0, 5_000, 2_000)


async def test_books_take_no_money_twice_and_none_after_a_void() -> None:
    provider = SimulatedProvider(ledger_charges_max=10)
    kept, let_go = await charged(provider), await charged(provider, "pay_2:1")
    capture = CaptureRequest("c", kept, 5_000, "USD")

    answers = [
        await provider.capture(CaptureRequest("c0", kept, 5_001, "USD")),
        await provider.capture(capture),
        await provider.capture(capture),
        await provider.capture(CaptureRequest("c2", kept, 5_000, "USD")),
        await provider.void(VoidRequest("v", kept, "why")),
        await provider.void(VoidRequest("v", let_go, "why")),
        await provider.void(VoidRequest("v2", let_go, "why")),
        await provider.capture(CaptureRequest("c", let_go, 5_000, "USD")),
        await provider.refund(RefundRequest("r", kept, "r", 5_001, "USD")),
        await provider.refund(RefundRequest("r", "ch_unknown", "r", 1, "USD")),
        await provider.refund(RefundRequest("r1", kept, "r1", 5_000, "USD")),
    ]

    assert answers == [
        Refused(Code.AMOUNT_TOO_LARGE),
        Done(5_000),
        Done(5_000),
        Refused(Code.ALREADY_CAPTURED),
        Refused(Code.ALREADY_CAPTURED),
        Done(),
        Refused(Code.ALREADY_VOIDED),
        Refused(Code.CHARGE_EXPIRED),
        Refused(Code.AMOUNT_TOO_LARGE),
        Refused(Code.UNKNOWN_CHARGE),
        Done(5_000),
    ]
    assert [entry.held_minor for entry in provider.ledger()] == [0, 0]


async def test_a_charge_that_is_asked_for_again_is_booked_as_it_was() -> None:
    provider = SimulatedProvider(ledger_charges_max=10)
    await provider.capture(CaptureRequest("c", await charged(provider), 4_000, "USD"))

    await charged(provider)

    (entry,) = provider.ledger()
    assert (entry.captured_minor, entry.captures) == (4_000, 1)


async def test_books_keep_the_newest_charges() -> None:
    provider = SimulatedProvider(ledger_charges_max=2)
    ids = [await charged(provider, f"pay_{number}:1") for number in range(3)]

    assert [entry.charge_id for entry in provider.ledger()] == ids[1:]


async def test_money_taken_at_once_is_booked_as_taken() -> None:
    provider = SimulatedProvider(ledger_charges_max=2)
    await charged(provider, capture=True)

    (entry,) = provider.ledger()
    assert (entry.held_minor, entry.captured_minor) == (0, 5_000)


async def test_books_never_hold_a_token() -> None:
    provider = SimulatedProvider(ledger_charges_max=2)
    await provider.charge(asked("tok_of_a_customer"))

    assert "tok_of_a_customer" not in repr(provider.ledger())


@pytest.mark.parametrize(("token", "outcome"), [("tok_visa", "won"), ("tok_dispute_lost", "lost")])
async def test_the_bank_decides_by_the_token(token: str, outcome: str) -> None:
    provider = SimulatedProvider()
    charge = await provider.charge(asked(token))
    assert isinstance(charge, Charged)

    evidence = EvidenceRequest("k", charge.charge_id, None, "cb_1", None, None, None, None, None)

    assert await provider.submit_evidence(evidence) == Taken(outcome)


@pytest.mark.parametrize(
    ("token", "end"),
    [
        ("tok_refund_pending", Done(1_000)),
        ("tok_refund_fails", Refused(Code.REFUND_REFUSED, "The refund was refused.")),
        ("tok_visa", Done(1_000)),
    ],
)
@pytest.mark.parametrize("books", [0, 10])
async def test_a_refund_on_its_way_has_ended_when_it_is_asked_about(
    token: str, end: Done | Refused, books: int
) -> None:
    provider = SimulatedProvider(ledger_charges_max=books)
    charged = await provider.charge(asked(token, capture=True))
    assert isinstance(charged, Charged)
    request = RefundRequest("k", charged.charge_id, "ref_1", 1_000, "USD")

    first = await provider.refund(request)
    assert first == (end if token == "tok_visa" else Accepted())
    assert await provider.find_refund(request) == end
    assert await provider.find_refund(request) == end
