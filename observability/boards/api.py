"""The HTTP API: what it answers, how fast, and whom it refuses."""

from observability.panels import Board, Panel, Query

API = Board(
    "api",
    "HTTP API",
    "What the gateways answer, how fast, and whom they refuse.",
    (
        Panel(
            "Answers a second",
            (Query("sum by (status) (rate(flowmart_gateway_requests_total[1m]))", "{{status}}"),),
            "By HTTP status.",
            unit="ops",
            stacked=True,
        ),
        Panel(
            "Failures of the server",
            (Query("flowmart:api_errors:share5m", "share"),),
            "Answers of 500 and above, of all to shops. Alerts begin at 1 and 5 %.",
            unit="percentunit",
        ),
        Panel(
            "Slowest routes",
            (
                Query(
                    "topk(5, histogram_quantile(0.95, sum by (le, method, route)"
                    " (rate(flowmart_gateway_request_seconds_bucket[5m]))))",
                    "{{method}} {{route}}",
                ),
            ),
            "p95 of the five slowest, from a request's head to its answer.",
            unit="s",
        ),
        Panel(
            "Refused by limits",
            (Query("sum by (bucket) (rate(flowmart_gateway_limited_total[5m]))", "{{bucket}}"),),
            "A second, by whose limit it was: of an address, a caller, or its checkouts.",
            unit="ops",
        ),
        Panel(
            "Reads from the cache",
            (
                Query(
                    'sum(rate(flowmart_gateway_cache_total{result="hit"}[5m]))'
                    " / sum(rate(flowmart_gateway_cache_total[5m]))",
                    "share",
                ),
            ),
            "Of all reads.",
            unit="percentunit",
        ),
        Panel(
            "Workers that are asked",
            (Query("flowmart_gateway_workers_well", "{{instance}}"),),
            "By each gateway. With none it is not ready.",
        ),
        Panel(
            "Processor",
            (Query('rate(process_cpu_seconds_total{job="flowmart-gateway"}[1m])', "{{instance}}"),),
            "Share of one core; a gateway can use no more. Alerts begin at 70 % and 85 %.",
            unit="percentunit",
        ),
        Panel(
            "Remembered Idempotency-Keys",
            (Query("flowmart_gateway_keys_bytes", "{{instance}}"),),
            "What they take; the oldest go when there is no room.",
            unit="bytes",
        ),
    ),
)
