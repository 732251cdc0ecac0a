"""A subscription begins: SubscribeUser, or another producer's UserSubscriptionStarted."""

from collections.abc import Iterator
from datetime import date

from events.subscriptions import SubscribeUser, UserSubscriptionStarted
from events.types import OrderItem
from streams.addresses import kept_address
from streams.billing.calendar import anchor_day, next_date, plus_days
from streams.moments import day_of
from streams.orders.pricing import kept_name
from streams.subscriptions import facts as f
from streams.subscriptions.charging import is_served, issued_and_charged
from streams.subscriptions.plans import PlanSpec
from streams.subscriptions.rows import (
    ENDED,
    Goods,
    Method,
    Status,
    Subscriber,
    Subscription,
)
from streams.subscriptions.rules import Rules

WHAT = "subscribe"


def subscribe(
    subscriber: Subscriber,
    command: SubscribeUser,
    subscription_id: str,
    at_ms: int,
    correlation_id: str,
    rules: Rules,
) -> f.Facts:
    """Begin a subscription: on trial at once, else when its first charge went through.

    A repeat of the command changes nothing. What speaks against it, in order of precedence:
    unknown_plan, account_locked, already_subscribed, unknown_discount, invalid_basket,
    invalid_address, price_mismatch.
    """
    if subscriber.find(subscription_id) is not None:
        return ()
    for why in _refusals(subscriber, command, rules):
        return (f.Refused(WHAT, why),)
    began = _begin(subscriber, command, subscription_id, at_ms, correlation_id, rules)
    if began.trial_days:
        return f.Began(began), f.Moved(Status.TRIALING), f.Started()
    period = (began.period_start, began.period_end)
    return (f.Began(began), *issued_and_charged(began, period, at_ms, rules))


def _refusals(subscriber: Subscriber, command: SubscribeUser, rules: Rules) -> Iterator[str]:
    plan = rules.own.plans.get(command.plan_id)
    if plan is None:
        yield "unknown_plan"
        return
    if subscriber.locked:
        yield "account_locked"
    if any(_is_live_in(one, plan, rules) for one in subscriber.subscriptions):
        yield "already_subscribed"
    if command.discount_code and command.discount_code not in rules.own.discounts_percent:
        yield "unknown_discount"
    if plan.is_goods and not _is_basket(command, rules):
        yield "invalid_basket"
    address = command.shipping_address
    if plan.is_goods and address is not None and not is_served(address, rules):
        yield "invalid_address"
    if plan.is_goods and not _has_list_prices(command, plan, rules):
        yield "price_mismatch"


def _is_live_in(subscription: Subscription, plan: PlanSpec, rules: Rules) -> bool:
    """Whether a subscription takes the one place that a family has (G-39)."""
    if subscription.status in ENDED:
        return False
    return rules.own.plans[subscription.plan_id].family == plan.family


def _is_basket(command: SubscribeUser, rules: Rules) -> bool:
    """Whether goods could be ordered: an order that is refused has its money taken first (G-10)."""
    items = command.items or ()
    in_bounds = 1 <= len(items) <= rules.orders.lines_max
    has_lines = in_bounds and all(_is_line(item, rules) for item in items)
    total = sum([item.total_price_minor for item in items])
    is_priced = 0 < total <= rules.orders.total_minor_max
    return has_lines and is_priced and command.shipping_address is not None


def _is_line(item: OrderItem, rules: Rules) -> bool:
    adds_up = item.total_price_minor == item.quantity * item.unit_price_minor
    in_bounds = item.quantity <= rules.orders.quantity_max
    return adds_up and in_bounds and bool(item.product_id.strip())


def _has_list_prices(command: SubscribeUser, plan: PlanSpec, rules: Rules) -> bool:
    """Whether goods cost what the catalogue says: Orders takes the prices of a renewal (G-10)."""
    return all(
        rules.orders.costs(item.product_id, plan.currency, item.unit_price_minor)
        for item in command.items or ()
    )


