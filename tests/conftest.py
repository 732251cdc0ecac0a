"""What every test may ask for."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import pytest
from hypothesis import HealthCheck, settings

from broker import Broker, fetch, progress_shown, warm_up

# What is right may take its time: a busy machine stops any example for longer than any limit.
settings.register_profile(
    "in_its_time", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("in_its_time")


class SharedBroker(Protocol):
    """The Kafka that all tests share: never stopped or hurt, topics and groups named apart."""

    @property
    def bootstrap(self) -> str:
        """`host:port`, joined by commas when there are several."""


@dataclass(frozen=True, slots=True)
class GivenBroker:
    """A cluster that somebody else runs."""

    bootstrap: str


@pytest.fixture(scope="session")
def broker() -> Iterator[SharedBroker]:
    """One running Kafka node, or the cluster that `FLOWMART_BROKER` names."""
    given = os.environ.get("FLOWMART_BROKER")
    if given:
        yield GivenBroker(given.split("://")[-1])
        return
    with progress_shown() as progress:
        fetch(progress=progress)
    warm_up()
    with Broker() as running:
        yield running


@pytest.fixture(scope="session")
def bootstrap(broker: SharedBroker) -> str:
    """The shared Kafka's address, as clients take it."""
    return broker.bootstrap
