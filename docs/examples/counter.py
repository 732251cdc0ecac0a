# ruff: noqa: INP001 - documentation, not a package
"""An agent with a table: counts each customer's clicks and announces every hundredth.

make broker &
faust -A docs.examples.counter worker -l info
for i in $(seq 100); do echo '{"customer": "ann"}'; done | kcat -b 127.0.0.1:9092 -P -t clicks
kcat -b 127.0.0.1:9092 -C -e -t clicks.hundreds
faust -A docs.examples.counter agents
"""

import os
from pathlib import Path

import msgspec

import commands  # noqa: F401 - gives it `agents`, `dead-letters`, `tables`
from engine.bind import WorkerOptions, create_worker_app
from engine.json_codec import JsonCodec
from engine.policy import Policy
from engine.specs import AgentSpec, Context, Delivery, Source, TableSpec, TopicSpec
from engine.topology import Topology


class Click(msgspec.Struct):
    """A customer clicked."""

    customer: str


CLICKS = TopicSpec("clicks", key="customer", codec=JsonCodec(Click), events=(Click,))
HUNDREDS = TopicSpec("clicks.hundreds", key="customer", codec=JsonCodec(Click))
COUNTS = TableSpec("click_counts", row=int, key="customer", help="Clicks of each customer.")


def count(ctx: Context, delivery: Delivery) -> None:
    """Count the click; tell every hundredth."""
    counts, customer = ctx.table(COUNTS), delivery.value.customer
    clicks = counts[customer] = (counts.get(customer) or 0) + 1
    if clicks % 100 == 0:
        ctx.publish(HUNDREDS, customer, delivery.record.value or b"", ())


COUNTER = AgentSpec(
    name="counter",
    help="Counts clicks.",
    sources=(Source(CLICKS, {"Click": count}, by="customer"),),
    tables=(COUNTS,),
    outputs=(HUNDREDS,),
)

app = create_worker_app(
    Topology([COUNTER], app_id="counter", env="dev", partitions=4),
    Policy(),
    WorkerOptions(os.environ.get("FLOWMART_BROKER", "127.0.0.1:9092"), Path("var/counter")),
)
