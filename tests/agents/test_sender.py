"""Senders: one answer a try, the same for the same try, within the channel's limit."""

import asyncio
import itertools
from typing import Any

import pytest

import events
from agents.pace import Pace
from agents.sender import sender_effect, sender_effects
from engine.records import Record
from engine.specs import Delivery, EffectSpec
from events.envelope import Envelope
from providers.notifications import ChannelError, Code, Messenger, Outgoing, Refusal, Taken
from providers.outbox import Outbox
from streams.notifications.dispatches import dispatch
from streams.notifications.rows import Notification, Status
from streams.notifications.rules import NotificationRules
from streams.notifications.sms import parts
from tests.providers.fakes import Clock
from topics import DISPATCHES, NOTIFICATIONS_EVENTS

AT_MS = 1_750_000_000_000


class Slow:
    """A provider that answers when it is told to, and counts how many wait for it."""

    name = "slow"
    is_outside = True

    def __init__(self, calls_max: int = 100) -> None:
        self.calls_max = calls_max
        self.gate = asyncio.Event()
        self.running = self.running_max = 0

    async def send(self, message: Outgoing) -> Taken | Refusal:
        self.running += 1
        self.running_max = max(self.running, self.running_max)
        await self.gate.wait()
        self.running -= 1
        return Taken()

    async def close(self) -> None:
        """Nothing to let go of."""


def tried(number: int = 1, channel: str = "EMAIL", **told: Any) -> Delivery:
    row = Notification(
        **{
            "notification_id": f"n{number}",
            "user_id": "cus_1",
            "channel": channel,
            "template_id": "inventory-adjusted",
            "priority": "NORMAL",
            "status": Status.SENDING,
            "queued_at_ms": AT_MS - 200,
            "asked_ms": AT_MS - 250,
            "idempotency_key": f"k{number}",
            "cause_id": "evt_1",
            "correlation_id": "saga",
            "template_data": {"product": "Lamp"},
            "to": ("ann@example.com",),
            "attempts": 1,
            **told,
        }
    )
    record = Record("notifications.dev.email", 0, number, AT_MS, b"cus_1", dispatch(row, ""))
    return Delivery(record, "Dispatch", record.value)


def sender(provider: Messenger, channel: str = "EMAIL", **rules: Any) -> EffectSpec:
    clock = Clock()
    return sender_effect(
        channel,
        provider,
        NotificationRules(**rules),
        clock=lambda: AT_MS,
        ticks=clock,
        sleep=clock.sleep,
    )


async def told(spec: EffectSpec, delivery: Delivery) -> Envelope[Any]:
    (item,) = await spec.effects["Dispatch"](delivery)
    assert (item.topic, item.key) == (NOTIFICATIONS_EVENTS, "cus_1")
    return events.decode(item.value, record_timestamp_ms=0)


async def test_an_accepted_message_is_told_with_its_provider_and_latency() -> None:
    answer = await told(sender(Outbox()), tried())

    assert answer.event_type == "NotificationSent"
    assert (answer.data.provider, answer.data.latency_ms, answer.data.attempts) == (
        "outbox",
        250,
        1,
    )
    assert (answer.causation_id, answer.correlation_id) == ("evt_1", "saga")


async def test_a_repeat_tells_the_very_same_event_and_the_next_try_another() -> None:
    spec = sender(Outbox())

    first, again = await told(spec, tried()), await told(spec, tried())
    other, later = await told(spec, tried(2)), await told(spec, tried(attempts=2))

    assert first == again
    assert len({first.event_id, other.event_id, later.event_id}) == 3


@pytest.mark.parametrize(
    ("to", "template", "code"),
    [
        ("hard-bounce@example.com", "inventory-adjusted", "hard_bounce"),
        ("ann@example.com", "nobody-wrote-me", "unknown_template"),
    ],
)
async def test_a_refusal_carries_its_code(to: str, template: str, code: str) -> None:
    answer = await told(sender(Outbox()), tried(to=(to,), template_id=template))

    assert (answer.event_type, answer.data.dead_lettered) == ("NotificationFailed", False)
    assert answer.metadata is not None
    assert answer.metadata["code"] == code


