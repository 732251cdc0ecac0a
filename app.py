"""Binds topics, tables and agents to Faust: `faust -A app worker`.

Importing this module reads the environment and connects to nothing.
"""

import asyncio
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, Final

import uvloop

import commands  # noqa: F401 - defining a command registers it
from agents.alarms import alarms_agent
from agents.allocation import allocation_agent
from agents.carriers import carriers_effect
from agents.carts import carts_agent
from agents.eraser import eraser_agent
from agents.fraud import fraud_agent
from agents.gateway import gateway_effect
from agents.metrics import metrics_agent
from agents.notifier import notifier_agent
from agents.notify import notify_agent
from agents.orders import orders_agent
from agents.payments import payments_agent
from agents.pulse import pulse_agent
from agents.registrations import registrations_agent
from agents.reports import reports_agent
from agents.review import review_agent
from agents.sender import sender_effects
from agents.settlement_report import settlement_report_agent
from agents.shipping import shipping_agent
from agents.stock import stock_agent
from agents.subscribed_orders import subscribed_orders_agent
from agents.subscriptions import subscriptions_agent
from agents.totals import totals_agent
from agents.warehouses import warehouses_agent
from agents.writing import Writing
from engine.bind import LaneApp, WorkerOptions, create_worker_app
from engine.inlet import Inlet
from engine.policy import Policy
from engine.specs import AgentSpec, EffectSpec
from engine.topology import Topology
from providers.health import Clock, now_ms
from providers.mail import SmtpMail, SmtpServer
from providers.notifications import Messenger, Messengers
from providers.outbox import Outbox
from providers.payments import PaymentProvider
from providers.push import FcmPush
from providers.simulated import SimulatedProvider
from providers.simulated_carriers import simulated_carriers
from providers.sms import HttpSms
from settings import Settings, revealed, settings_or_exit
from streams.notifications.rules import EMAIL, PUSH, SMS
from streams.shipping.quotes import offers
from web.access import Tokens
from web.carriers import CarrierWebhooks
from web.notifications import NotificationViews
from web.quotes import Quotes
from web.server import WorkerWeb

if TYPE_CHECKING:
    from providers.stripe import StripeProvider

SIMULATED: Final = ("simulated", "paypal")
"""Providers where none is named: the first is asked first."""


def agents_of(
    settings: Settings, clock: Clock = now_ms
) -> tuple[tuple[AgentSpec, ...], tuple[EffectSpec, ...]]:
    """Every agent and effect, in the order in which one record reaches them.

    `clock` tells the age of charges: that of the records, where their time is made up.
    """
    scaled = settings.scaled
    payments, notifications = scaled(settings.payments), scaled(settings.notifications)
    metrics = scaled(settings.metrics)
    agents: tuple[AgentSpec, ...] = (
        orders_agent(scaled(settings.orders)),
        subscribed_orders_agent(settings.clock),
        carts_agent(scaled(settings.carts)),
        allocation_agent(scaled(settings.allocation)),
        stock_agent(scaled(settings.inventory)),
        warehouses_agent(scaled(settings.inventory)),
        payments_agent(payments),
        shipping_agent(scaled(settings.shipping)),
        fraud_agent(scaled(settings.fraud), settings.partitions),
        review_agent(scaled(settings.fraud)),
        subscriptions_agent(
            settings.subscriptions, settings.billing, settings.orders, settings.clock
        ),
        registrations_agent(),
        notify_agent(notifications),
        notifier_agent(notifications),
        metrics_agent(metrics, settings.clock),
        reports_agent(metrics, settings.clock, partitions=settings.partitions),
        pulse_agent(settings.pulse),
        totals_agent(settings.pulse, settings.alerts),
        alarms_agent(settings.alerts),
    )
    if settings.payment_provider != "stripe":  # Stripe keeps books of its own.
        agents = (*agents, settlement_report_agent(SIMULATED))
    tables = [table for agent in agents for table in agent.tables]
    eraser = eraser_agent(scaled(settings.erasure), tables, settings.partitions)
    senders = sender_effects(messengers_of(settings), notifications, partitions=settings.partitions)
    carriers = simulated_carriers(scaled(settings.carriers), latency_ms=settings.carrier_latency_ms)
    return (*agents, eraser), (
        gateway_effect(payment_providers_of(settings), payments, clock=clock),
        carriers_effect(carriers),
        *senders,
    )


