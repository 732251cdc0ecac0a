"""The closed word lists of the contract, each a `Literal`, in the contract's own spelling."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

MethodType = Literal[
    "credit_card",
    "debit_card",
    "paypal",
    "bank_transfer",
    "apple_pay",
    "google_pay",
    "digital_wallet",
    "crypto",
]
OrderPaymentStatus = Literal["pending", "authorized", "captured", "failed", "refunded"]
ShippingMethod = Literal["standard", "express"]
AmendmentType = Literal["QUANTITY_CHANGE", "ADDRESS_CHANGE", "ITEM_ADDED", "ITEM_REMOVED"]
CancellationReason = Literal[
    "CUSTOMER_REQUEST",
    "PAYMENT_FAILED",
    "OUT_OF_STOCK",
    "RESERVATION_EXPIRED",
    "FRAUD_DETECTED",
    "DELIVERY_FAILED",
    "SUBSCRIPTION_CANCELLED",
    "OTHER",
]
RejectionReason = Literal[
    "INVALID_ADDRESS",
    "PRICE_MISMATCH",
    "ITEM_UNAVAILABLE",
    "CUSTOMER_NOT_ELIGIBLE",
    "FRAUD_FLAG",
    "INVALID_REQUEST",
]
RefundMethod = Literal["original_payment_method", "store_credit", "manual"]
ReturnRequestReason = Literal[
    "defective_item",
    "wrong_item",
    "damaged",
    "not_as_described",
    "changed_mind",
    "size_or_fit",
    "other",
]
ReturnReason = Literal[
    "defective_item",
    "wrong_item",
    "damaged",
    "not_as_described",
    "changed_mind",
    "size_or_fit",
    "delivery_failed",
    "other",
]
UNDELIVERED: Final = "delivery_failed"
"""The reason for a return of goods that did not reach their customer: the way back is free."""
ReturnMethod = Literal["carrier_pickup", "drop_off"]
Resolution = Literal["refund", "exchange"]
ItemCondition = Literal["new", "refurbished", "damaged"]
AdjustmentType = Literal["increase", "decrease"]
AdjustmentReason = Literal[
    "order_reserved",
    "reservation_released",
    "reservation_expired",
    "order_cancelled",
    "order_amended",
    "order_shipped",
    "customer_return",
    "restock",
    "transfer",
    "damaged_goods",
    "stock_count",
    "manual_correction",
    "wms_reconciliation",
]
ReservationStatus = Literal["PENDING", "CONFIRMED", "FULFILLED", "CANCELLED", "EXPIRED"]
ReleaseReason = Literal["order_cancelled", "order_amended", "reservation_expired", "payment_failed"]
CountConfidence = Literal["SYSTEM_CALCULATED", "CYCLE_COUNTED", "FULL_AUDIT"]
CheckoutType = Literal["standard", "express", "recurring"]
ProcessedStatus = Literal["confirmed", "pending", "failed"]
PaymentFailureReason = Literal[
    "insufficient_funds",
    "card_declined",
    "expired_card",
    "fraud_suspected",
    "network_error",
    "invalid_payment_method",
    "authentication_required",
    "rate_limited",
    "other",
]
AvsCheck = Literal["pass", "fail", "partial", "unavailable"]
CvvCheck = Literal["pass", "fail", "unavailable"]
InstrumentType = Literal["card", "bank_transfer", "wallet"]
SettlementType = Literal["GROSS", "NET_BATCH"]
RefundedStatus = Literal["partially_refunded", "refunded"]
RefundRefusal = Literal[
    "outside_window",
    "already_refunded",
    "fraud_hold",
    "approval_required",
    "amount_exceeds_payment",
    "not_captured",
    "provider_error",
]
ChargebackOutcome = Literal["won", "lost", "withdrawn"]
ChargeOperation = Literal["authorize", "capture", "void", "refund", "evidence"]
RiskFactorName = Literal[
    "customer_history",
    "device_fingerprint",
    "geolocation_mismatch",
    "shipping_billing_match",
    "order_amount",
    "velocity_check",
    "other",
]
RiskLevel = Literal["low", "medium", "high"]
Recommendation = Literal["approve", "review", "decline"]
FraudDecision = Literal["APPROVED", "DECLINED", "MANUAL_REVIEW"]
OverrideDecision = Literal["APPROVED", "DECLINED"]
FraudSeverity = Literal["low", "medium", "high", "critical"]
Carrier = Literal["FedEx", "UPS", "USPS", "DHL", "Royal Mail"]
CarrierScan = Literal[
    "pending",
    "shipped",
    "in_transit",
    "out_for_delivery",
    "delivered",
    "delivery_failed",
    "returned",
]
TransitType = Literal["domestic", "international"]
DeliveryType = Literal["front_door", "signed", "pickup_point"]
DeliveryFailureCode = Literal[
    "ADDRESS_NOT_FOUND", "CUSTOMER_UNAVAILABLE", "DAMAGED_IN_TRANSIT", "REFUSED", "LOST", "OTHER"
]
LOST: Final = "LOST"
"""The code of a parcel that nobody has scanned for days, or that its carrier cannot find."""
RouteChangeReason = Literal[
    "TRAFFIC_CONGESTION",
    "WEATHER_EVENT",
    "VEHICLE_BREAKDOWN",
    "HUB_CAPACITY_EXCEEDED",
    "CUSTOMER_ADDRESS_CHANGED",
]
TransportMode = Literal["ROAD", "RAIL", "AIR", "SEA", "LAST_MILE_COURIER"]
CustomsStatus = Literal["pending", "cleared", "held"]
Channel = Literal["EMAIL", "SMS", "PUSH", "IN_APP"]
Priority = Literal["HIGH", "NORMAL", "LOW"]
NotificationFailureReason = Literal[
    "provider_error", "rate_limited", "no_contact_point", "opted_out", "circuit_open", "expired"
]
ReadStatus = Literal["unread", "all"]
InteractionKind = Literal["DELIVERED", "OPENED", "CLICKED", "DISMISSED", "UNSUBSCRIBED"]
BillingCycle = Literal["daily", "weekly", "monthly", "quarterly", "annual"]
SubscriptionCancelReason = Literal[
    "no_longer_needed",
    "too_expensive",
    "switched_competitor",
    "payment_failure",
    "policy_violation",
    "other",
]
CancelledBy = Literal["customer", "system", "support"]
SYSTEM: Final = "system"
"""Who acts where nobody does: the shop itself."""
PlanChangeTiming = Literal["immediate", "period_end"]
InvoiceType = Literal["subscription", "one_time"]
InvoiceStatus = Literal["issued", "sent", "paid", "overdue", "cancelled"]
SignupMethod = Literal["email", "google_oauth", "other"]
AlertSeverity = Literal["warn", "critical"]

METHOD_SPELLINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "CreditCard": "credit_card",
        "Credit Card": "credit_card",
        "card": "credit_card",
        "DebitCard": "debit_card",
        "BankTransfer": "bank_transfer",
        "Bank Transfer": "bank_transfer",
        "PayPal": "paypal",
        "Crypto": "crypto",
    }
)
"""What older producers called the ways to pay."""
