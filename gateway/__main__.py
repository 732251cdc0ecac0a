"""`python -m gateway` serves the API; `token` makes a token for development."""

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path
from typing import Any, Final

from aiokafka.errors import KafkaConnectionError, KafkaError

import tables.inventory
import tables.notifications
import tables.orders
import tables.payments
import tables.shipping
import tables.subscriptions
from engine.brokers import nobody_answers
from engine.logs import log_as
from gateway import openapi
from gateway.callers import Callers
from gateway.guard import Guard
from gateway.measures import Measures
from gateway.server import Gateway
from gateway.tokens import Issuer, Role
from gateway.workers import Workers
from settings import Settings, revealed, settings_or_exit
from web.port import CannotListen

SHOWN: Final = (
    tables.inventory.STOCK,
    tables.notifications.NOTIFICATIONS,
    tables.orders.ORDERS,
    tables.payments.PAYMENTS,
    tables.shipping.SHIPMENTS,
    tables.subscriptions.STANDINGS,
)
"""Tables whose rows the API shows."""


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks and return the exit code."""
    options = _parsed(arguments)
    if options.command == "openapi":
        return _openapi(check=options.check)
    settings = settings_or_exit()
    issuer = issuer_of(settings)
    if options.command == "token":
        return _token(options, settings, issuer)
    return _served(settings, issuer)


def _served(settings: Settings, issuer: Issuer) -> int:
    """Serve until Ctrl-C and return the exit code."""
    log_as(settings.log_format, "gateway.kafka", "gateway.writes")
    try:
        asyncio.run(_serve(settings, issuer))
    except KafkaConnectionError:
        return _fail(nobody_answers(settings.broker))
    except KafkaError as refused:
        return _fail(f"Kafka at {settings.broker}: {refused!r}")
    except CannotListen as refused:
        return _fail(str(refused))
    except KeyboardInterrupt:  # While it connects: afterwards it ends by itself.
        return 130
    return 0


def issuer_of(settings: Settings) -> Issuer:
    """Whose tokens the settings accept; without a key the program ends with a line."""
    if settings.gateway_jwt_key is None:
        raise SystemExit(
            "error: FLOWMART_GATEWAY_JWT_KEY: set the secret (HS256, 32 characters or more) or"
            " the public key (RS256) by which tokens are checked"
        )
    before = settings.gateway_jwt_key_before
    try:
        return Issuer(
            key=settings.gateway_jwt_key.get_secret_value(),
            key_before=revealed(before),
            algorithm=settings.gateway_jwt_algorithm,
            issuer=settings.gateway_jwt_issuer,
            audience=settings.gateway_jwt_audience,
            skew_s=settings.gateway.clock_skew_ms // 1000,
        )
    except ValueError as wrong:
        name = "FLOWMART_GATEWAY_JWT_KEY" + ("" if before is None else " or _BEFORE")
        raise SystemExit(f"error: {name}: {wrong}") from None


async def _serve(settings: Settings, issuer: Issuer) -> None:
    view, personal = revealed(settings.view_token), revealed(settings.personal_token)
    workers = Workers(settings.worker_url.split(","), view, settings.gateway, personal)
    types: dict[str, Any] = {table.name: table.row for table in SHOWN}
    callers = Callers(settings.gateway_trusted_proxies, settings.gateway_proxy_header)
    guard = Guard(issuer, callers, settings.gateway, Measures(), view)
    options = {"bootstrap_servers": settings.broker, **settings.broker_access.options()}
    gateway = Gateway(options, settings.env, guard, workers, settings.gateway, types)
    await gateway.start(settings.gateway_host, settings.gateway_port)
    logging.getLogger(__name__).info(
        "listening on http://%s:%d", settings.gateway_host, settings.gateway_port
    )
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
    await gateway.stop()


def _token(options: argparse.Namespace, settings: Settings, issuer: Issuer) -> int:
    if settings.env != "dev" or issuer.algorithm != "HS256":
        return _fail("tokens are made here in dev only: elsewhere the identity provider signs")
    token = issuer.sign(options.sub, options.role, options.scope, mfa=options.mfa)
    sys.stdout.write(token + "\n")
    return 0


def _openapi(*, check: bool) -> int:
    docs = Path("docs")
    if check:
        return 0 if openapi.is_current(docs) else _fail("docs/openapi.json is stale: `make docs`")
    (docs / openapi.FILE).write_text(openapi.text(), encoding="utf-8")
    return 0


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m gateway",
        description="Serve the HTTP API, as FLOWMART_* settings say, until Ctrl-C.",
        epilog="FLOWMART_GATEWAY_JWT_KEY has to be set. Exit codes: 0 ended, 1 it could not run.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="instead")
    document = commands.add_parser("openapi", help="write docs/openapi.json anew")
    document.add_argument("--check", action="store_true", help="only see whether it is current")
    token = commands.add_parser("token", help="print a token for development")
    token.add_argument("--sub", required=True, help="whose token: a customer's id")
    token.add_argument(
        "--role",
        action="append",
        required=True,
        choices=sorted(role.value for role in set(Role) - {Role.ANONYMOUS}),
    )
    token.add_argument("--scope", action="append", default=[], help="such as orders:write")
    token.add_argument("--mfa", action="store_true", help="as after a second factor")
    return parser.parse_args(arguments)


def _fail(message: str) -> int:
    sys.stderr.write(f"error: {message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
