"""Senders: one an outside channel, each handing messages to its provider and telling the answer.

In: Dispatch of the channel's own topic, one a try. Out, one for each: NotificationSent, or
NotificationFailed of that try (`deadLettered` false), whose metadata carries the provider's code
where the address or the message is to blame. The notifier decides what follows.

An effect: it keeps nothing, and may run again after a crash. Every try of a message has one key,
so a provider that knows keys sends it once; a mail's name derives from it. The channel's limit a
second is shared out over partitions, so it holds however many workers there are; what is urgent
(HIGH) goes ahead of what waits for its turn. The embedded outbox, which sends nothing, has no
limit. When more than half of a channel's calls fail it pauses for a minute, and tries are told
circuit_open (G-37).
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from agents.pace import Pace
from agents.wiring import Cause, published
from agents.writing import Writing
from engine.masking import mask_text
from engine.specs import Delivery, EffectSpec, Published
from events.base import Message
from events.notifications import NotificationFailed, NotificationSent
from providers.health import Clock, Health, HealthRules, now_ms, ticks_ms
from providers.notifications import ChannelError, Code, Messenger, Outgoing, Refusal, Taken
from providers.templates import NoTemplate
from streams.moments import moment_of
from streams.notifications.dispatches import NAME, Dispatch, dispatch_of
from streams.notifications.outcomes import asked_by
from streams.notifications.rules import EMAIL, HIGH, PUSH, SMS, NotificationRules
from streams.notifications.trying import CIRCUIT_OPEN, PROVIDER_ERROR
from topics import DISPATCHES, NOTIFICATIONS_EVENTS

IN_FLIGHT_MAX: Final = 500
"""Tries of a channel under way at once, per partition: so far ahead an urgent one is seen, which
goes first."""

Sleep = Callable[[float], Awaitable[object]]


def sender_effect(  # noqa: PLR0913 - a channel, its provider, and what tests put in place
    channel: str,
    messenger: Messenger,
    rules: NotificationRules,
    *,
    partitions: int = 1,
    writing: Writing | None = None,
    clock: Clock = now_ms,
    ticks: Clock = ticks_ms,
    sleep: Sleep = asyncio.sleep,
) -> EffectSpec:
    """The sender of one channel. `partitions` share its limit a second.

    `clock` tells the time of day, `ticks` only grows.
    """
    per_s = _per_s(channel, rules) / partitions if messenger.is_outside else math.inf
    sender = _Sender(channel, messenger, rules, writing or Writing(rules), (clock, ticks))
    paces: dict[int, Pace] = {}

    async def effect(delivery: Delivery) -> list[Published]:
        pace = paces.setdefault(delivery.record.partition, Pace(per_s, ticks, sleep))
        return await sender.send(delivery, pace)

    return EffectSpec(
        name=f"sender-{channel.lower()}",
        help=f"Hands messages to the provider of {channel}.",
        topic=DISPATCHES[channel],
        effects={NAME: effect},
        outputs=(NOTIFICATIONS_EVENTS,),
        in_flight_max=IN_FLIGHT_MAX,
        # The last of those under way waits for all the others, of every partition.
        timeout_s=2
        * (
            rules.call_s
            + IN_FLIGHT_MAX / per_s
            + IN_FLIGHT_MAX * partitions * rules.call_s / messenger.calls_max
        ),
    )


def _per_s(channel: str, rules: NotificationRules) -> int:
    return {EMAIL: rules.email_per_s, SMS: rules.sms_per_s, PUSH: rules.push_per_s}[channel]


class _Sender:
    """Writes and sends messages of one channel."""

    def __init__(
        self,
        channel: str,
        messenger: Messenger,
        rules: NotificationRules,
        writing: Writing,
        clocks: tuple[Clock, Clock],
    ) -> None:
        self._channel = channel
        self._messenger = messenger
        self._rules = rules
        self._writing = writing
        self._clock, self._ticks = clocks
        self._slots = asyncio.Semaphore(messenger.calls_max)
        self._slots_urgent = asyncio.Semaphore(messenger.calls_max)
        """What is urgent waits behind nothing that is not; its provider bounds all of them."""
        self._health = Health(
            f"{channel} by {messenger.name}",
            HealthRules(
                errors_max=2**31,  # Only the share of failed calls pauses a channel.
                share_max=rules.breaker_share_max,
                window_ms=60_000,
                calls_min=rules.breaker_calls_min,
                down_ms=rules.breaker_pause_ms,
            ),
        )

    async def send(self, delivery: Delivery, pace: Pace) -> list[Published]:
        """Make one try and tell of it."""
        told = dispatch_of(delivery.value)
        outcome, metadata = await self._try(told, pace)
        # A message's tries are told apart by their number: one cause leads to all of them.
        agent = f"sender:{told.key}:{told.attempt}"
        at_ms = delivery.record.timestamp
        cause = Cause(told.cause_id, told.correlation_id, at_ms, asked_by(told))
        return published(agent, cause, (outcome,), metadata)

    async def _try(self, told: Dispatch, pace: Pace) -> tuple[Message, dict[str, Any] | None]:
        try:
            message = self._written(told)
        except NoTemplate as error:
            return self._no(told, Refusal(Code.UNKNOWN_TEMPLATE, str(error)))
        if told.priority == HIGH:
            pace.skip()
            async with self._slots_urgent:
                return await self._call(told, message)
        async with self._slots:
            await pace.turn()
            return await self._call(told, message)

    async def _call(
        self, told: Dispatch, message: Outgoing
    ) -> tuple[Message, dict[str, Any] | None]:
        if not self._health.allows(self._ticks()):
            return _failed(told, self._channel, CIRCUIT_OPEN), self._waited(told)
        try:
            async with asyncio.timeout(self._rules.call_s):
                answer = await self._messenger.send(message)
        except (ChannelError, TimeoutError) as error:
            text = mask_text(str(error)) or f"no answer in {self._rules.call_s} s"
            self._health.failed(self._ticks(), text)
            waited = self._waited(told)
            return _failed(told, self._channel, PROVIDER_ERROR), {**waited, "text": text}
        self._health.answered(self._ticks())
        return self._yes(told, answer) if isinstance(answer, Taken) else self._no(told, answer)

    def _waited(self, told: Dispatch) -> dict[str, Any]:
        """How long the letter waits already, as metadata tells it."""
        return {"latencyMs": max(0, self._clock() - told.asked_ms)}

    def _yes(self, told: Dispatch, answer: Taken) -> tuple[Message, dict[str, Any] | None]:
        now_ms = self._clock()
        sent = NotificationSent.made(
            notification_id=told.notification_id,
            user_id=told.user_id,
            channel=self._channel,
            template_id=told.template_id,
            provider=self._messenger.name,
            attempts=told.attempt,
            sent_at=moment_of(now_ms),
            latency_ms=max(0, now_ms - told.asked_ms),
        )
        return sent, {"dead": list(answer.dead)} if answer.dead else None

    def _no(self, told: Dispatch, answer: Refusal) -> tuple[Message, dict[str, Any]]:
        metadata: dict[str, Any] = {"code": answer.code.value, "text": mask_text(answer.text)}
        if answer.dead:
            metadata["dead"] = list(answer.dead)
        return _failed(told, self._channel, PROVIDER_ERROR), metadata

    def _written(self, told: Dispatch) -> Outgoing:
        """The message in words.

        Raises:
            NoTemplate: it cannot be written.
        """
        words = self._writing.written(
            self._channel, told.template_id, told.locale, told.template_data
        )
        return Outgoing(
            key=told.key,
            to=told.to,
            subject=words.subject,
            text=words.text,
            html=words.html,
            urgent=told.priority == HIGH,
            ttl_s=max(1, self._rules.expire_ms // 1000),
            collapse_key=str(told.template_data.get("orderId", "")),
        )


def _failed(told: Dispatch, channel: str, reason: str) -> NotificationFailed:
    return NotificationFailed.made(
        notification_id=told.notification_id,
        user_id=told.user_id,
        channel=channel,
        reason=reason,
        attempts=told.attempt,
        dead_lettered=False,
    )


def sender_effects(
    messengers: Mapping[str, Messenger], rules: NotificationRules, *, partitions: int = 1
) -> tuple[EffectSpec, ...]:
    """A sender for every outside channel."""
    writing = Writing(rules)
    return tuple(
        sender_effect(channel, messengers[channel], rules, partitions=partitions, writing=writing)
        for channel in (EMAIL, SMS, PUSH)
    )
