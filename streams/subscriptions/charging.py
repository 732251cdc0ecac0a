"""Invoices are drawn, charged and paid; what that means for the subscription."""

from datetime import date

from msgspec.structs import replace

from events.types import Address
from streams.billing.amounts import net
from streams.billing.calendar import is_by_days, next_date
from streams.billing.invoices import Sold, Terms, charge_key, draw
from streams.billing.rows import Invoice
from streams.moments import day_of
from streams.orders.checks import address_refusals
from streams.subscriptions import facts as f
from streams.subscriptions.evolution import evolve_all
from streams.subscriptions.plans import PlanSpec
from streams.subscriptions.rows import ENDED, OWING, Status, Subscription
from streams.subscriptions.rules import Rules

Period = tuple[date, date]


def plan_of(subscription: Subscription, rules: Rules) -> PlanSpec:
    """The plan that runs."""
    return rules.own.plans[subscription.plan_id]


def issue(
    subscription: Subscription, period: Period, plan_id: str, at_ms: int, rules: Rules
) -> f.InvoiceIssued:
    """Draw the invoice for a period of a plan."""
    plan = rules.own.plans[plan_id]
    percent = subscription.percent if subscription.percent_cycles else 0
    terms = Terms(
        subscription.subscription_id,
        subscription.user_id,
        plan_id,
        plan.currency,
        _sold(subscription, plan),
        (rules.own.goods_percent, percent) if plan.is_goods else (percent,),
        subscription.balance_minor,
        subscription.invoices,
    )
    drawn = draw(terms, period, at_ms, rules.billing)
    return f.InvoiceIssued(replace(drawn, plan_minor=net(plan.price_minor, percent)))


def _sold(subscription: Subscription, plan: PlanSpec) -> tuple[Sold, ...]:
    if not plan.is_goods:
        return (Sold(plan.name, 1, plan.price_minor),)
    return tuple(
        [
            Sold(goods.name or goods.product_id, goods.quantity, goods.list_price_minor)
            for goods in subscription.goods
        ]
    )


def issue_next(subscription: Subscription, at_ms: int, rules: Rules) -> f.InvoiceIssued:
    """Draw the invoice for the next period, with the plan that it will have."""
    plan_id = subscription.next_plan_id or subscription.plan_id
    start, cycle = subscription.period_end, rules.own.plans[plan_id].cycle
    end = next_date(start, cycle, _anchor_day(subscription, plan_id, start, rules))
    return issue(subscription, (start, end), plan_id, at_ms, rules)


def _anchor_day(subscription: Subscription, plan_id: str, start: date, rules: Rules) -> int:
    """Days of the month are kept, but for a plan that began to count months only now."""
    counted_days = is_by_days(plan_of(subscription, rules).cycle)
    if counted_days and plan_id != subscription.plan_id:
        return start.day
    return subscription.anchor_day


def charge(
    subscription: Subscription, at_ms: int, rules: Rules, *, is_retry: bool = False
) -> f.Facts:
    """Charge the open invoice; one of nothing is paid without."""
    invoice = subscription.owed
    assert invoice is not None, "nothing to charge"
    if not invoice.total_minor:
        return settle(subscription, invoice, at_ms, rules)
    cycle = rules.own.plans[invoice.plan_id].cycle
    key = charge_key(
        subscription.subscription_id,
        cycle,
        invoice.period_start,
        invoice.attempt + 1,
        before=subscription.period_start,
    )
    return (f.ChargeBegun(at_ms, key, is_retry),)


def settle(subscription: Subscription, invoice: Invoice, at_ms: int, rules: Rules) -> f.Facts:
    """Say what follows when an invoice's money is in.

    A first charge starts the subscription. A later one begins the next period, on the old
    anchor however long it took (G-42), or on a new one after a suspension (G-44). Of an adopted
    subscription the running period itself may be paid, and one that has ended may pay what was
    left: then only its debt is over.
    """
    facts: f.Facts = (f.InvoicePaid(),)
    if subscription.status in ENDED:
        return facts
    if subscription.status is Status.PENDING:
        facts = (*facts, f.Moved(Status.ACTIVE), f.Started())
    else:
        is_next = invoice.period_start != subscription.period_start
        if is_next or subscription.status is Status.SUSPENDED:
            facts = (*facts, *_renew(subscription, invoice, at_ms, rules))
        if subscription.status in OWING or subscription.status is Status.SUSPENDED:
            facts = (*facts, f.Moved(Status.ACTIVE))
        facts = (*facts, *_leaving_too(subscription, invoice))
    if rules.own.plans[invoice.plan_id].is_goods and invoice.total_minor:
        facts = (*facts, f.OrderPlaced(invoice.charge_key))
    return facts