class Talkative(Outbox):
    """A provider whose answers name the address, as mail servers' do."""

    def __init__(self, error: type[Exception] | None) -> None:
        super().__init__()
        self._error = error

    async def send(self, message: Outgoing) -> Taken | Refusal:
        said = f"550 <{message.to[0]}>: user unknown"
        if self._error is not None:
            raise self._error(said)
        return Refusal(Code.HARD_BOUNCE, said)


@pytest.mark.parametrize("error", [None, ChannelError])
async def test_what_a_provider_says_is_told_without_the_address(
    error: type[Exception] | None,
) -> None:
    answer = await told(sender(Talkative(error)), tried())

    assert answer.metadata is not None
    assert answer.metadata["text"] == "550 <a***@***>: user unknown"


async def test_a_provider_that_has_trouble_gives_no_code_so_it_is_tried_again() -> None:
    outbox = Outbox()
    outbox.outage = True

    answer = await told(sender(outbox), tried())

    assert (answer.data.reason, answer.data.attempts) == ("provider_error", 1)
    assert "code" not in (answer.metadata or {})


async def test_a_slow_provider_is_not_waited_for() -> None:
    answer = await told(sender(Slow(), call_s=0.01), tried())

    assert answer.data.reason == "provider_error"


async def test_a_provider_gets_no_more_calls_at_once_than_it_takes() -> None:
    provider = Slow(calls_max=2)
    spec = sender(provider)
    tasks = [asyncio.create_task(told(spec, tried(number))) for number in range(6)]
    for _ in range(100):
        await asyncio.sleep(0)

    provider.gate.set()
    answers = await asyncio.gather(*tasks)

    assert provider.running_max == 2
    assert {answer.event_type for answer in answers} == {"NotificationSent"}


async def test_the_breaker_is_the_channels_own() -> None:
    outbox = Outbox()
    outbox.outage = True
    spec = sender(outbox, breaker_calls_min=2)

    reasons = [(await told(spec, tried(number))).data.reason for number in range(4)]

    assert reasons == ["provider_error", "provider_error", "circuit_open", "circuit_open"]


async def test_a_channel_pauses_once_more_than_half_of_its_calls_fail() -> None:
    outbox = Outbox()
    spec = sender(outbox)

    reasons = []
    for number in range(22):
        outbox.outage = number < 10 or number >= 20
        reasons.append((await told(spec, tried(number))).data)

    assert [one.reason for one in reasons[-2:]] == ["provider_error", "circuit_open"]


async def test_a_refused_address_does_not_count_against_the_channel() -> None:
    spec = sender(Outbox(), breaker_calls_min=2)
    for number in range(5):
        await told(spec, tried(number, to=("hard-bounce@example.com",)))

    assert (await told(spec, tried(9))).event_type == "NotificationSent"


async def test_an_sms_is_cut_to_three_parts_and_ends_in_a_link() -> None:
    outbox = Outbox()
    facts = {"product": "L" * 1000, "orderId": "ord_1"}

    await told(
        sender(outbox, "SMS"), tried(channel="SMS", to=("+442071838750",), template_data=facts)
    )

    (kept,) = outbox.messages()
    assert parts(kept.message.text) == 3
    assert kept.message.text.endswith("https://flowmart.example/o/ord_1")


async def test_a_push_lives_for_a_day_and_the_newest_of_an_order_takes_its_place() -> None:
    outbox = Outbox()
    facts = {"product": "Lamp", "orderId": "ord_1"}

    await told(sender(outbox, "PUSH"), tried(channel="PUSH", to=("live-1",), template_data=facts))

    (kept,) = outbox.messages()
    assert (kept.message.ttl_s, kept.message.collapse_key) == (86_400, "ord_1")


