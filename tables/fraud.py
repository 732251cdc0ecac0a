"""Tables of fraud detection: customers' risk profiles, payments' checks and cases."""

from typing import Final

from engine.specs import TableSpec
from streams.fraud.case import FraudCase
from streams.fraud.profile import RiskProfile
from streams.fraud.queue import Waiting

RISK_PROFILES: Final = TableSpec(
    name="risk_profiles",
    row=RiskProfile,
    key="customerId",
    help="What is normal for one customer, and their payments of late.",
    mask=("attempts", "devices", "place", "reviewed"),
)

FRAUD: Final = TableSpec(
    name="fraud",
    row=FraudCase,
    key="paymentId",
    help="One payment's fraud check and its review.",
)

REVIEW_QUEUE: Final = TableSpec(
    name="review_queue",
    row=Waiting,
    key="100 less the score, paymentId",
    help="Payments that wait for a reviewer, the highest score first (G-24).",
)
