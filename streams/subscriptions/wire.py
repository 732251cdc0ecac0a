"""Parts of a subscription as the wire has them."""

from events.types import Address, OrderItem, PaymentMethod, Plan
from streams.billing.rows import Invoice
from streams.subscriptions.rows import Subscription
from streams.subscriptions.rules import Rules


def wire_plan(plan_id: str, rules: Rules) -> Plan:
    """A plan with its figures."""
    plan = rules.own.plans[plan_id]
    return Plan(
        plan_id=plan_id,
        name=plan.name,
        billing_cycle=plan.cycle,
        price_minor=plan.price_minor,
        currency=plan.currency,
    )


def wire_method(subscription: Subscription) -> PaymentMethod:
    """How it is paid; the method's id is the gateway's token."""
    method = subscription.method
    return PaymentMethod(type=method.type, token=method.method_id, last4=method.last4)


def wire_address(subscription: Subscription) -> Address | None:
    """Where goods go, if any do."""
    place = subscription.address
    if place is None:
        return None
    return Address(
        line1=place.line1,
        line2=place.line2,
        city=place.city,
        state=place.state,
        postal_code=place.postal_code,
        country=place.country,
    )


def wire_goods(subscription: Subscription, invoice: Invoice) -> tuple[OrderItem, ...]:
    """The goods at what the invoice charges for them, tax apart; none where it sells a plan."""
    return tuple(
        [
            OrderItem(
                product_id=goods.product_id,
                product_name=goods.name,
                sku=goods.sku,
                quantity=item.quantity,
                unit_price_minor=item.unit_price_minor,
                total_price_minor=item.total_minor,
            )
            for goods, item in zip(subscription.goods, invoice.items, strict=False)
        ]
    )
