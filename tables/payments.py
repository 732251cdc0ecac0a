"""Payment's tables."""

from typing import Final

from engine.specs import TableSpec
from streams.payments.sales import Sale
from streams.payments.states import Early, Payment

PAYMENTS: Final = TableSpec(
    name="payments",
    row=Payment,
    key="paymentId",
    help="One payment's life: what was asked for, where it stands, and where its money is.",
    mask=("session.method.token", "session.method.paypal_email", "session.method.paypal_payer_id"),
)

SALES: Final = TableSpec(
    name="sales",
    row=Sale,
    key="paymentId",
    help="What was sold under a payment: prices, parcels with their proof of delivery, returns.",
    mask=("parcels.signed_by", "parcels.proof_url"),
)

EARLY_PAYMENTS: Final = TableSpec(
    name="early_payments",
    row=Early,
    key="paymentId",
    help="News of a payment whose session is not open yet; ten minutes, a cancellation a day.",
    hidden=True,
)
