"""What the gateway counts: requests, refusals, cache hits, breakers."""

from typing import Final

from aiohttp import web
from prometheus_client import PROCESS_COLLECTOR, CollectorRegistry, Counter, Gauge, Histogram

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)


class Measures:
    """Prometheus metrics of one gateway."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(PROCESS_COLLECTOR)
        self._requests = Counter(
            "flowmart_gateway_requests", "Requests answered.", ("method", "route", "status"),
            registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "flowmart_gateway_request_seconds", "From a request's head to its answer.",
            ("method", "route"), buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._limited = Counter(
            "flowmart_gateway_limited", "Requests refused by a rate limit.", ("bucket",),
            registry=self.registry,
        )  # fmt: skip
        self._cache = Counter(
            "flowmart_gateway_cache", "Reads answered from the cache, or not.", ("result",),
            registry=self.registry,
        )  # fmt: skip
        for result in ("hit", "miss"):  # A share of hits is 0 before the first, not unknown.
            self._cache.labels(result)
        self.keys_bytes = Gauge(
            "flowmart_gateway_keys_bytes", "What remembered Idempotency-Keys take.",
            registry=self.registry,
        )  # fmt: skip
        self.keys_forgotten = Gauge(
            "flowmart_gateway_keys_forgotten",
            "Idempotency-Keys forgotten before their time, for want of room, since the start.",
            registry=self.registry,
        )  # fmt: skip
        self.workers = Gauge(
            "flowmart_gateway_workers_well", "Workers that are asked.", registry=self.registry
        )

    def answered(self, request: web.Request, status: int, seconds: float) -> None:
        """Count an answer by its route, never by its path: paths hold ids."""
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "none"
        self._requests.labels(request.method, route, str(status)).inc()
        self._seconds.labels(request.method, route).observe(seconds)

    def limited(self, bucket: str) -> None:
        """Count a request that came too soon."""
        self._limited.labels(bucket).inc()

    def cache(self, result: str) -> None:
        """Count a read: hit or miss."""
        self._cache.labels(result).inc()
