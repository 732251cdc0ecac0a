"""A driver with the payments agent and its gateway, and the messages that move them."""

import weakref
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
from tests.streams.payments import samples
from topics import ALERTS_EVENTS, PAYMENTS_COMMANDS, PAYMENTS_EVENTS, topic_of

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


class Till:
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
            {"simulated": self.provider}, rules, clock=lambda: self.driver.now_ms
        )
        effects = [gateway] if with_gateway else []
        agents = [payments_agent(rules)]
        if not with_ledger:
            agents.append(settlement_report_agent({"simulated"}))
        self.driver = Driver(agents, effects, chunk_max=chunk_max)
        if self.driver._effect_loop is not None:
            weakref.finalize(self.driver, self.driver._effect_loop.close)
        self.sent = 0

    def send(self, *messages: Message, partition: int | None = None) -> "Till":
        """Send without running."""
        for message in messages:
            self.sent += 1
            value = events.encode(
                message,
                event_id=f"evt_{self.sent}",
                timestamp=self.driver.now_ms,
                correlation_id=f"saga_{events.key_of(message)}",
            )
            self.driver.send(
                topic_of(type(message)),
                value,
                events.key_of(message),
                headers=events.headers(message, "saga"),
                partition=partition,
            )
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
        records = [
            record
            for topic in (PAYMENTS_COMMANDS, PAYMENTS_EVENTS)
            for record in self.driver.outputs(topic)
        ]
        envelopes = [events.decode(r.value or b"", record_timestamp_ms=0) for r in records]
        own = [e for e in envelopes if not e.event_id.startswith("evt_")]
        return [e for e in own if name in (None, e.event_type)]

    def alerts(self) -> list[Any]:
        records = self.driver.outputs(ALERTS_EVENTS)
        return [events.decode(r.value or b"", record_timestamp_ms=0).data for r in records]

    def names(self) -> list[str]:
        return [envelope.event_type for envelope in self.said()]
