"""`python -m benchmarks.systems.quix.app W1`: each workload as its documentation would write it.

Runs in the environment that `system` makes, so it imports nothing that wants more than msgspec.
"""

import sys
from datetime import timedelta
from typing import Any

import msgspec
from quixstreams import Application
from quixstreams.dataframe.windows import Count, Sum

from benchmarks.job import Job
from benchmarks.systems.models import Closed, CustomerOrder, Order, Pair, Payment, Sale
from benchmarks.workloads.terms import GRACE_MS, KEPT_MS, WINDOW_MS, WITHIN_MS

_encode = msgspec.json.Encoder().encode


def application(job: Job) -> Application:
    """Its defaults, but for what a job says."""
    told = {} if job.commit_ms is None else {"commit_interval": job.commit_ms / 1000}
    return Application(
        broker_address=job.broker,
        consumer_group=job.app_id,
        auto_offset_reset="earliest",
        state_dir=str(job.data_dir),
        processing_guarantee=job.guarantee.replace("_", "-"),
        loglevel="WARNING",
        **told,
    )


def count_orders(app: Application, job: Job) -> None:
    """W1."""
    decode = msgspec.json.Decoder(CustomerOrder).decode

    def parse(value: bytes) -> tuple[CustomerOrder, bytes] | None:
        try:
            return decode(value), value
        except msgspec.ValidationError:
            return None

    def count(placed: tuple[CustomerOrder, bytes], state: Any) -> None:
        row, units = state.get("row"), 0
        for line in placed[0].lines:
            units += line.qty
        state.set("row", [1, units] if row is None else [row[0] + 1, row[1] + units])

    orders = app.dataframe(app.topic(job.inputs[0], value_deserializer="bytes"))
    orders = orders.apply(parse).filter(lambda placed: placed is not None)
    orders = orders.update(count, stateful=True)
    if not job.copy_all:
        orders = orders.filter(lambda placed: placed[0].order_id[-1] == "0")
    out = app.topic(job.output, value_serializer="bytes", key_serializer="bytes")
    orders.apply(lambda placed: placed[1]).to_topic(out)


def count_sales(app: Application, job: Job) -> None:
    """W2. Windows close by the clock of their own key, as Quix does by default."""
    decode = msgspec.json.Decoder(Sale).decode

    def closed(value: Any, key: bytes, _timestamp: int, _headers: Any) -> bytes:
        return _encode(Closed(key.decode(), value["start"], value["count"], value["sum"]))

    sales = app.dataframe(app.topic(job.inputs[0], value_deserializer="bytes"))
    sales = sales.apply(lambda value: {"amount": decode(value).amount})
    windows = sales.tumbling_window(WINDOW_MS, GRACE_MS, on_late=lambda *_: False)
    totals = windows.agg(count=Count(), sum=Sum("amount")).final()
    out = app.topic(job.output, value_serializer="bytes", key_serializer="bytes")
    totals.apply(closed, metadata=True).to_topic(out)


def join_pairs(app: Application, job: Job) -> None:
    """W3."""
    order, payment = msgspec.json.Decoder(Order).decode, msgspec.json.Decoder(Payment).decode

    def placed(value: bytes) -> dict[str, Any]:
        found = order(value)
        return {"orderId": found.order_id, "total": found.total}

    def paid(value: bytes) -> dict[str, Any]:
        found = payment(value)
        return {"paymentId": found.payment_id, "amount": found.amount}

    def pair(left: Any, right: Any) -> bytes:
        return _encode(Pair(left["orderId"], left["total"], right["paymentId"], right["amount"]))

    orders, payments = (
        app.dataframe(app.topic(name, value_deserializer="bytes")) for name in job.inputs
    )
    within = timedelta(milliseconds=WITHIN_MS)
    joined = orders.apply(placed).join_interval(
        payments.apply(paid),
        on_merge=pair,
        grace_ms=KEPT_MS,
        backward_ms=within,
        forward_ms=within,
    )
    joined.to_topic(app.topic(job.output, value_serializer="bytes", key_serializer="bytes"))


WORKLOADS = {"W1": count_orders, "W2": count_sales, "W3": join_pairs}


def main(workload: str) -> None:
    """Run until told to stop."""
    job = Job.told()
    app = application(job)
    WORKLOADS[workload](app, job)
    app.run()


if __name__ == "__main__":
    main(sys.argv[1])