async def test_a_digest_lists_its_messages_and_survives_one_that_cannot_be_written() -> None:
    outbox = Outbox()
    entries = [
        {"templateId": "inventory-adjusted", "data": {"product": "Lamp"}},
        {"templateId": "nobody-wrote-me", "data": {}},
        {"templateId": "inventory-adjusted", "data": {"product": "<b>"}},
    ]

    await told(sender(outbox), tried(template_id="digest", template_data={"entries": entries}))

    (kept,) = outbox.messages()
    assert "Lamp is back in stock.\n" in kept.message.text
    assert "could not be written" in kept.message.text
    assert "&lt;b&gt; is back in stock." in kept.message.html


@pytest.mark.parametrize(("channel", "per_s"), [("EMAIL", 100), ("SMS", 10), ("PUSH", 1_000)])
async def test_a_channel_takes_so_many_a_second(channel: str, per_s: int) -> None:
    clock, provider = Clock(), Slow()
    provider.gate.set()
    spec = sender_effect(channel, provider, NotificationRules(), ticks=clock, sleep=clock.sleep)

    moments = []
    for number in range(4):
        await spec.effects["Dispatch"](tried(number, channel))
        moments.append(clock())

    apart = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert apart == [1_000 // per_s] * 3


async def test_a_limit_is_shared_out_over_partitions() -> None:
    specs = sender_effects(
        {channel: Slow() for channel in ("EMAIL", "SMS", "PUSH")},
        NotificationRules(),
        partitions=4,
    )

    assert [spec.topic for spec in specs] == list(DISPATCHES.values())
    # 100 under way at 10 a second over 4 partitions: the last one waits 40 s.
    assert specs[1].timeout_s > 40


async def test_the_outbox_takes_whatever_comes() -> None:
    clock = Clock()
    spec = sender_effect(
        "SMS", Outbox(), NotificationRules(), clock=lambda: AT_MS, ticks=clock, sleep=clock.sleep
    )

    for number in range(100):
        await spec.effects["Dispatch"](tried(number, "SMS", to=("+442071838750",)))

    assert clock() == Clock()()


async def test_what_is_urgent_waits_for_nobodys_turn() -> None:
    clock, provider = Clock(), Slow(calls_max=1)
    waits = asyncio.Event()

    async def never(_: float) -> None:
        await waits.wait()

    spec = sender_effect(
        "SMS", provider, NotificationRules(), clock=lambda: AT_MS, ticks=clock, sleep=never
    )
    provider.gate.set()

    def send(number: int, **told: Any) -> asyncio.Task[Any]:
        delivery = tried(number, "SMS", to=("+442071838750",), **told)
        return asyncio.ensure_future(spec.effects["Dispatch"](delivery))

    held_up = [send(number) for number in range(20)]
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await send(99, priority="HIGH")

    assert sum(task.done() for task in held_up) <= 1, "a tenth of a second's turns"
    for task in held_up:
        task.cancel()


async def test_turns_that_are_skipped_count() -> None:
    clock = Clock()
    pace = Pace(10, clock, clock.sleep)
    await pace.turn()
    before = clock()

    pace.skip()
    await pace.turn()

    assert clock() - before == 200


async def test_turns_are_evenly_apart_and_a_rest_lets_few_go_at_once() -> None:
    clock = Clock()
    pace = Pace(10, clock, clock.sleep)
    moments = []
    for _ in range(5):
        await pace.turn()
        moments.append(clock())

    assert [later - earlier for earlier, later in itertools.pairwise(moments)] == [100] * 4


async def test_a_channel_error_names_its_provider() -> None:
    outbox = Outbox("sms")
    outbox.outage = True

    with pytest.raises(ChannelError, match="sms"):
        await outbox.send(Outgoing("k", ("+442071838750",), "s", "t"))
