"""A driver with the payments agent and its gateway, and the messages that move them."""

from typing import Any

import events
from agents.gateway import gateway_effect
from agents.payments import payments_agent
from agents.settlement_report import settlement_report_agent
from engine.driver import Driver
from events.base import Message
from events.envelope import Envelope
from providers.simulated import SimulatedProvider
from streams.payments.rules import PaymentRules
from streams.payments.states import Payment
from tables.payments import EARLY_PAYMENTS, PAYMENTS
from tests.agents.caller import Caller
from tests.streams.payments import samples
from topics import ALERTS_EVENTS, PAYMENTS_COMMANDS, PAYMENTS_EVENTS

RULES = PaymentRules(provider_default="simulated", gateway_backoff_s=0)
VISA = "tok_visa"


def about(message: Message, order: str) -> Message:
    """A sample of another order."""
    told: dict[str, Any] = {}
    fields = type(message).model_fields
    if "payment_id" in fields:
        told["payment_id"] = f"pay_{order}"
    if "order_id" in fields and getattr(message, "order_id", None) is not None:
        told["order_id"] = order
    reservation = getattr(message, "reservation_id", None)
    if reservation is not None:
        told["reservation_id"] = f"{order}:{reservation.rpartition(':')[2]}"
    return message.model_copy(update=told)


def session(order: str, token: str = VISA, **told: Any) -> Message:
    """An order's session, paid with that token."""
    opened = samples.initiated(**told)
    method = opened.payment_method.model_copy(update={"token": token})
    return about(opened.model_copy(update={"payment_method": method}), order)


class Till(Caller):
    """Payments with a provider that keeps books, or with its settlement report."""

    def __init__(
        self,
        *,
        with_gateway: bool = True,
        with_ledger: bool = True,
        chunk_max: int = 1000,
        rules: PaymentRules = RULES,
    ) -> None:
        self.provider = SimulatedProvider(ledger_charges_max=1_000 if with_ledger else 0)
        gateway = gateway_effect(
            {"simulated": self.provider},
            rules,
            clock=lambda: self.driver.now_ms,
            ticks=lambda: self.driver.now_ms,
        )
        effects = [gateway] if with_gateway else []
        agents = [payments_agent(rules)]
        if not with_ledger:
            agents.append(settlement_report_agent({"simulated"}))
        self.driver = Driver(agents, effects, chunk_max=chunk_max)

    def send(self, *messages: Message, partition: int | None = None) -> "Till":
        """Send without running."""
        for message in messages:
            self.put(message, saga=f"saga_{events.key_of(message)}", partition=partition)
        return self

    def hear(self, *messages: Message) -> "Till":
        """Send each, and run until quiet."""
        for message in messages:
            self.send(message)
            self.driver.run()
        return self

    def row(self, order: str = samples.ORDER) -> Payment:
        return self.driver.rows(PAYMENTS)[f"pay_{order}"]

    def early(self) -> dict[str, Any]:
        return self.driver.rows(EARLY_PAYMENTS)

    def said(self, name: str | None = None) -> list[Envelope[Any]]:
        """What the agent and the gateway published, commands first."""
        return super().said(PAYMENTS_COMMANDS, PAYMENTS_EVENTS, name=name)

    def alerts(self) -> list[Any]:
        return [told.data for told in super().said(ALERTS_EVENTS)]
