"""Places orders at a rate and measures what comes of them, against a cluster that runs already."""

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from simulator.latency import percentile
from simulator.session import Session, opened
from simulator.settings import Mix, ShopSettings

PATIENCE_S: Final = 15.0
"""How long no answer may come before the rest is given up."""


def shop_for_load(seed: int, *, clean: bool) -> ShopSettings:
    """A shop with enough on its shelves, in which nothing goes wrong unless asked."""
    shop = ShopSettings(seed=seed, stock_min=1_000_000, stock_max=2_000_000)
    return replace(shop, mix=Mix.clean()) if clean else shop


def broker() -> str:
    """Where Kafka is, as the environment says."""
    return os.environ.get("FLOWMART_BROKER", "127.0.0.1:9092").split("://")[-1]


async def place(
    orders: int, rate: float, shop: ShopSettings, *, measured: bool
) -> Mapping[str, float | int | None]:
    """Stock the shop and place orders at FLOWMART_BROKER; the figures say how that went.

    Not measured: returns once every order is acknowledged. Measured: once every one of them is
    confirmed or refused too, and whatever payments came meanwhile are timed.

    Raises:
        TopicsMissing: nobody made the topics yet.
        NobodyAnswers: no worker runs.
    """
    bootstrap = broker()
    env = os.environ.get("FLOWMART_ENV", "dev")
    judged = shop.mix != Mix.clean()
    async with opened(bootstrap, env, shop, hears=measured, judged=judged) as session:
        await session.stock()
        await session.place(orders, rate)
        if measured:
            await session.settle(PATIENCE_S, lambda: None)
        return _figures(session, orders)


def _figures(session: Session, orders: int) -> dict[str, float | int | None]:
    watch = session.stopwatch
    placing_s = max(session.placing_s, time.get_clock_info("monotonic").resolution)
    return {
        "orders_placed": session.script.memory.placed,
        "records_sent": session.sender.records,
        "orders_per_s": round(orders / placing_s, 1),
        "orders_decided": watch.decided,
        "confirm_ms_p50": percentile(watch.confirm_ms, 0.5),
        "confirm_ms_p99": percentile(watch.confirm_ms, 0.99),
        "payments_timed": len(watch.payment_ms),
        "payment_ms_p50": percentile(watch.payment_ms, 0.5),
        "payment_ms_p99": percentile(watch.payment_ms, 0.99),
    }
