# ruff: noqa: INP001 - documentation, not a package
"""A windowed count and a join: views of pages a minute, and which page an order came from.

make broker &
faust -A docs.examples.visits worker -l info
echo '{"customer": "ann", "page": "shoes"}' | kcat -b 127.0.0.1:9092 -P -t views
echo '{"customer": "ann", "order": "ord_1"}' | kcat -b 127.0.0.1:9092 -P -t bought
kcat -b 127.0.0.1:9092 -C -e -t origins
curl http://127.0.0.1:6066/tables/seen/
faust -A docs.examples.visits dead-letters list

How it is tested in memory, hours in milliseconds: tests/docs/test_visits_example.py
"""

import os
from pathlib import Path

import msgspec

import commands  # noqa: F401 - gives it `dead-letters`, `tables`, `topics`
from engine.bind import WorkerOptions, create_worker_app
from engine.inlet import Inlet
from engine.json_codec import JsonCodec
from engine.policy import Policy
from engine.specs import AgentSpec, Context, Delivery, Source, TableSpec, Timer, TopicSpec
from engine.topology import Topology
from engine.windows import Tumbling, Windows, clocks_table, split_key
from web.access import Tokens
from web.server import WorkerWeb


class View(msgspec.Struct):
    """A customer looked at a page."""

    customer: str
    page: str


class Bought(msgspec.Struct):
    """A customer ordered."""

    customer: str
    order: str


class Views(msgspec.Struct):
    """How often a page was seen in the minute that begins then."""

    page: str
    start_ms: int
    views: int


class Origin(msgspec.Struct):
    """Which page an order came from."""

    order: str
    page: str


class Seen(msgspec.Struct, frozen=True):
    """What a customer saw last. Rows are frozen: a new one takes the place of the old."""

    page: str
    at_ms: int


VIEWS = TopicSpec("views", key="customer", codec=JsonCodec(View), events=(View,))
BOUGHT = TopicSpec("bought", key="customer", codec=JsonCodec(Bought), events=(Bought,))
MINUTES = TopicSpec("views.minutes", key="page", codec=JsonCodec(Views))
ORIGINS = TopicSpec("origins", key="order", codec=JsonCodec(Origin))

COUNTS = TableSpec("view_counts", row=int, key="minute, page", help="Views a minute.")
CLOCKS = clocks_table("view_clocks")
SEEN = TableSpec("seen", row=Seen, key="customer", help="What each customer saw last.")

MINUTE = Tumbling(size_ms=60_000, grace_ms=10_000, retention_ms=3_600_000)
"""A minute is told 10 s after its end, of event time, and its rows go an hour after it."""
WITHIN_MS = 30 * 60_000
"""An order comes from a page that was seen at most so long before."""


def count(ctx: Context, delivery: Delivery) -> None:
    """Count the view in its minute, unless it is late; tell the minutes that are over."""
    windows = Windows(MINUTE, ctx.table(COUNTS), ctx.table(CLOCKS), "views")
    windows.fold(delivery.value.page, delivery.record.timestamp, lambda views: (views or 0) + 1)
    for key, views in windows.closed():
        start_ms, page = split_key(key)
        ctx.publish(MINUTES, page, msgspec.json.encode(Views(page, start_ms, views)), ())
    windows.expire()


def see(ctx: Context, delivery: Delivery) -> None:
    """Keep the page for the order that may follow, as long as it may."""
    view, at_ms = delivery.value, delivery.record.timestamp
    ctx.table(SEEN)[view.customer] = Seen(view.page, at_ms)
    ctx.set_timer("forget", view.customer, at_ms + WITHIN_MS)


def buy(ctx: Context, delivery: Delivery) -> None:
    """Tell which page the order came from, if from any."""
    bought: Bought = delivery.value
    seen = ctx.table(SEEN).get(bought.customer)
    if seen is not None and delivery.record.timestamp - seen.at_ms <= WITHIN_MS:
        origin = Origin(bought.order, seen.page)
        ctx.publish(ORIGINS, bought.order, msgspec.json.encode(origin), ())


def forget(ctx: Context, timer: Timer, _now_ms: int) -> None:
    """Drop a page that nothing was ordered from, so that the table stays bounded."""
    seen = ctx.table(SEEN).get(timer.key)
    if seen is not None and seen.at_ms + WITHIN_MS <= timer.due_ms:
        del ctx.table(SEEN)[timer.key]


# `by` is what a table needs to have in one place: records that lie elsewhere are forwarded.
COUNTER = AgentSpec(
    name="view-counter",
    help="Views of each page a minute.",
    sources=(Source(VIEWS, {"View": count}, by="page"),),
    tables=(COUNTS, CLOCKS),
    outputs=(MINUTES,),
)
JOINER = AgentSpec(
    name="origins",
    help="Joins orders with the page that the customer saw before.",
    sources=(
        Source(VIEWS, {"View": see}, by="customer"),
        Source(BOUGHT, {"Bought": buy}, by="customer"),
    ),
    tables=(SEEN,),
    outputs=(ORIGINS,),
    timers={"forget": forget},
)

app = create_worker_app(
    Topology([COUNTER, JOINER], app_id="visits", env="dev", partitions=4),
    Policy(),
    WorkerOptions(os.environ.get("FLOWMART_BROKER", "127.0.0.1:9092"), Path("var/visits")),
)
app.web_service = WorkerWeb(app, Tokens(), Inlet(app))  # /tables/, /metrics, /ready, on port 6066
