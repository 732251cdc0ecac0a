"""Subscribed orders: what a cancelled subscription still has to send is cancelled, by its user.

Reads orders.events (OrderConfirmed of a subscription) and subscriptions.events. Publishes
CancelOrder on behalf of the shop. Keeps a row a subscription.
"""

from typing import Final

from agents.wiring import announce, cause_of
from engine.specs import AgentSpec, Context, Delivery, Handler, Source
from streams.clock import TRUE, Clock
from streams.orders.subscribed import SubscribedOrders, confirmed, ended, renewed
from tables.orders import SUBSCRIBED_ORDERS
from topics import ORDERS_COMMANDS, ORDERS_EVENTS, SUBSCRIPTIONS_EVENTS
from wire.contract import SUBSCRIBER

AGENT: Final = "subscribed_orders"


def subscribed_orders_agent(clock: Clock = TRUE) -> AgentSpec:
    """The agent that knows which orders a subscription has, dated by the calendar's days."""
    return AgentSpec(
        name=AGENT,
        help="Cancels what a subscription that has ended still has to send.",
        sources=(
            Source(ORDERS_EVENTS, {"OrderConfirmed": _confirming(clock)}, by=SUBSCRIBER),
            Source(
                SUBSCRIPTIONS_EVENTS,
                {"UserSubscriptionCancelled": _on_ended, "SubscriptionRenewedEvent": _on_renewed},
                by="userId",
            ),
        ),
        tables=(SUBSCRIBED_ORDERS,),
        outputs=(ORDERS_COMMANDS,),
    )


def _confirming(clock: Clock) -> Handler:
    def on_confirmed(ctx: Context, delivery: Delivery) -> None:
        event, cause = delivery.value.data, cause_of(delivery)
        if event.subscription_id is None:
            return
        table = ctx.table(SUBSCRIBED_ORDERS)
        row = table.get(event.subscription_id) or SubscribedOrders()
        after, commands = confirmed(row, event, cause.at_ms, clock)
        if after is not row:
            table[event.subscription_id] = after
            announce(ctx, AGENT, cause, commands)

    return on_confirmed


def _on_ended(ctx: Context, delivery: Delivery) -> None:
    event = delivery.value.data
    table = ctx.table(SUBSCRIBED_ORDERS)
    row = table.get(event.subscription_id) or SubscribedOrders()
    after, commands = ended(row, event)
    if after is not row:
        table[event.subscription_id] = after
        announce(ctx, AGENT, cause_of(delivery), commands)


def _on_renewed(ctx: Context, delivery: Delivery) -> None:
    event = delivery.value.data
    table = ctx.table(SUBSCRIBED_ORDERS)
    row = table.get(event.subscription_id)
    if row is not None:
        table[event.subscription_id] = renewed(row, event)
