"""Invoices, reminders and charges as the wire has them."""

from events.billing import InvoiceGenerated, LineItem, SubscriptionPaymentDue
from events.payments import PaymentInitiated
from events.types import Address, OrderItem, PaymentMethod, Period, Plan
from streams.billing.rows import Invoice
from streams.moments import moment_of


def generated(invoice: Invoice) -> InvoiceGenerated:
    """The invoice as it stands."""
    return InvoiceGenerated(
        invoice_id=invoice.invoice_id,
        invoice_number=invoice.number,
        customer_id=invoice.user_id,
        subscription_id=invoice.subscription_id,
        type="subscription",
        line_items=tuple(
            [
                LineItem(
                    description=item.description,
                    quantity=item.quantity,
                    unit_price_minor=item.unit_price_minor,
                    total_minor=item.total_minor,
                )
                for item in invoice.items
            ]
        ),
        subtotal_minor=invoice.subtotal_minor,
        tax_minor=invoice.tax_minor,
        total_minor=invoice.total_minor,
        currency=invoice.currency,
        billing_period=period_of(invoice),
        invoice_date=moment_of(invoice.issued_at_ms),
        due_date=invoice.due_date,
        status=invoice.status.value,
        plan_id=invoice.plan_id,
    )


def period_of(invoice: Invoice) -> Period:
    """What it is for: from its first day to the next billing date."""
    return Period(start=invoice.period_start, end=invoice.period_end)


def payment_due(
    invoice: Invoice, plan: Plan, method: PaymentMethod, days: int
) -> SubscriptionPaymentDue:
    """A charge in that many days; 0: now."""
    return SubscriptionPaymentDue(
        subscription_id=invoice.subscription_id,
        user_id=invoice.user_id,
        plan=plan,
        invoice_id=invoice.invoice_id,
        amount_minor=invoice.total_minor,
        currency=invoice.currency,
        due_date=invoice.period_start,
        billing_period=period_of(invoice),
        payment_method_id=method.token,
        payment_method_last4=method.last4,
        reminders_sent=int(invoice.reminded),
        days_until_due=days,
        retry_attempt=max(0, invoice.attempt - 1),
    )


def charge_opened(
    invoice: Invoice,
    method: PaymentMethod,
    at_ms: int,
    items: tuple[OrderItem, ...] = (),
    address: Address | None = None,
) -> PaymentInitiated:
    """The session of a charge. Items: the goods that an order will claim the money for."""
    return PaymentInitiated(
        payment_id=invoice.payment_id,
        customer_id=invoice.user_id,
        amount_minor=invoice.total_minor,
        currency=invoice.currency,
        payment_method=method,
        checkout_type="recurring",
        shipping_address=address,
        billing_address=address,
        items=items or None,
        tax_amount_minor=invoice.tax_minor,
        subscription_id=invoice.subscription_id,
        invoice_id=invoice.invoice_id,
        initiated_at=moment_of(at_ms),
    )
