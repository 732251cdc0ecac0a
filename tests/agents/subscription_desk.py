"""The whole shop in memory, with subscriptions, and messages sent to it at the driver's time."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from agents.allocation import allocation_agent
from agents.fraud import fraud_agent
from agents.gateway import gateway_effect
from agents.orders import orders_agent
from agents.payments import payments_agent
from agents.registrations import registrations_agent
from agents.review import review_agent
from agents.stock import stock_agent
from agents.subscribed_orders import subscribed_orders_agent
from agents.subscriptions import subscriptions_agent
from app import agents_of
from engine.driver import Driver
from engine.specs import AgentSpec, EffectSpec
from events.envelope import Envelope
from providers.simulated import SimulatedProvider
from settings import Settings
from streams.allocation.rules import AllocationRules
from streams.billing.rows import Invoice
from streams.billing.rules import BillingRules
from streams.fraud.rules import FraudRules
from streams.inventory.rules import InventoryRules
from streams.moments import DAY_MS, HOUR_MS
from streams.orders.rules import OrderRules
from streams.payments.rules import PaymentRules
from streams.subscriptions.rows import Subscription
from streams.subscriptions.rules import SubscriptionRules
from tables.subscriptions import INVOICES, SUBSCRIPTIONS
from tests.agents.caller import Caller
from topics import ALL

START = datetime(2025, 1, 31, 10, 0, tzinfo=UTC)

PAYMENTS = PaymentRules(provider_default="simulated", gateway_backoff_s=0)


def _the_others() -> list[AgentSpec]:
    return [
        orders_agent(OrderRules(unsent_ms=366 * DAY_MS)),  # Nobody here sends goods.
        subscribed_orders_agent(),
        allocation_agent(AllocationRules()),
        stock_agent(InventoryRules()),
        payments_agent(PAYMENTS),
        fraud_agent(FraudRules(), 1),
        review_agent(FraudRules()),
    ]


class Shop(Caller):
    """Every agent that a subscription meets, or subscriptions alone."""

    def __init__(
        self,
        *,
        alone: bool = False,
        start: datetime = START,
        rules: SubscriptionRules | None = None,
        billing: BillingRules | None = None,
        others: Iterable[AgentSpec] = (),
        effects: Iterable[EffectSpec] = (),
        chunk_max: int = 1000,
        whole: Settings | None = None,
    ) -> None:
        """`whole`: every agent and effect that these settings give a worker."""
        mine = subscriptions_agent(rules or SubscriptionRules(), billing or BillingRules())
        agents = [mine, registrations_agent(), *others]
        if whole is not None:
            everybody, effects = agents_of(whole)
            agents = list(everybody)
        elif not alone and not others:
            provider = {"simulated": SimulatedProvider(ledger_charges_max=1_000)}
            effects = [gateway_effect(provider, PAYMENTS, clock=self._now_ms, ticks=self._now_ms)]
            agents += _the_others()
        start_ms = round(start.timestamp() * 1000)
        self.driver = Driver(agents, effects, start_ms=start_ms, chunk_max=chunk_max)

    def _now_ms(self) -> int:
        return self.driver.now_ms

    # -- doing

    def until(self, day: str, *, hour: int = 1) -> "Shop":
        """Let time pass until that day's hour, a tick an hour at least at its boundary."""
        due = datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)
        while self.driver.now_ms < round(due.timestamp() * 1000):
            left = round(due.timestamp() * 1000) - self.driver.now_ms
            self.driver.advance(min(left, 12 * HOUR_MS))
        return self

    # -- looking

    def said(self, *names: str, since: int = 0) -> list[Envelope[Any]]:
        """Every message of those names, in the order of time, the test's own left out."""
        found = super().said(*[topic for topic in ALL if topic.events])
        wanted = [e for e in found if not names or e.event_type in names]
        return sorted(wanted[since:], key=lambda e: e.timestamp_ms)

    def last(self, name: str) -> Any:
        """The newest message of that name."""
        return self.said(name)[-1].data

    def days(self, name: str) -> list[str]:
        """The days on which a message was said."""
        return [
            datetime.fromtimestamp(e.timestamp_ms / 1000, UTC).date().isoformat()
            for e in self.said(name)
        ]

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """Every subscription of the only user."""
        [row] = self.driver.rows(SUBSCRIPTIONS).values()
        return row.subscriptions

    @property
    def subscription(self) -> Subscription:
        """The newest one."""
        return self.subscriptions[-1]

    @property
    def status(self) -> str:
        """Its state."""
        return self.subscription.status.value

    @property
    def invoices(self) -> list[Invoice]:
        """Every invoice, oldest period first."""
        found = self.driver.rows(INVOICES).values()
        return sorted(found, key=lambda invoice: (invoice.issued_at_ms, invoice.number))

    @property
    def buried(self) -> list[Any]:
        """Every dead letter."""
        return [letter for topic in ALL for letter in self.driver.dead_letters(topic)]
