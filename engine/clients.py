"""How every Kafka client of a worker connects."""

from typing import Any

from faust.transport.drivers import aiokafka as driver


def client_options(app: Any) -> dict[str, Any]:
    """Connection options that every Kafka client of the worker shares."""
    conf = app.conf
    return {
        "bootstrap_servers": driver.server_list(conf.broker, 9092),
        "client_id": conf.broker_client_id,
        "request_timeout_ms": int(conf.broker_request_timeout * 1000),
        "metadata_max_age_ms": conf.consumer_metadata_max_age_ms,
        **app.security,
    }
