"""Notifications' figures: each is a setting, with the contract's default."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from events.vocabulary import Channel, Priority
from streams.moments import DAY_MS, HOUR_MS, SECOND_MS, zone_named

EMAIL: Final = "EMAIL"
SMS: Final = "SMS"
PUSH: Final = "PUSH"
IN_APP: Final = "IN_APP"

HIGH: Final = "HIGH"
NORMAL: Final = "NORMAL"
LOW: Final = "LOW"

_MAIL_AND_APP: Final[tuple[Channel, ...]] = (EMAIL, IN_APP)
_EVERYWHERE: Final[tuple[Channel, ...]] = (EMAIL, SMS, PUSH)

_CHANNELS: Final[Mapping[str, tuple[Channel, ...]]] = MappingProxyType(
    {
        "OrderConfirmed": _MAIL_AND_APP,
        "OrderAmended": _MAIL_AND_APP,
        "OrderCancelled": _MAIL_AND_APP,
        "OrderFailed": _MAIL_AND_APP,
        "PaymentProcessed": (EMAIL,),
        "PaymentFailed": _EVERYWHERE,
        "RefundIssued": _MAIL_AND_APP,
        "RefundFailed": _MAIL_AND_APP,
        "ChargebackOpened": (EMAIL,),
        "ChargebackClosed": (EMAIL,),
        "FraudDetected": (EMAIL, SMS),
        "OutOfStock": (EMAIL,),
        "InventoryAdjusted": (EMAIL,),
        "LowStockAlert": (EMAIL,),
        "ShipmentCreated": _MAIL_AND_APP,
        "ShipmentBookingFailed": (EMAIL,),
        "ShipmentDispatched": _EVERYWHERE,
        "ShipmentInTransit": (IN_APP,),
        "ShipmentDelivered": _EVERYWHERE,
        "ShipmentRouteUpdated": _MAIL_AND_APP,
        "DeliveryFailed": _EVERYWHERE,
        "ReturnInitiated": _MAIL_AND_APP,
        "ReturnReceived": _MAIL_AND_APP,
        "InvoiceGenerated": _MAIL_AND_APP,
        "SubscriptionPaymentDue": _MAIL_AND_APP,
        "SubscriptionSuspended": _EVERYWHERE,
        "SubscriptionRenewedEvent": _MAIL_AND_APP,
        "UserSubscriptionStarted": _MAIL_AND_APP,
        "UserSubscriptionCancelled": _MAIL_AND_APP,
        "PlanMigrationCompleted": _MAIL_AND_APP,
        "UserForgotPasswordEvent": (EMAIL,),
        "OrderMetricsCalculated": (EMAIL,),
        "AlertRaised": (EMAIL,),
    }
)

_PRIORITIES: Final[Mapping[str, Priority]] = MappingProxyType(
    {
        "PaymentFailed": HIGH,
        "FraudDetected": HIGH,
        "DeliveryFailed": HIGH,
        "SubscriptionSuspended": HIGH,
        "UserForgotPasswordEvent": HIGH,
        "OrderMetricsCalculated": LOW,
    }
)

_TIMEZONES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "US": "America/New_York",
        "CA": "America/Toronto",
        "GB": "Europe/London",
        "IE": "Europe/Dublin",
        "DE": "Europe/Berlin",
        "FR": "Europe/Paris",
        "NL": "Europe/Amsterdam",
        "ES": "Europe/Madrid",
        "IT": "Europe/Rome",
        "AU": "Australia/Sydney",
    }
)


@dataclass(frozen=True, slots=True)
class NotificationRules:
    """What Notifications may be told otherwise by its settings."""

    channels: Mapping[str, tuple[Channel, ...]] = field(default_factory=lambda: _CHANNELS)
    """Where each event is told (G-34). An event that is not named here is told nobody."""
    priorities: Mapping[str, Priority] = field(default_factory=lambda: _PRIORITIES)
    """HIGH, NORMAL or LOW by event; NORMAL where none is named (G-34)."""
    severities: frozenset[str] = frozenset({"high", "critical"})
    """Of FraudDetected that the customer is told (G-25)."""
    severities_security: frozenset[str] = frozenset({"critical"})
    """Of FraudDetected that the security team is told (G-25)."""
    reminder_days: int = 3
    """How long before a payment falls due its customer is reminded."""
    watchers_told_max: int = 100
    """Customers who wait for a product and are told in one go that it is back; others follow."""

    ops_id: str = "ops"
    """The recipient of what the shop's own people are told (G-34)."""
    ops_email: str = "ops@flowmart.example"
    security_id: str = "security"
    """The security team as a recipient (G-25)."""
    security_email: str = "security@flowmart.example"

    recipient_max: int = 10
    """Messages that leave the house for one recipient in a window; in-app ones do not (G-37)."""
    window_ms: int = HOUR_MS
    """Windows of that limit, aligned to the epoch (G-37)."""
    defer_windows_max: int = 24
    """How many windows ahead a NORMAL message may wait for room; none there: not sent."""
    retry_1_ms: int = 1 * SECOND_MS
    """From the first failed try to the second (G-37)."""
    retry_2_ms: int = 4 * SECOND_MS
    """From the second to the third (G-37)."""
    retry_3_ms: int = 16 * SECOND_MS
    """From the third to the fourth, the last (G-37)."""
    breaker_share_max: float = 0.5
    """Share of failed calls above which a channel pauses (contract)."""
    breaker_calls_min: int = 20
    """Calls of a minute below which a channel never pauses."""
    breaker_pause_ms: int = 60 * SECOND_MS
    """How long it pauses (G-37)."""
    expire_ms: int = DAY_MS
    """How long a message waits for a channel that pauses; a push lives as long (G-36)."""
    call_s: float = 1.5
    """The longest call. Four of them, the waits between them and a tick each end in 30 s."""

    quiet_from_hour: int = 21
    """Local hour from which NORMAL and LOW SMS wait (G-35)."""
    quiet_to_hour: int = 8
    """Local hour at which they go on (G-35)."""
    digest_hour: int = 9
    """Local hour of the daily digest of LOW messages (G-37)."""
    digest_entries_max: int = 240
    """Messages of a digest; further ones are dropped, as over the limit of an hour."""
    digest_bytes_max: int = 500_000
    """The same of what their words take: a digest is one row and one record."""
    timezone: str = "UTC"
    """Of a recipient whose country and time zone nobody knows."""
    timezones: Mapping[str, str] = field(default_factory=lambda: _TIMEZONES)
    """By country, of a recipient who named none."""
    sms_verified_only: bool = True
    """Whether an SMS needs a number that its owner has confirmed (G-35)."""
    sms_parts_max: int = 3
    """Parts of an SMS; a longer text is cut and ends in a link (G-35)."""
    soft_bounces_max: int = 3
    """Soft bounces after which an address gets no mail any more (G-36)."""
    soft_bounce_ms: int = 7 * DAY_MS
    """Within this time (G-36)."""

    email_per_s: int = 100
    """Mails a second, over all workers (contract)."""
    sms_per_s: int = 10
    """SMS a second (G-35)."""
    push_per_s: int = 1_000
    """Pushes a second (contract)."""
    history_ms: int = 90 * DAY_MS
    """How long a notification is kept (G-38)."""
    letters_max: int = 250
    """Letters of each partition that can be listed without naming a customer; the history of 90
    days has them all."""
    locale: str = "en"
    """Of who named none, and of templates that lack the one that was named (G-34)."""
    link: str = "https://flowmart.example/o/"
    """Where a message that had to be cut goes on."""

    def __post_init__(self) -> None:
        """Refuse a time zone that there is not: it would count as UTC."""
        for zone in (self.timezone, *self.timezones.values()):
            if zone_named(zone) is None:
                raise ValueError(f"{zone} is no time zone: expected a name such as Europe/Berlin")

    @property
    def retries_ms(self) -> tuple[int, ...]:
        """The waits before the second, third and fourth try."""
        return (self.retry_1_ms, self.retry_2_ms, self.retry_3_ms)

    def channels_of(self, event: str) -> tuple[Channel, ...]:
        """Where an event is told."""
        return self.channels.get(event, ())

    def priority_of(self, event: str) -> Priority:
        """How urgent an event is."""
        return self.priorities.get(event, NORMAL)
