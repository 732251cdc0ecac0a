"""The notification agents in memory, with the embedded provider on every channel."""

from typing import Any

from agents.notifier import notifier_agent
from agents.notify import notify_agent
from agents.sender import sender_effect
from engine.driver import Driver
from engine.specs import AgentSpec, EffectSpec
from events.notifications import NotificationRecipient, SendNotification
from providers.notifications import Messenger, Outgoing
from providers.outbox import Outbox
from streams.notifications.rows import Notification
from streams.notifications.rules import EMAIL, PUSH, SMS, NotificationRules
from tables.notifications import NOTIFICATIONS
from tests.agents.caller import Caller

NOON_MS = 1_750_075_200_000
"""2025-06-16T12:00:00Z, a Monday; in New York it is 08:00."""


async def no_wait(_: float) -> None:
    """Sleep without sleeping."""


class PostOffice(Caller):
    """Both agents and three senders; messages are sent to them at the driver's time."""

    def __init__(
        self,
        agents: tuple[AgentSpec, ...] = (),
        effects: tuple[EffectSpec, ...] = (),
        *,
        partitions: int = 3,
        chunk_max: int = 1000,
        start_ms: int = NOON_MS,
        messengers: dict[str, Messenger] | None = None,
        **rules: Any,
    ) -> None:
        self.rules = NotificationRules(**rules)
        self.outboxes: dict[str, Outbox] = {
            c: Outbox(f"outbox-{c.lower()}") for c in (EMAIL, SMS, PUSH)
        }
        providers = {**self.outboxes, **(messengers or {})}
        senders = [
            sender_effect(
                channel,
                provider,
                self.rules,
                clock=lambda: self.driver.now_ms,
                ticks=lambda: self.driver.now_ms,
                sleep=no_wait,
            )
            for channel, provider in providers.items()
        ]
        self.driver = Driver(
            [*agents, notify_agent(self.rules), notifier_agent(self.rules)],
            [*effects, *senders],
            partitions=partitions,
            chunk_max=chunk_max,
            start_ms=start_ms,
        )

    def mails(self) -> list[Outgoing]:
        """What lies in the outbox of mail, oldest first."""
        return [kept.message for kept in self.outboxes[EMAIL].messages()]

    def history(self, user_id: str = "cus_1") -> list[Notification]:
        """A customer's history as the table has it: newest first."""
        rows = sorted(self.driver.rows(NOTIFICATIONS).items())
        return [row for key, row in rows if key.startswith(f"{user_id}\x1f")]

    def statuses(self, user_id: str = "cus_1") -> dict[str, str]:
        """Where each of a customer's notifications stands, by its id."""
        return {row.notification_id: row.status.value for row in self.history(user_id)}


def ask(
    key: str = "evt_1:EMAIL",
    channel: str = EMAIL,
    *,
    email: str | None = "ann@example.com",
    phone: str | None = None,
    tokens: tuple[str, ...] | None = None,
    **told: Any,
) -> SendNotification:
    """A message to a customer."""
    return SendNotification(
        **{
            "notification_id": key,
            "recipient": NotificationRecipient(
                customer_id=told.pop("user_id", "cus_1"),
                email=email,
                phone=phone,
                device_tokens=tokens,
            ),
            "channel": channel,
            "template_id": "inventory-adjusted",
            "template_data": {"product": "Lamp", "productId": "prd_1"},
            "priority": "NORMAL",
            "idempotency_key": key,
            **told,
        }
    )
