"""One frozen object with every setting, what each may be, and which of them go together."""

import dataclasses
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import (
    AwareDatetime,
    Field,
    FilePath,
    IPvAnyNetwork,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from engine.brokers import BrokerAccess
from providers.simulated_carriers import CarrierTimes
from settings.addresses import Brokers, LocalUrl, MailServer, Port, Urls, is_loopback
from settings.figures import figures, scaled
from settings.gateway import GatewayRules
from settings.keys import CarrierSecrets, JwtKey, check_tokens, revealed
from settings.names import PREFIX
from streams.alerts.rules import AlertRules
from streams.allocation.rules import AllocationRules
from streams.billing.rules import BillingRules
from streams.clock import TRUE, Clock
from streams.erasure.rules import ErasureRules
from streams.fraud.rules import FraudRules
from streams.inventory.rules import InventoryRules
from streams.metrics.rules import MetricsRules
from streams.notifications.rules import NotificationRules
from streams.orders.rules import CartRules, OrderRules
from streams.payments.rules import PaymentRules
from streams.pulse.rules import PulseRules
from streams.shipping.rules import ShippingRules
from streams.subscriptions.rules import SubscriptionRules

T = TypeVar("T")


def _in_state_home() -> Path:
    return Path("~/.local/state/flowmart-streams").expanduser()


class Settings(BaseSettings):
    """What a worker, a command or a demo may be told."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    broker: Brokers = "127.0.0.1:9092"
    """host:port of one or more Kafka brokers, joined by commas."""
    broker_tls: bool = False
    """Whether brokers are spoken to by TLS. Their certificates and names are checked."""
    broker_ca_file: FilePath | None = None
    """Who signed the brokers' certificates, in PEM. Default: whom this machine trusts."""
    broker_cert_file: FilePath | None = None
    """Our own certificate, in PEM, for brokers that want one, with its key in the next."""
    broker_key_file: FilePath | None = None
    broker_user: str | None = None
    """As whom to log in at the brokers (SASL), with the password."""
    broker_password: SecretStr | None = None
    broker_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    env: Literal["dev", "sit", "prod"] = "dev"
    """Part of every topic's name."""
    data_dir: Path = Field(default_factory=_in_state_home)
    """Where stores live. What is in it can be rebuilt from Kafka."""
    partitions: int = Field(default=4, ge=1, le=512)
    """Of every topic that agents read. The contract asks for 12 in production."""
    replication: int = Field(default=1, ge=1, le=9)
    """Copies of each partition; 3 in production."""
    instance_id: str | None = None
    """Static membership in the consumer group: a worker that comes back within the session
    takes its partitions up again. Default: none."""
    session_timeout_s: float = Field(default=8.0, ge=6.0, le=60.0)

    commit_linger_ms: int = Field(default=10, ge=0, le=10_000)
    """A lane's transactions are at least this far apart, unless records pile up."""
    commit_bulk_ms: int = Field(default=100, ge=0, le=10_000)
    """The same while records pile up."""
    slow_ms: int = Field(default=1_000, ge=10, le=60_000)
    """A handler that takes longer is named in the log (`flowmart_slow_total`): while it runs
    nothing else of its worker moves, and after `session_timeout_s` its partitions go elsewhere."""
    rows_cached_max: int = Field(default=50_000, ge=100)
    """Decoded rows that a table keeps in a lane."""

    web_host: str = "127.0.0.1"
    web_advertised: str | None = None
    """The host by which other workers reach this one; default: web_host."""
    web_port: Port = 6066
    view_token: SecretStr | None = None
    """What readers of tables and metrics must show (`Authorization: Bearer ...`). Without it
    they are open to this machine only, and only in dev. Outside dev both have 32 characters or
    more."""
    personal_token: SecretStr | None = None
    """What readers of personal data must show: to them views are not masked. Without it nobody
    sees addresses, numbers and letters in full."""
    worker_url: Urls = "http://127.0.0.1:6066"
    """Where commands ask for rows, and the HTTP API; several are joined by commas. Commands ask the
    first that answers."""
    log_format: Literal["text", "json"] = "text"

    gateway_host: str = "127.0.0.1"
    gateway_port: Port = 8080
    gateway_trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    """Load balancers before the HTTP API: `'["10.0.0.0/8"]'`. What they say of where a request
    comes from is believed, so that limits count by client. Without them nobody is."""
    gateway_proxy_header: Literal["X-Forwarded-For", "Forwarded"] = "X-Forwarded-For"
    """The header in which they say it: name the one they write, for the other is passed through
    as the client sent it."""
    gateway_jwt_key: JwtKey | None = None
    """By which the API checks tokens: a secret for HS256, a public key in PEM for RS256."""
    gateway_jwt_key_before: JwtKey | None = None
    """The one before it, by which tokens hold too: set it while keys are changed."""
    gateway_jwt_algorithm: Literal["HS256", "RS256"] = "HS256"
    gateway_jwt_issuer: str = "flowmart"
    gateway_jwt_audience: str = "flowmart-api"

    traces_ratio: float = Field(default=1.0, ge=0.0, le=1.0)
    """The share of traces that `python -m traces` tells of, each whole."""

    time_scale: float = Field(default=1.0, ge=1.0, allow_inf_nan=False)
    """All durations of the rules are divided by it: for demonstrations and tests."""
    calendar_start: AwareDatetime | None = None
    """From here on the calendar of billing dates and daily reports runs calendar_rate times as
    fast: for demonstrations and tests. All workers need the same, at every start."""
    calendar_rate: int = Field(default=1, ge=1, le=1_000_000)
    """86400: a day a second."""
    payment_provider: Literal["simulated", "stripe"] = "simulated"
    """Who takes payments. Simulated has PayPal, simulated too, as its backup (G-19)."""
    stripe_key: SecretStr | None = None
    """Stripe's secret key (`sk_...`), wanted where Stripe takes payments."""
    stripe_webhook_secret: SecretStr | None = None
    """By which Stripe signs what it tells (`whsec_...`). Without it `/webhooks/stripe` is not
    there."""
    stripe_url: LocalUrl | None = None
    """Another server than Stripe's own, on this machine: for tests."""
    provider_decline_rate: float = Field(default=0.0, ge=0.0, le=1.0)
    """The share of charges that the simulated payment provider declines."""
    provider_outages: frozenset[Literal["simulated", "paypal"]] = frozenset()
    """Simulated payment providers that no call reaches: `'["simulated"]'`."""
    provider_latency_ms: int = Field(default=0, ge=0, le=60_000)
    """How long the simulated payment provider takes."""
    carrier_latency_ms: int = Field(default=0, ge=0, le=60_000)
    """How long the simulated carriers take to answer."""
    carrier_secrets: CarrierSecrets = Field(default_factory=dict)
    """By which carriers sign their webhooks, by their names: `{"UPS": "whsec_<base64>"}`. A
    carrier without one is not believed."""

    smtp_url: MailServer | None = None
    """Where mail is handed in: `smtp://user:password@host:587`, or `smtps://` for TLS from the
    first byte. Without it nothing leaves the house: mail is kept in the embedded outbox."""
    mail_from: str = "shop@flowmart.example"
    """The sender's address of mail."""
    sms_url: Urls | None = None
    """Where SMS are posted. Without it they are kept in the embedded outbox."""
    sms_token: SecretStr = SecretStr("")
    sms_from: str = "FlowMart"
    """The sender's name or number of SMS."""
    push_url: Urls | None = None
    """`https://fcm.googleapis.com/v1/projects/<project>/messages:send`. Without it pushes are kept
    in the embedded outbox."""
    push_token: SecretStr = SecretStr("")

    orders: OrderRules = Field(default_factory=OrderRules)
    carts: CartRules = Field(default_factory=CartRules)
    allocation: AllocationRules = Field(default_factory=AllocationRules)
    inventory: InventoryRules = Field(default_factory=InventoryRules)
    payments: PaymentRules = Field(default_factory=PaymentRules)
    fraud: FraudRules = Field(default_factory=FraudRules)
    subscriptions: SubscriptionRules = Field(default_factory=SubscriptionRules)
    billing: BillingRules = Field(default_factory=BillingRules)
    shipping: ShippingRules = Field(default_factory=ShippingRules)
    carriers: CarrierTimes = Field(default_factory=CarrierTimes)
    """When things happen to the simulated carriers' parcels."""
    metrics: MetricsRules = Field(default_factory=MetricsRules)
    pulse: PulseRules = Field(default_factory=PulseRules)
    notifications: NotificationRules = Field(default_factory=NotificationRules)
    erasure: ErasureRules = Field(default_factory=ErasureRules)
    alerts: AlertRules = Field(default_factory=AlertRules)

    gateway: GatewayRules = Field(default_factory=GatewayRules)

    @field_validator("*", mode="before")
    @classmethod
    def _figures(cls, given: Any, info: ValidationInfo) -> Any:
        """Refuse what is empty; of rules every name must be a rule's, and sets are JSON.

        An empty token would be one that everybody can show.
        """
        if given == "":
            raise ValueError("it is empty: give it a value or leave it out")
        rules = cls.model_fields[info.field_name or ""].annotation
        if not dataclasses.is_dataclass(rules) or not isinstance(given, dict):
            return given
        return figures(rules, given)

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.personal_token is not None and self.personal_token == self.view_token:
            raise ValueError(
                "FLOWMART_PERSONAL_TOKEN must differ from FLOWMART_VIEW_TOKEN: it is another right"
            )
        if self.view_token is None and not (self.env == "dev" and is_loopback(self.web_host)):
            raise ValueError(
                "set FLOWMART_VIEW_TOKEN: tables may be read without one only in dev and only on"
                " a loopback address (FLOWMART_WEB_HOST)"
            )
        if self.env != "dev":
            check_tokens(
                {
                    "FLOWMART_VIEW_TOKEN": self.view_token,
                    "FLOWMART_PERSONAL_TOKEN": self.personal_token,
                }
            )
        if self.partitions > self.billing.number_lanes:
            raise ValueError(
                "set FLOWMART_BILLING__NUMBER_LANES to FLOWMART_PARTITIONS or more: partitions"
                " would give the same invoice numbers"
            )
        if without_rate := sorted(self.orders.currencies - self.metrics.pence.keys()):
            raise ValueError(
                f"set what {', '.join(without_rate)} is worth in FLOWMART_METRICS__PENCE: reports"
                " would leave out the revenue of orders in it"
            )
        if self.payment_provider == "stripe" and self.stripe_key is None:
            raise ValueError("set FLOWMART_STRIPE_KEY: FLOWMART_PAYMENT_PROVIDER is stripe")
        if self.calendar_rate > 1 and self.calendar_start is None:
            raise ValueError("set FLOWMART_CALENDAR_START: from there on the calendar runs faster")
        if self.env == "prod" and self.gateway_jwt_key and self.gateway_jwt_algorithm != "RS256":
            raise ValueError("set FLOWMART_GATEWAY_JWT_ALGORITHM=RS256: prod takes no other (G-2)")
        return self

    @model_validator(mode="after")
    def _let_in(self) -> Self:
        shown = self.broker_user and self.broker_mechanism == "PLAIN" and not self.broker_tls
        if shown and self.env != "dev":
            raise ValueError(
                "set FLOWMART_BROKER_TLS=true: FLOWMART_BROKER_MECHANISM=PLAIN shows the password"
                " to whoever listens"
            )
        self.broker_access.options()
        return self

    @property
    def broker_access(self) -> BrokerAccess:
        """How brokers are spoken to."""
        return BrokerAccess(
            tls=self.broker_tls,
            ca_file=self.broker_ca_file,
            cert_file=self.broker_cert_file,
            key_file=self.broker_key_file,
            user=self.broker_user,
            password=revealed(self.broker_password),
            mechanism=self.broker_mechanism,
        )

    @property
    def clock(self) -> Clock:
        """The shop's calendar."""
        if self.calendar_start is None:
            return TRUE
        return Clock(round(self.calendar_start.timestamp() * 1000), self.calendar_rate)

    @property
    def app_id(self) -> str:
        """Of the consumer group, the transactions and the internal topics."""
        return f"flowmart-{self.env}"

    def scaled(self, rules: T) -> T:
        """The same rules with every duration divided by the time scale, at least 1 ms."""
        return scaled(rules, self.time_scale)
