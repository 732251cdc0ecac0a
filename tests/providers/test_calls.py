"""How a provider is called: a few times, a second apart, and never blindly twice."""

from typing import Any

import pytest

from providers.calls import CallRules, Line, ProviderDown
from providers.health import HealthRules
from providers.payments import (
    Charged,
    ChargeRequest,
    Code,
    Done,
    OutcomeUnknown,
    ProviderUnreachable,
    Refused,
    VoidRequest,
)
from tests.providers.fakes import FINE, HANGS, Clock, Scripted

REQUEST = ChargeRequest("pay_1:1", "pay_1", 5_000, "USD", "credit_card", "tok", capture=False)
DECLINED = Refused(Code.CARD_DECLINED)
UNREACHABLE = ProviderUnreachable("refused")
CUT_OFF = OutcomeUnknown("cut off")


def line(*answers: Any, **rules: Any) -> tuple[Line, Scripted, Clock]:
    provider, clock = Scripted(*answers), Clock()
    return Line(provider, CallRules(**rules), clock, clock.sleep), provider, clock


@pytest.mark.parametrize(
    ("answers", "asked", "result"),
    [
        ((FINE,), ["charge"], FINE),
        ((DECLINED,), ["charge"], DECLINED),
        ((UNREACHABLE, None, FINE), ["charge", "find", "charge"], FINE),
        ((CUT_OFF, FINE), ["charge", "find"], FINE),
        ((CUT_OFF, DECLINED), ["charge", "find"], DECLINED),
        ((CUT_OFF, UNREACHABLE, FINE), ["charge", "find", "find"], FINE),
        ((CUT_OFF, None, CUT_OFF, FINE), ["charge", "find", "charge", "find"], FINE),
        ((UNREACHABLE, None) * 3, ["charge", "find"] * 3, "network_error"),
        ((CUT_OFF,) * 4, ["charge", "find", "find", "find"], "unknown"),
    ],
)
async def test_a_charge_is_asked_about_before_it_is_made_again(
    answers: tuple[Any, ...], asked: list[str], result: Any
) -> None:
    calls, provider, _ = line(*answers)

    try:
        got: Any = await calls.charge(REQUEST)
    except OutcomeUnknown:
        got = "unknown"

    assert provider.asked == asked
    assert (got.code if result == "network_error" else got) == result


async def test_a_charge_that_was_never_seen_failed_for_certain() -> None:
    calls, provider, _ = line(CUT_OFF, CUT_OFF, CUT_OFF, None)

    answer = await calls.charge(REQUEST)

    assert provider.asked == ["charge", "find", "find", "find"]
    assert isinstance(answer, Refused)
    assert answer.code == Code.NETWORK_ERROR


async def test_tries_are_a_second_apart() -> None:
    calls, _, clock = line(*(UNREACHABLE, None) * 3)

    await calls.charge(REQUEST)

    assert clock.slept == [1.0, 1.0]


async def test_a_call_that_takes_too_long_is_cut_off() -> None:
    calls, provider, _ = line(HANGS, FINE, call_ms=5)

    assert await calls.charge(REQUEST) == FINE
    assert provider.asked == ["charge", "find"]


async def test_an_operation_is_repeated_because_its_key_makes_that_harmless() -> None:
    calls, provider, clock = line(CUT_OFF, UNREACHABLE, Done())

    answer = await calls.call(lambda: provider.void(VoidRequest("k", "ch_1", "why")))

    assert answer == Done()
    assert clock.slept == [1.0, 1.0]


async def test_an_operation_that_never_gets_through_raises_the_last_error() -> None:
    calls, provider, _ = line(CUT_OFF, CUT_OFF, UNREACHABLE)

    with pytest.raises(ProviderUnreachable):
        await calls.call(lambda: provider.void(VoidRequest("k", "ch_1", "why")))


async def test_a_provider_that_counts_as_down_is_not_called() -> None:
    calls, provider, clock = line(UNREACHABLE, UNREACHABLE, health=HealthRules(errors_max=2))
    with pytest.raises(OutcomeUnknown):
        await calls.charge(REQUEST)
    assert not calls.takes_calls()

    with pytest.raises(ProviderDown):
        await calls.call(lambda: provider.void(VoidRequest("k", "ch_1", "why")))

    assert provider.asked == ["charge", "find"]
    clock.ms += 30_000
    assert calls.takes_calls()


async def test_a_call_that_takes_too_long_counts_against_its_provider() -> None:
    calls, _, _ = line(HANGS, FINE, FINE, call_ms=5, health=HealthRules(errors_max=1))

    with pytest.raises(OutcomeUnknown):
        await calls.charge(REQUEST)

    assert not calls.takes_calls()


async def test_an_answer_keeps_its_provider_up() -> None:
    calls, _, _ = line(UNREACHABLE, FINE, UNREACHABLE, FINE, health=HealthRules(errors_max=2))

    for _ in range(2):
        assert await calls.charge(REQUEST) == FINE

    assert calls.takes_calls()


async def test_a_refusal_is_an_answer_not_an_error() -> None:
    calls, _, _ = line(*(DECLINED,) * 6)
    for _ in range(6):
        await calls.charge(REQUEST)

    assert calls.takes_calls()


async def test_looking_for_a_charge_makes_none() -> None:
    calls, provider, _ = line(UNREACHABLE, Charged("ch_1", 1))

    assert await calls.find(REQUEST) == Charged("ch_1", 1)
    assert provider.asked == ["find", "find"]


def test_the_longest_charge_is_known() -> None:
    assert CallRules(tries_max=3, backoff_ms=1_000, call_ms=5_000).charge_ms_max == 51_000
