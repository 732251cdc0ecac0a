"""Every figure of the API gateway, with the contract's defaults (G-2 to G-7)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GatewayRules:
    """Durations in ms, rates per minute, sizes in bytes."""

    clock_skew_ms: int = 60_000
    """How far a token's times may be off (G-2)."""

    anonymous_per_min: int = 60
    """Requests of one address without a token (G-3)."""
    customer_per_min: int = 120
    premium_per_min: int = 240
    partner_reads_per_min: int = 6_000
    """Of a partner or a service: 100 a second."""
    partner_writes_per_min: int = 6_000
    checkouts_per_min: int = 10
    """POST of orders and payments, one customer (G-3)."""
    address_per_min: int = 12_000
    """What one address may try before anybody looks at its token (G-3)."""
    burst_ms: int = 2_000
    """A bucket holds what its rate gives in this time, and `burst_min` at least."""
    burst_min: int = 10
    concurrent_max: int = 50
    """Requests of one principal under way (G-3)."""
    principals_max: int = 100_000
    """Buckets remembered; the longest unused is forgotten first."""

    body_bytes_max: int = 1_048_576
    """G-4."""
    page_size: int = 20
    page_size_max: int = 100
    """G-4."""

    inventory_status_ttl_ms: int = 2_000
    """How long an answer may be served again (G-5)."""
    inventory_list_ttl_ms: int = 5_000
    order_ttl_ms: int = 1_000
    shipment_ttl_ms: int = 10_000
    payment_open_ttl_ms: int = 2_000
    payment_ended_ttl_ms: int = 60_000
    absent_ttl_ms: int = 1_000
    answers_bytes_max: int = 67_108_864
    """What answers that may be served again take: 64 MiB. The longest unused goes first."""

    probe_every_ms: int = 5_000
    """G-6."""
    probes_out: int = 3
    """Failures in a row after which a worker is asked no more."""
    probes_in: int = 2
    """Successes in a row after which it is asked again."""
    read_timeout_ms: int = 2_000
    write_timeout_ms: int = 5_000
    breaker_window_ms: int = 10_000
    breaker_calls_min: int = 20
    breaker_failures: float = 0.5
    """Share of failed calls in the window that opens the breaker."""
    breaker_open_ms: int = 30_000
    breaker_probes: int = 3
    """Calls let through half open; all must succeed."""

    order_wait_ms: int = 2_000
    """How long POST of an order waits for its outcome (G-7): the order's promise."""
    accepted_kept_ms: int = 600_000
    """For how long a Location says of what is not there yet that it was accepted (G-7)."""
    accepted_max: int = 10_000
    """Of so many, the newest."""
    key_length_max: int = 255
    """Of an Idempotency-Key (G-7)."""
    key_kept_ms: int = 86_400_000
    """How long an Idempotency-Key answers (G-7): 24 h."""
    keys_bytes_max: int = 134_217_728
    """What remembered answers may take, about 2 kB an order and 1 kB any other request: 128 MiB
    is 65,000 orders. Above it the oldest are forgotten before their time."""