def _begin(
    subscriber: Subscriber,
    command: SubscribeUser,
    subscription_id: str,
    at_ms: int,
    correlation_id: str,
    rules: Rules,
) -> Subscription:
    plan = rules.own.plans[command.plan_id]
    start = day_of(at_ms)
    percent, cycles = _discount(subscriber, command, plan, rules)
    address = command.shipping_address
    return Subscription(
        subscription_id=subscription_id,
        user_id=command.user_id,
        plan_id=command.plan_id,
        status=Status.PENDING,
        created_at_ms=at_ms,
        correlation_id=correlation_id,
        method=Method(command.payment_method_id, rules.own.method_type),
        started_on=start,
        period_start=start,
        period_end=next_date(start, plan.cycle, start.day),
        anchor_day=start.day,
        trial_days=_trial_days(subscriber, command, plan),
        percent=percent,
        percent_cycles=cycles,
        goods=tuple([_goods(item) for item in command.items or ()]) if plan.is_goods else (),
        address=kept_address(address) if plan.is_goods and address is not None else None,
        discount_code=command.discount_code or None,
        signup_source=command.signup_source,
    )


def _trial_days(subscriber: Subscriber, command: SubscribeUser, plan: PlanSpec) -> int:
    """The plan's trial, or the shorter one that is asked for; a user has one (G-39)."""
    if subscriber.trial_used:
        return 0
    asked = command.trial_period_days
    return plan.trial_days if asked is None else min(asked, plan.trial_days)


def _discount(
    subscriber: Subscriber, command: SubscribeUser, plan: PlanSpec, rules: Rules
) -> tuple[int, int]:
    """The better of the code's discount and the win-back's, and for how many invoices."""
    code = rules.own.discounts_percent.get(command.discount_code or "", 0)
    back = rules.own.winback_percent if plan.family in subscriber.left else 0
    if code >= back:
        return code, rules.own.discount_cycles if code else 0
    return back, 1


def _goods(item: OrderItem) -> Goods:
    return Goods(
        item.product_id,
        item.quantity,
        item.unit_price_minor,
        kept_name(item.product_name),
        item.sku,
    )


def adopt(
    subscriber: Subscriber,
    event: UserSubscriptionStarted,
    at_ms: int,
    correlation_id: str,
    rules: Rules,
) -> f.Facts:
    """Take over a subscription that another producer started (G-21).

    Its way to pay is bound to it. Without a trial its first period is charged, unless a payment
    of it is recorded here. Of one that became known late only the period that runs is charged:
    those that were over are skipped, and the row says how many. Our own subscriptions, and plans
    nobody knows, are left as they are.
    """
    plan = rules.own.plans.get(event.plan.plan_id)
    if plan is None or plan.is_goods or subscriber.find(event.subscription_id) is not None:
        return ()
    today = day_of(at_ms)
    is_trial_over = today >= plus_days(event.start_date, event.trial_period_days)
    start, end, skipped = _period_of(today, event, plan)
    began = Subscription(
        subscription_id=event.subscription_id,
        user_id=event.user_id,
        plan_id=event.plan.plan_id,
        status=Status.ACTIVE if skipped and is_trial_over else _first_status(event),
        created_at_ms=at_ms,
        correlation_id=correlation_id,
        method=Method(event.payment_method_id, rules.own.method_type),
        started_on=event.start_date,
        period_start=start,
        period_end=end,
        anchor_day=anchor_day(event.start_date, event.next_billing_date),
        trial_days=event.trial_period_days,
        skipped=skipped,
        discount_code=event.discount_code,
        signup_source=event.signup_source,
    )
    is_free = end <= today or (event.trial_period_days > 0 and not skipped)
    if is_free or event.subscription_id in subscriber.prepaid:
        return (f.Began(began),)
    period = (began.period_start, began.period_end)
    return (f.Began(began), *issued_and_charged(began, period, at_ms, rules))


def _first_status(event: UserSubscriptionStarted) -> Status:
    return Status.TRIALING if event.trial_period_days else Status.ACTIVE


def _period_of(
    today: date, event: UserSubscriptionStarted, plan: PlanSpec
) -> tuple[date, date, int]:
    """The period that runs today, and how many were over before; of one that renews itself."""
    start, end, skipped = event.start_date, event.next_billing_date, 0
    anchor = anchor_day(start, end)
    while end <= today and plan.auto_renew:
        start, end = end, next_date(end, plan.cycle, anchor)
        skipped += 1
    return start, end, skipped
