"""Stripe behind the protocol of providers: against one with a memory, and its own mock's schema."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from broker.ports import free_ports
from providers.calls import CallRules, Line
from providers.payments import (
    Accepted,
    CaptureRequest,
    Charged,
    ChargeRequest,
    Code,
    Done,
    EvidenceRequest,
    OutcomeUnknown,
    ProviderUnreachable,
    RefundRequest,
    Refused,
    Taken,
    VoidRequest,
)
from providers.stripe import StripeProvider
from providers.stripe_answers import CARD_CODES
from streams.payments.declines import REASONS
from tests.providers.fakes import Clock
from tests.providers.stripe_server import StripeServer
from tests.tools import tool

AMOUNT = 5_000
VISA = "pm_card_visa"
MOCK = "github.com/stripe/stripe-mock@v0.197.0"
BIN = Path(__file__).parents[2] / "var" / "bin"
STARTS_S_MAX = 60.0


def asked(
    key: str = "pay_1:1", token: str | None = VISA, *, capture: bool = False
) -> ChargeRequest:
    return ChargeRequest(key, "pay_1", AMOUNT, "USD", "credit_card", token, capture)


def refunding(charge_id: str, amount_minor: int = 1_000, key: str = "ref_1") -> RefundRequest:
    return RefundRequest(key, charge_id, key, amount_minor, "USD")


def evidence(charge_id: str, dispute_id: str) -> EvidenceRequest:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return EvidenceRequest(
        f"{dispute_id}:evidence", charge_id, "ord_1", dispute_id, "UPS", "1Z9", at, None, "Ann"
    )


@pytest.fixture
def server() -> StripeServer:
    return StripeServer()


@pytest.fixture
async def provider(server: StripeServer) -> AsyncIterator[StripeProvider]:
    async with TestServer(server.app()) as site:
        stripe = StripeProvider("sk_test_1", url=str(site.make_url("")).rstrip("/"), timeout_s=5)
        yield stripe
        await stripe.close()


async def charged(provider: StripeProvider, request: ChargeRequest) -> str:
    answer = await provider.charge(request)
    assert isinstance(answer, Charged)
    return answer.charge_id


async def captured(provider: StripeProvider) -> str:
    charge_id = await charged(provider, asked())
    done = await provider.capture(CaptureRequest("pay_1:1:capture", charge_id, AMOUNT, "USD"))
    assert done == Done(AMOUNT)
    return charge_id


# --- charges ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("capture", "status"), [(False, "requires_capture"), (True, "succeeded")])
async def test_money_is_held_or_taken(
    provider: StripeProvider,
    server: StripeServer,
    capture: bool,  # noqa: FBT001 - a parameter of pytest
    status: str,
) -> None:
    charge_id = await charged(provider, asked(capture=capture))

    assert server.intents[charge_id]["status"] == status
    assert server.intents[charge_id]["metadata"] == {"paymentId": "pay_1", "key": "pay_1:1"}


async def test_a_saved_card_pays_renewal_after_renewal(
    provider: StripeProvider, server: StripeServer
) -> None:
    server.owners["pm_saved"] = "cus_1"

    for key in ("sub_1_2026_01", "sub_1_2026_02"):
        await charged(provider, asked(key, "pm_saved", capture=True))

    assert len(server.intents) == 2


async def test_a_card_that_nobody_saved_pays_once(provider: StripeProvider) -> None:
    await charged(provider, asked("pay_1", "pm_once", capture=True))

    again = await provider.charge(asked("pay_2", "pm_once", capture=True))

    assert again == Refused(Code.CARD_DECLINED, "may not be used again")


async def test_a_repeat_makes_no_second_charge(
    provider: StripeProvider, server: StripeServer
) -> None:
    first, second = await provider.charge(asked()), await provider.charge(asked())

    assert first == second
    assert len(server.intents) == 1


async def test_whatever_moves_money_is_asked_for_under_its_own_key(
    provider: StripeProvider, server: StripeServer
) -> None:
    taken, held = await captured(provider), await charged(provider, asked("pay_1:2"))
    await provider.void(VoidRequest("pay_1:2:void", held, "x"))
    await provider.refund(refunding(taken))
    await provider.submit_evidence(evidence(taken, server.dispute(taken)["id"]))

    assert server.keys == [
        ("payment_intents", "pay_1:1"),
        ("confirm", "pay_1:1:confirm"),
        ("capture", "pay_1:1:capture"),
        ("payment_intents", "pay_1:2"),
        ("confirm", "pay_1:2:confirm"),
        ("cancel", "pay_1:2:void"),
        ("refunds", "ref_1"),
        ("du_1", "du_1:evidence"),
    ]


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("pm_card_visa_chargeDeclined", Code.CARD_DECLINED),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", Code.INSUFFICIENT_FUNDS),
        ("pm_card_chargeDeclinedExpiredCard", Code.EXPIRED_CARD),
        ("pm_card_chargeDeclinedStolenCard", Code.STOLEN_CARD),
        ("pm_card_chargeDeclinedProcessingError", Code.PROCESSING_ERROR),
        ("pm_card_authenticationRequired", Code.AUTHENTICATION_REQUIRED),
        ("tok_unknown", Code.INVALID_PAYMENT_METHOD),
        (None, Code.INVALID_PAYMENT_METHOD),
    ],
)
async def test_a_refusal_is_told_in_our_words(
    provider: StripeProvider, token: str | None, code: Code
) -> None:
    answer = await provider.charge(asked(token=token))
    found = await provider.find(asked(token=token))

    assert isinstance(answer, Refused)
    assert answer.code == code
    if answer.charge_id:
        assert isinstance(found, Refused)
        assert (found.code, found.charge_id) == (code, answer.charge_id)


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
async def test_money_that_is_not_counted_in_hundredths_is_never_charged(
    provider: StripeProvider, server: StripeServer, currency: str
) -> None:
    request = ChargeRequest(
        "pay_1:1", "pay_1", AMOUNT, currency, "credit_card", VISA, capture=False
    )

    answer = await provider.charge(request)

    assert isinstance(answer, Refused)
    assert answer.code == Code.CURRENCY_NOT_SUPPORTED
    assert await provider.find(request) is None
    assert server.calls == []


async def test_less_than_stripe_charges_is_refused_in_its_words(provider: StripeProvider) -> None:
    request = ChargeRequest("pay_1:1", "pay_1", 30, "USD", "credit_card", VISA, capture=False)

    answer = await provider.charge(request)

    assert answer == Refused(Code.AMOUNT_TOO_SMALL, "Amount must be at least $0.50 usd", "")


def test_every_code_of_a_card_has_a_reason() -> None:
    assert {code.value for code in CARD_CODES.values()} <= set(REASONS)


@pytest.mark.parametrize(("word", "code"), CARD_CODES.items())
def test_a_webhook_with_stripes_own_word_means_what_the_answer_means(word: str, code: Code) -> None:
    assert REASONS[word] == REASONS[code]


# --- outcomes that are not known -------------------------------------------------------------


@pytest.mark.parametrize("when", ["before", "after", "within"])
@pytest.mark.parametrize("call", ["payment_intents", "confirm"])
async def test_a_call_that_is_cut_off_charges_once(
    provider: StripeProvider, server: StripeServer, call: str, when: str
) -> None:
    server.cut_off[call] = when
    clock = Clock()
    line = Line(provider, CallRules(backoff_ms=0), clock, clock.sleep)

    answer = await line.charge(asked())

    assert isinstance(answer, Charged)
    assert len(server.intents) == 1
    confirmed = [i for i in server.intents.values() if i["status"] == "requires_capture"]
    assert len(confirmed) == 1


@pytest.mark.parametrize("when", ["after", "within"])
async def test_a_cut_off_call_is_not_taken_for_a_refusal(
    provider: StripeProvider, server: StripeServer, when: str
) -> None:
    server.cut_off["confirm"] = when

    with pytest.raises(OutcomeUnknown):
        await provider.charge(asked())

    assert isinstance(await provider.find(asked()), Charged)


async def test_who_only_asks_never_charges(provider: StripeProvider, server: StripeServer) -> None:
    assert await provider.find(asked()) is None

    (intent,) = server.intents.values()
    assert intent["status"] == "requires_confirmation"


# --- keys that Stripe forgot -----------------------------------------------------------------


@pytest.mark.parametrize("token", [VISA, "pm_once", None])
async def test_a_charge_is_found_when_its_key_is_forgotten(
    provider: StripeProvider, server: StripeServer, token: str | None
) -> None:
    first = await provider.charge(asked(token=token or VISA, capture=True))
    server.let_a_day_pass()

    found = await provider.find(asked(token=token, capture=True))

    assert found == first
    assert [one["status"] for one in server.intents.values()].count("succeeded") == 1


async def test_a_refusal_is_found_when_its_key_is_forgotten(
    provider: StripeProvider, server: StripeServer
) -> None:
    declined = asked(token="pm_card_visa_chargeDeclined")
    first = await provider.charge(declined)
    server.let_a_day_pass()

    assert await provider.find(declined) == first


async def test_what_was_never_confirmed_is_charged_once_however_often_its_key_is_forgotten(
    provider: StripeProvider, server: StripeServer
) -> None:
    for _ in range(2):
        assert await provider.find(asked()) is None
        server.let_a_day_pass()

    charge_id = await charged(provider, asked())
    server.let_a_day_pass()
    found = await provider.find(asked())

    assert found == Charged(charge_id, AMOUNT)


async def test_a_charge_is_found_however_often_it_was_asked_about(
    provider: StripeProvider, server: StripeServer
) -> None:
    first = await provider.charge(asked())

    for _ in range(12):
        server.let_a_day_pass()
        assert await provider.find(asked()) == first


async def test_only_the_very_key_is_searched_for(
    provider: StripeProvider, server: StripeServer
) -> None:
    odd = 'Pay "1"\\:1'
    charge_id = await charged(provider, asked(odd))
    server.let_a_day_pass()

    assert await provider.find(asked(odd)) == Charged(charge_id, AMOUNT)
    assert await provider.find(asked(odd.lower())) is None
    assert await provider.find(replace(asked(odd), payment_id="pay_2", token=None)) is None


async def test_where_stripe_does_not_search_an_old_charge_stays_unknown(
    provider: StripeProvider, server: StripeServer
) -> None:
    await charged(provider, asked())
    server.let_a_day_pass()
    server.searches = False

    with pytest.raises(OutcomeUnknown):
        await provider.find(asked())


@pytest.mark.parametrize("token", [VISA, "pm_card_visa_chargeDeclined"])
async def test_where_stripe_does_not_search_what_a_key_tells_is_enough(
    provider: StripeProvider, server: StripeServer, token: str
) -> None:
    server.searches = False

    first = await provider.charge(asked(token=token))

    assert await provider.find(asked(token=token)) == first


async def test_a_refund_is_made_once_also_when_its_key_is_forgotten(
    provider: StripeProvider, server: StripeServer
) -> None:
    charge_id = await captured(provider)
    first = await provider.refund(refunding(charge_id))
    server.let_a_day_pass()

    for number in range(12):
        await provider.refund(refunding(charge_id, 1, f"ref_later_{number}"))

    assert await provider.refund(refunding(charge_id)) == first == Done(1_000)
    assert len(server.refunds) == 13


async def test_a_capture_whose_key_is_forgotten_takes_no_more(
    provider: StripeProvider, server: StripeServer
) -> None:
    charge_id = await captured(provider)
    server.let_a_day_pass()

    again = await provider.capture(CaptureRequest("pay_1:1:capture", charge_id, AMOUNT, "USD"))

    assert isinstance(again, Refused)
    assert again.code == Code.ALREADY_CAPTURED


@pytest.mark.parametrize(
    ("status", "code"),
    [("requires_action", Code.AUTHENTICATION_REQUIRED), ("canceled", Code.CHARGE_EXPIRED)],
)
async def test_a_charge_that_stopped_on_its_way_is_found_as_refused(
    provider: StripeProvider, server: StripeServer, status: str, code: Code
) -> None:
    charge_id = await charged(provider, asked())
    server.intents[charge_id]["status"] = status

    found = await provider.find(asked())

    assert isinstance(found, Refused)
    assert (found.code, found.charge_id) == (code, charge_id)


async def test_a_charge_that_stripe_itself_does_not_know_of_yet_is_not_known(
    provider: StripeProvider, server: StripeServer
) -> None:
    charge_id = await charged(provider, asked())
    server.intents[charge_id]["status"] = "processing"

    with pytest.raises(OutcomeUnknown):
        await provider.find(asked())


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, OutcomeUnknown), (429, ProviderUnreachable), (401, ProviderUnreachable)],
)
async def test_an_answer_that_says_nothing_is_an_error(
    provider: StripeProvider, server: StripeServer, status: int, error: type[Exception]
) -> None:
    server.status = status

    with pytest.raises(error):
        await provider.charge(asked())

    assert server.calls.count("payment_intents") == 1, "who asks decides whether to ask again"


async def test_a_server_that_is_not_there_was_not_reached() -> None:
    stripe = StripeProvider("sk_test_1", url="http://127.0.0.1:1")

    with pytest.raises(ProviderUnreachable):
        await stripe.charge(asked())
    await stripe.close()


# --- what follows ----------------------------------------------------------------------------


async def test_a_sequence_from_hold_to_refund_to_the_books(
    provider: StripeProvider, server: StripeServer
) -> None:
    charge_id = await captured(provider)

    assert await provider.refund(refunding(charge_id)) == Done(1_000)
    assert await provider.refund(refunding(charge_id)) == Done(1_000)
    assert await provider.books([charge_id, "pi_none"]) == {charge_id: (AMOUNT, 1_000)}
    assert len(server.refunds) == 1
    assert server.refunds[0]["metadata"] == {"refundId": "ref_1"}


async def test_what_a_capture_of_less_let_go_is_no_refund_in_the_books(
    provider: StripeProvider, server: StripeServer
) -> None:
    charge_id = await charged(provider, asked())
    await provider.capture(CaptureRequest("pay_1:1:capture", charge_id, 3_000, "USD"))

    before = await provider.books([charge_id])
    await provider.refund(refunding(charge_id))

    assert [one["amount"] for one in server.refunds] == [AMOUNT - 3_000, 1_000]
    assert before == {charge_id: (3_000, 0)}
    assert await provider.books([charge_id]) == {charge_id: (3_000, 1_000)}


async def test_what_a_capture_of_less_let_go_is_told_from_refunds(
    provider: StripeProvider, server: StripeServer
) -> None:
    less, whole = await charged(provider, asked()), await charged(provider, asked("pay_2:1"))
    await provider.capture(CaptureRequest("pay_1:1:capture", less, 3_000, "USD"))
    await provider.capture(CaptureRequest("pay_2:1:capture", whole, AMOUNT, "USD"))
    await provider.refund(refunding(less, AMOUNT - 3_000))
    await provider.refund(refunding(whole, 1_000, "ref_2"))
    for number in range(12):
        await provider.refund(refunding(less, 1, f"ref_later_{number}"))

    found = [await provider.is_let_go(one["payment_intent"], one["id"]) for one in server.refunds]

    assert found == [True] + [False] * 14
    assert not await provider.is_let_go("pi_none", "re_1")


async def test_a_refund_on_its_way_ends_when_stripe_says_so(
    provider: StripeProvider, server: StripeServer
) -> None:
    charge_id = await captured(provider)
    server.refund_status = "pending"

    assert await provider.refund(refunding(charge_id)) == Accepted()
    assert await provider.find_refund(refunding(charge_id)) == Accepted()
    server.refunds[0]["status"] = "succeeded"
    assert await provider.refund(refunding(charge_id)) == Done(1_000), (
        "a repeat is told how it ended"
    )
    assert await provider.find_refund(refunding(charge_id)) == Done(1_000)
    server.refunds[0] |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    failed = await provider.find_refund(refunding(charge_id))
    server.refunds[0] |= {"status": "canceled", "failure_reason": None}
    cancelled = await provider.find_refund(refunding(charge_id))

    assert failed == Refused(Code.REFUND_REFUSED, "expired_or_canceled_card", charge_id)
    assert cancelled == Refused(Code.REFUND_REFUSED, "", charge_id)
    assert len(server.refunds) == 1


async def test_a_refund_that_never_was_is_not_found(provider: StripeProvider) -> None:
    charge_id = await captured(provider)
    await provider.refund(refunding(charge_id, key="ref_other"))

    other = RefundRequest("k", charge_id, "ref_unknown", 1_000, "USD")
    assert await provider.find_refund(other) is None
    unknown = await provider.find_refund(refunding("pi_none"))
    assert isinstance(unknown, Refused)
    assert unknown.code == Code.UNKNOWN_CHARGE


async def test_what_was_never_confirmed_or_is_only_held_is_nothing_in_the_books(
    provider: StripeProvider, server: StripeServer
) -> None:
    await provider.find(asked())
    (intent_id,) = server.intents
    held = await charged(provider, asked("pay_1:2"))

    assert await provider.books([intent_id, held]) == {intent_id: (0, 0), held: (0, 0)}


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        ("captured", Code.ALREADY_CAPTURED),
        ("voided", Code.CHARGE_EXPIRED),
        ("", Code.UNKNOWN_CHARGE),
    ],
)
async def test_a_capture_that_cannot_be_says_why(
    provider: StripeProvider, prepare: str, code: Code
) -> None:
    charge_id = "pi_none"
    if prepare == "captured":
        charge_id = await captured(provider)
    elif prepare == "voided":
        charge_id = await charged(provider, asked())
        await provider.void(VoidRequest("pay_1:1:void", charge_id, "x"))

    answer = await provider.capture(CaptureRequest("other", charge_id, AMOUNT, "USD"))

    assert isinstance(answer, Refused)
    assert answer.code == code


async def test_held_money_is_let_go_once(provider: StripeProvider) -> None:
    charge_id = await charged(provider, asked())
    assert await provider.void(VoidRequest("k1", charge_id, "x")) == Done()

    again = await provider.void(VoidRequest("k2", charge_id, "x"))

    assert isinstance(again, Refused)
    assert again.code == Code.ALREADY_VOIDED


async def test_money_that_is_in_cannot_be_let_go(provider: StripeProvider) -> None:
    answer = await provider.void(VoidRequest("k", await captured(provider), "x"))

    assert isinstance(answer, Refused)
    assert answer.code == Code.ALREADY_CAPTURED


async def test_a_refund_in_a_dispute_or_of_too_much_is_refused(
    provider: StripeProvider, server: StripeServer
) -> None:
    charge_id = await captured(provider)
    too_much = await provider.refund(refunding(charge_id, AMOUNT + 1, "ref_2"))
    server.dispute(charge_id)
    disputed = await provider.refund(refunding(charge_id, 1, "ref_3"))

    assert [getattr(answer, "code", None) for answer in (too_much, disputed)] == [
        Code.REFUND_REFUSED,
        Code.REFUND_REFUSED,
    ]


async def test_evidence_reaches_the_dispute(provider: StripeProvider, server: StripeServer) -> None:
    charge_id = await captured(provider)
    dispute = server.dispute(charge_id)

    assert await provider.submit_evidence(evidence(charge_id, dispute["id"])) == Taken()
    assert dispute["status"] == "under_review"
    assert dispute["evidence"] == {
        "shipping_carrier": "UPS",
        "shipping_tracking_number": "1Z9",
        "uncategorized_text": "Order ord_1 was delivered at 2026-03-01 12:00 UTC. Signed by Ann.",
    }


async def test_evidence_tells_what_is_known_and_no_more(
    provider: StripeProvider, server: StripeServer
) -> None:
    charge_id = await captured(provider)
    dispute = server.dispute(charge_id)
    little = replace(
        evidence(charge_id, dispute["id"]), order_id=None, carrier=None, tracking_number=None,
        delivered_at=None, signed_by=None, proof_url="https://ups.example/1Z9.jpg",
    )  # fmt: skip

    await provider.submit_evidence(little)

    assert dispute["evidence"] == {
        "uncategorized_text": f"Order {charge_id} was delivered. Photo: https://ups.example/1Z9.jpg"
    }


async def test_evidence_for_a_dispute_that_is_over_is_refused_for_good(
    provider: StripeProvider, server: StripeServer
) -> None:
    charge_id = await captured(provider)
    dispute = server.dispute(charge_id)
    dispute["status"] = "lost"

    answer = await provider.submit_evidence(evidence(charge_id, dispute["id"]))

    assert answer == Refused(Code.REFUND_REFUSED, "closed", charge_id)


async def test_the_payment_of_an_intent_is_known(provider: StripeProvider) -> None:
    charge_id = await charged(provider, asked())

    assert await provider.payment_of(charge_id) == "pay_1"
    assert await provider.payment_of("pi_none") is None


# --- Stripe's own mock: every request fits the published schema ------------------------------


def _stripe_mock() -> str:
    """Where stripe-mock is, built on the first use; CI must have it."""
    built = shutil.which("stripe-mock") or shutil.which("stripe-mock", path=str(BIN))
    if built is None and shutil.which("go"):
        env = os.environ | {"GOBIN": str(BIN)}
        subprocess.run(["go", "install", MOCK], check=False, timeout=300, env=env)  # noqa: S607
    return tool("stripe-mock", f"apt-get install golang, or go install {MOCK}", str(BIN))


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + STARTS_S_MAX
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert process.poll() is None, "stripe-mock ended by itself"
        assert time.monotonic() < deadline, "stripe-mock does not listen"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def mock_url() -> Iterator[str]:
    # None that a client could be given before the mock listens.
    [port] = free_ports(1)
    command = [_stripe_mock(), "-http-addr", f"127.0.0.1:{port}", "-https-addr", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=sys.stderr) as process:
        try:
            _wait_for(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture
async def mocked(mock_url: str) -> AsyncIterator[StripeProvider]:
    stripe = StripeProvider("sk_test_123", url=mock_url, timeout_s=10)
    yield stripe
    await stripe.close()


async def test_stripes_mock_takes_every_request(mocked: StripeProvider) -> None:
    found = await mocked.find(asked())
    captures = CaptureRequest("k1", "pi_1", AMOUNT, "USD")

    assert found is None or isinstance(found, Charged | Refused)
    assert isinstance(await mocked.charge(asked()), Charged | Refused)
    assert await mocked.capture(captures) == Done(AMOUNT)
    assert await mocked.void(VoidRequest("k2", "pi_1", "x")) == Done()
    assert isinstance(await mocked.refund(refunding("pi_1")), Done)
    assert await mocked.submit_evidence(evidence("pi_1", "du_1")) == Taken()
    assert set(await mocked.books(["pi_1"]) or ()) == {"pi_1"}


async def test_stripes_mock_refuses_what_its_schema_does_not_have(mock_url: str) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer sk_test_123"}) as session:
        answer = await session.post(f"{mock_url}/v1/refunds", data={"amount": "much"})

    assert answer.status == 400
