"""Faust's Kafka transport with records in batches: `kafka+lane://host:port`."""

from collections.abc import Mapping
from typing import Any, cast

from faust.transport.drivers import aiokafka as driver

from engine import patches
from engine.clients import client_options
from engine.consumer import Consumer

__all__ = ["Consumer", "Producer", "Transport", "client_options"]

patches.apply()


class Producer(driver.Producer):
    """Faust's own producer, for what is sent outside of lanes; idempotent always."""

    def _settings_auth(self) -> Mapping[str, Any]:
        return cast("Mapping[str, Any]", self.app.security)  # type: ignore[attr-defined]  # see bind

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class Transport(driver.Transport):
    """What the URL scheme `kafka+lane` stands for."""

    Consumer = Consumer
    Producer = Producer

    async def on_start(self) -> None:
        """Nothing to start."""
