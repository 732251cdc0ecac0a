"""One Kafka, one pair of workers, one ear: shared by all tests of this folder."""

import json
from collections.abc import Iterator

import pytest

from broker import Broker, fetch, progress_shown, warm_up
from tests.e2e.harness import Workers
from tests.e2e.heard import Ear
from tests.e2e.shop import Sender

TIME_SCALE = 100
"""A hold of 15 minutes lasts 9 s, a payment is tried again after 6 s."""

CARRIER_SECRET = "whsec_dXNwcy1zZWNyZXQ="

SETTINGS = {
    "env": "dev",
    "time_scale": str(TIME_SCALE),
    # A backorder waits 8 s, a review 24 s; three days and one would take too long even so.
    "orders__backorder_ms": str(TIME_SCALE * 8_000),
    "fraud__review_sla_ms": str(TIME_SCALE * 3_000),
    "fraud__review_timeout_ms": str(TIME_SCALE * 24_000),
    "inventory__no_backorder": '["prd_final"]',
    # Labels and amendments wait 20 s for stock: scaled, a minute would be half a second.
    "orders__exchange_wait_ms": str(TIME_SCALE * 20_000),
    "orders__amendment_wait_ms": str(TIME_SCALE * 20_000),
    # A refund on its way is asked about after 3 s.
    "payments__refund_look_ms": str(TIME_SCALE * 3_000),
    # Calls that fail by script must not take the provider down for everybody else.
    "payments__breaker_errors_max": "1000",
    "payments__breaker_calls_min": "1000000",
    "carrier_secrets": json.dumps({"USPS": CARRIER_SECRET}),
    # Not scaled: a provider that does not answer is given up after 12 s.
    "payments__gateway_backoff_s": "6",
}


@pytest.fixture(scope="package")
def kafka() -> Iterator[str]:
    """A broker of this folder's own: its topics hold what these tests wrote and nothing else."""
    with progress_shown() as progress:
        fetch(progress=progress)
    warm_up()
    with Broker() as broker:
        yield broker.bootstrap


@pytest.fixture(scope="package")
def workers(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """Two workers that share the partitions."""
    pair = Workers(tmp_path_factory.mktemp("workers"), {"broker": kafka, **SETTINGS})
    try:
        pair.start("one", "two")
        pair.settled()
        yield pair
    finally:
        pair.stop()


@pytest.fixture(scope="package")
def ear(workers: Workers, kafka: str) -> Iterator[Ear]:
    """Hears every public topic from its beginning."""
    with Ear(kafka, "dev") as listening:
        yield listening


@pytest.fixture(scope="package")
def sender(workers: Workers, kafka: str) -> Sender:
    """Sends what shops and staff send."""
    return Sender(kafka, "dev")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Show the ends of the workers' logs with a test that failed."""
    report = yield
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Workers):
                report.sections.append(("workers", value.tails()))
    return report
