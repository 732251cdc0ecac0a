"""Parts of a subscription as the wire has them."""

from events.types import Address, OrderItem, PaymentMethod, Plan
from streams.addresses import wire_address
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


def goods_address(subscription: Subscription) -> Address | None:
    """Where goods go, if any do."""
    kept = subscription.address
    return None if kept is None else wire_address(kept)


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
