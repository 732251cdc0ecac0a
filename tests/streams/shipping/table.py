"""The contract's table of a shipment's transitions."""

from streams.shipping.rows import Status

S = Status
TABLE = {
    (S.PENDING, S.CREATED),
    (S.PENDING, S.BOOKING_FAILED),
    (S.BOOKING_FAILED, S.CREATED),
    (S.CREATED, S.DISPATCHED),
    (S.PENDING, S.CANCELLED),
    (S.CREATED, S.CANCELLED),
    (S.BOOKING_FAILED, S.CANCELLED),
    (S.DISPATCHED, S.IN_TRANSIT),
    (S.DELIVERY_FAILED, S.IN_TRANSIT),
    (S.DISPATCHED, S.DELIVERED),
    (S.IN_TRANSIT, S.DELIVERED),
    (S.DISPATCHED, S.DELIVERY_FAILED),
    (S.IN_TRANSIT, S.DELIVERY_FAILED),
    (S.DELIVERY_FAILED, S.DELIVERED),
    (S.DELIVERY_FAILED, S.RETURNING),
    (S.RETURNING, S.RETURNED),
    (S.DELIVERED, S.RETURN_INITIATED),
    (S.RETURN_INITIATED, S.RETURNED),
    (S.RETURN_INITIATED, S.DELIVERED),
}
"""The contract's transitions of a shipment, between two different states."""
