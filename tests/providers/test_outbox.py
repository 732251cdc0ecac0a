"""The embedded provider: one message a key, and outcomes by address."""

import pytest

from providers.notifications import ChannelError, Code, Outgoing, Refusal, Taken
from providers.outbox import Outbox


def message(key: str = "k1", *to: str) -> Outgoing:
    return Outgoing(key, to or ("ann@example.com",), "Your order", "Thank you.", "<p>Thanks</p>")


async def test_a_repeat_is_one_message() -> None:
    outbox = Outbox()

    first = await outbox.send(message())
    again = await outbox.send(message())

    (kept,) = outbox.messages()
    assert first == again == Taken("outbox-k1")
    assert kept.sent == 2


async def test_the_oldest_make_room() -> None:
    outbox = Outbox(kept_max=2)

    for key in ("k1", "k2", "k3"):
        await outbox.send(message(key))

    assert [kept.message.key for kept in outbox.messages()] == ["k2", "k3"]


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("hard-bounce@example.com", Code.HARD_BOUNCE),
        ("soft-bounce@example.com", Code.SOFT_BOUNCE),
        ("complaint@example.com", Code.COMPLAINT),
        ("disabled@example.com", Code.NUMBER_DISABLED),
        ("+15550001234", Code.NUMBER_DISABLED),
        ("dead-1", Code.DEAD_TOKEN),
    ],
)
async def test_an_address_decides_what_happens(to: str, code: Code) -> None:
    outbox = Outbox()

    answer = await outbox.send(message("k1", to))

    assert isinstance(answer, Refusal)
    assert answer.code is code
    assert outbox.messages() == ()


async def test_a_flaky_address_takes_the_third_try() -> None:
    outbox = Outbox()
    for _ in range(2):
        with pytest.raises(ChannelError):
            await outbox.send(message("k1", "flaky@example.com"))

    assert isinstance(await outbox.send(message("k1", "flaky@example.com")), Taken)


@pytest.mark.parametrize(("to", "outage"), [("outage@example.com", False), ("ann@x.example", True)])
async def test_in_an_outage_nothing_is_taken(to: str, *, outage: bool) -> None:
    outbox = Outbox()
    outbox.outage = outage

    with pytest.raises(ChannelError):
        await outbox.send(message("k1", to))

    assert outbox.messages() == ()


async def test_tries_are_remembered_within_the_same_bound() -> None:
    outbox = Outbox(kept_max=1)
    for key in ("k1", "k1", "k2", "k1"):
        with pytest.raises(ChannelError):
            await outbox.send(message(key, "flaky@example.com"))

    assert len(outbox._tries) == 1


async def test_a_push_tells_which_devices_are_gone() -> None:
    assert await Outbox().send(message("k1", "dead-1", "live-1")) == Taken("outbox-k1", ("dead-1",))