def payment_providers_of(settings: Settings) -> dict[str, PaymentProvider]:
    """Who takes payments, by name: the first is asked first, the others are its backups (G-19)."""
    if settings.payment_provider == "stripe":
        provider = stripe_of(settings)
        return {provider.name: provider}
    return {name: _simulated(name, settings) for name in SIMULATED}


def _simulated(name: str, settings: Settings) -> SimulatedProvider:
    provider = SimulatedProvider(
        name,
        latency_ms=settings.provider_latency_ms,
        decline_rate=settings.provider_decline_rate,
    )
    provider.outage = name in settings.provider_outages
    return provider


def stripe_of(settings: Settings) -> "StripeProvider":
    """Stripe, as the settings name it."""
    from providers.stripe import StripeProvider  # noqa: PLC0415 - a fifteenth of a start

    assert settings.stripe_key is not None, "settings refuse Stripe without its key"
    return StripeProvider(settings.stripe_key.get_secret_value(), url=settings.stripe_url)


def messengers_of(settings: Settings) -> Messengers:
    """Who takes mail, SMS and pushes: what the settings name, else the embedded outbox."""
    found: dict[str, Messenger] = dict.fromkeys((EMAIL, SMS, PUSH), Outbox())
    if settings.smtp_url:
        url = settings.smtp_url.get_secret_value()
        found[EMAIL] = SmtpMail(SmtpServer.at(url, settings.mail_from))
    if settings.sms_url:
        token = settings.sms_token.get_secret_value()
        found[SMS] = HttpSms(settings.sms_url, token, settings.sms_from)
    if settings.push_url:
        found[PUSH] = FcmPush(settings.push_url, settings.push_token.get_secret_value())
    return found


def topology_of(settings: Settings) -> Topology:
    """The whole application as data."""
    agents, effects = agents_of(settings)
    return Topology(
        agents,
        effects,
        app_id=settings.app_id,
        env=settings.env,
        partitions=settings.partitions,
    )


def create_app(settings: Settings, topology: Topology | None = None) -> LaneApp:
    """A worker that runs every agent, or those of the topology given."""
    policy = Policy(
        linger_s=settings.commit_linger_ms / 1000,
        bulk_linger_s=settings.commit_bulk_ms / 1000,
        rows_max=settings.rows_cached_max,
        slow_s=settings.slow_ms / 1000,
    )
    options = WorkerOptions(
        broker=settings.broker,
        data_dir=settings.data_dir,
        access=settings.broker_access,
        instance_id=settings.instance_id,
        replication=settings.replication,
        web_host=settings.web_host,
        web_advertised=settings.web_advertised or settings.web_host,
        web_port=settings.web_port,
        session_timeout_s=settings.session_timeout_s,
    )
    created = create_worker_app(
        topology or topology_of(settings), policy, options, **_logs_of(settings)
    )
    tokens = Tokens(revealed(settings.view_token), revealed(settings.personal_token))
    inlet = Inlet(created)
    secrets = {name: one.get_secret_value() for name, one in settings.carrier_secrets.items()}
    quotes = Quotes(lambda query, now_ms: offers(query, now_ms, settings.shipping))
    letters = NotificationViews(created, Writing(settings.notifications).written)
    routes = [*CarrierWebhooks(secrets, inlet).routes(), *quotes.routes(), *letters.routes()]
    if settings.stripe_webhook_secret and settings.stripe_key:
        from web.stripe import StripeWebhooks  # noqa: PLC0415 - see stripe_of

        hook = settings.stripe_webhook_secret.get_secret_value()
        asked = stripe_of(settings)
        routes += StripeWebhooks(hook, inlet, asked.payment_of, asked.is_let_go).routes()
    created.web_service = WorkerWeb(created, tokens, inlet, routes, (quotes.answered,))
    created.greeting = f"settings: {settings.model_dump_json(exclude_defaults=True)}"
    if settings.env == "prod" and settings.payment_provider == "simulated":
        created.greeting += "; payments are simulated: orders are sent and nobody pays"
    return created


def _logs_of(settings: Settings) -> dict[str, Any]:
    """What Faust has to be told of logs."""
    if settings.log_format == "text":
        return {}
    from engine.logs import json_logging  # noqa: PLC0415 - lines of text start sooner

    return {"logging_config": json_logging()}


# Faust's banner, customers' names: what a terminal's character set lacks is written as an escape.
for _stream in (sys.stdout, sys.stderr):
    if isinstance(_stream, TextIOWrapper):
        _stream.reconfigure(errors="backslashreplace")

# What `faust -L uvloop` does, for those who type only `faust -A app worker`.
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())

app = create_app(settings_or_exit())