def _leaving_too(subscription: Subscription, invoice: Invoice) -> f.Facts:
    """Settle a cancellation that waited for the charge: it takes effect a period later."""
    leaving = subscription.leaving
    if subscription.status is not Status.CANCEL_SCHEDULED or leaving is None:
        return ()
    settled = leaving.told or leaving.offer_percent
    return () if settled else (f.LeaveSettled(invoice.period_end),)


def _renew(subscription: Subscription, invoice: Invoice, at_ms: int, rules: Rules) -> f.Facts:
    start, end = invoice.period_start, invoice.period_end
    anchor_day = _anchor_day(subscription, invoice.plan_id, start, rules)
    if subscription.status is Status.SUSPENDED:
        start = day_of(at_ms)
        anchor_day = start.day
        end = next_date(start, rules.own.plans[invoice.plan_id].cycle, anchor_day)
    payment_id = invoice.payment_id if invoice.charge_key else invoice.invoice_id
    renewed = f.Renewed(payment_id, invoice.attempt > 1, start, end, anchor_day)
    if invoice.plan_id == subscription.plan_id:
        return (renewed, *_hint(subscription, start, rules))
    price_minor = invoice.plan_minor
    migrated = f.PlanChanged(subscription.plan_id, invoice.plan_id, start, 0, price_minor)
    return (migrated, renewed)


def _hint(subscription: Subscription, start: date, rules: Rules) -> f.Facts:
    """The next higher plan of the same cycle, each time that many days have passed.

    One that it can be changed for: of the same family and currency.
    """
    every, began = rules.own.usage_review_days, subscription.started_on
    if (start - began).days // every == (subscription.period_start - began).days // every:
        return ()
    plan = plan_of(subscription, rules)
    alike = (plan.family, plan.currency, plan.cycle)
    higher = [
        (other.tier, plan_id)
        for plan_id, other in rules.own.plans.items()
        if (other.family, other.currency, other.cycle) == alike and other.tier > plan.tier
    ]
    return (f.UpgradeHinted(min(higher)[1]),) if higher else ()


def is_served(address: Address, rules: Rules) -> bool:
    """Whether Orders would send a basket there: else its money is taken, and goes back (G-10)."""
    return not any(address_refusals(address, "standard", rules.orders))


def withdrawn(subscription: Subscription) -> f.Facts:
    """Cancel the invoice that is open, if there is one."""
    return () if subscription.owed is None else (f.InvoiceCancelled(),)


def issued_and_charged(
    subscription: Subscription, period: Period, at_ms: int, rules: Rules
) -> f.Facts:
    """Draw an invoice for a period of the running plan, and charge it at once."""
    issued = issue(subscription, period, subscription.plan_id, at_ms, rules)
    after = evolve_all(subscription, (issued,))
    return (issued, *charge(after, at_ms, rules))


def left_over(subscription: Subscription, at_ms: int, rules: Rules) -> f.Facts:
    """Draw and charge what an upgrade cost, where no next invoice will have it (G-41)."""
    if subscription.balance_minor <= 0:
        return ()
    end = subscription.period_end
    terms = Terms(
        subscription.subscription_id,
        subscription.user_id,
        subscription.plan_id,
        plan_of(subscription, rules).currency,
        (),
        (0,),
        subscription.balance_minor,
        subscription.invoices,
    )
    issued = f.InvoiceIssued(draw(terms, (end, end), at_ms, rules.billing))
    return (issued, *charge(evolve_all(subscription, (issued,)), at_ms, rules))
