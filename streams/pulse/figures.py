"""What people read off a merged tally: figures by name and group, a number each.

Names begin with their family: `orders.confirmed_per_minute`. Groups are currencies,
providers, reasons, products or quantiles (`p95`, `stripe p95`); a figure without groups has
the group `all`. Money is minor units, shares are 0 to 1, `_ms` is milliseconds. A rate of a
window that is still filling counts what is there so far. A share or a quantile of nothing is
left out.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from streams.moments import MINUTE_MS
from streams.pulse import disputes, histogram, ranking, shipping
from streams.pulse.tally import Cell, Tally

ALL = "all"
PERCENTILES = (50, 95, 99)
RATE = "_per_minute"
"""How the names of figures end that are 0, not unknown, when nothing happens."""

PRODUCTS_TOLD = 10
"""Products that the ranking of a window tells."""

GATEWAY_ERRORS = frozenset({"network_error", "other"})
"""Reasons of a failed payment that are the provider's trouble, not the card's."""

NEVER_SENT = frozenset({"fraud_suspected", "rate_limited"})
"""Reasons for which a payment failed before any provider saw it."""


class Figure(msgspec.Struct, frozen=True, gc=False):
    """One number about one window, as a row."""

    value: float
    samples: int
    """Records behind the number."""
    start_ms: int
    """The window's start; 0 for what is true now rather than in a window."""


class Read(NamedTuple):
    """A figure with its name and group."""

    name: str
    group: str
    value: float
    samples: int


def named(cells: dict[str, Cell], stem: str) -> Iterator[tuple[str, Cell]]:
    """Give the cells `stem` (as `all`) and `stem|rest` (as `rest`)."""
    for name, cell in cells.items():
        head, _, rest = name.partition("|")
        if head == stem:
            yield rest or ALL, cell


def counted(cells: dict[str, Cell], stem: str) -> int:
    """Give how many records the cells of that stem counted."""
    return sum(cell.count for _, cell in named(cells, stem))


def by_part(cells: dict[str, Cell], stem: str, part: int) -> dict[str, int]:
    """Give counts by one part of the names: 1 is the reason of `failed|provider|reason`."""
    counts: dict[str, int] = {}
    for rest, cell in named(cells, stem):
        parts = rest.split("|")
        label = parts[part] if part < len(parts) else parts[-1]
        counts[label] = counts.get(label, 0) + cell.count
    return counts


def spread(cells: dict[str, Cell], stem: str) -> dict[int, int]:
    """Give the histogram of all cells of that stem."""
    total: dict[int, int] = {}
    for _, cell in named(cells, stem):
        total = histogram.merged(total, cell.buckets)
    return total


def figures_of(family: str, tally: Tally, size_ms: int) -> list[Read]:
    """Read every figure of a family off its tally."""
    per_minute = MINUTE_MS / size_ms if size_ms else 1.0
    found = [*_READERS[family](tally, per_minute)]
    late = counted(tally.cells, "late")
    if late:
        found.append(_rate("late", ALL, late, per_minute))
    return [read._replace(name=f"{family}.{read.name}") for read in found]


def _rate(stem: str, group: str, count: int, per_minute: float) -> Read:
    return Read(stem + RATE, group, count * per_minute, count)


def _rates(name: str, counts: dict[str, int], per_minute: float) -> Iterator[Read]:
    for group, count in counts.items():
        yield _rate(name, group, count, per_minute)


def _share(name: str, group: str, part: int, whole: int) -> Iterator[Read]:
    if whole:
        yield Read(name, group, part / whole, whole)


def _in_promise(cells: dict[str, Cell]) -> Iterator[Read]:
    timed = counted(cells, "latency")
    yield from _share("in_promise_share", ALL, timed - counted(cells, "slow"), timed)


def _quantiles(name: str, buckets: dict[int, int], prefix: str = "") -> Iterator[Read]:
    samples = sum(buckets.values())
    for percent in PERCENTILES:
        value = histogram.quantile(buckets, percent)
        if value is not None:
            yield Read(name, f"{prefix}p{percent}", value, samples)


def _orders(tally: Tally, per_minute: float) -> Iterator[Read]:
    cells = tally.cells
    for currency, cell in named(cells, "confirmed"):
        yield _rate("confirmed", currency, cell.count, per_minute)
        yield Read("revenue_minor" + RATE, currency, cell.total * per_minute, cell.count)
        yield Read("value_minor_mean", currency, cell.total / cell.count, cell.count)
    yield from _rates("refused", by_part(cells, "refused", 0), per_minute)
    yield from _rates("cancelled", by_part(cells, "cancelled", 0), per_minute)
    accepted, refused = counted(cells, "confirmed"), counted(cells, "refused")
    yield from _share("refused_share", ALL, refused, accepted + refused)
    yield from _in_promise(cells)
    yield from _quantiles("confirm_ms", spread(cells, "latency"))


def _payments(tally: Tally, per_minute: float) -> Iterator[Read]:
    cells = tally.cells
    yield from _rates("confirmed", by_part(cells, "confirmed", 0), per_minute)
    yield from _rates("failed", by_part(cells, "failed", 1), per_minute)
    for provider, won, attempts in successes(cells):
        yield from _share("success_share", provider, won, attempts)
    for provider, broken, attempts in gateway_errors(cells):
        yield from _share("gateway_error_share", provider, broken, attempts)
    yield from _in_promise(cells)
    yield from _quantiles("latency_ms", spread(cells, "latency"))
    for provider, cell in named(cells, "latency"):
        yield from _quantiles("latency_ms", cell.buckets, f"{provider} ")
    for currency, cell in named(cells, "refunded"):
        yield _rate("refunds", currency, cell.count, per_minute)
        yield Read("refunded_minor" + RATE, currency, cell.total * per_minute, cell.count)
    yield from _quantiles("refund_ms", spread(cells, "refund_latency"))


def successes(cells: dict[str, Cell]) -> Iterator[tuple[str, int, int]]:
    """Give by provider, and for all of them: attempts that succeeded, and all attempts."""
    good = by_part(cells, "confirmed", 0)
    bad: dict[str, int] = {}
    for provider, _, count in _failures(cells):
        bad[provider] = bad.get(provider, 0) + count
    yield ALL, sum(good.values()), sum(good.values()) + sum(bad.values())
    for provider in sorted({*good, *bad}):
        yield provider, good.get(provider, 0), good.get(provider, 0) + bad.get(provider, 0)


def gateway_errors(cells: dict[str, Cell]) -> Iterator[tuple[str, int, int]]:
    """Give by provider: attempts that the provider's trouble failed, and all attempts."""
    broken: dict[str, int] = {}
    for provider, reason, count in _failures(cells):
        if reason in GATEWAY_ERRORS:
            broken[provider] = broken.get(provider, 0) + count
    for provider, _, attempts in successes(cells):
        if provider != ALL:
            yield provider, broken.get(provider, 0), attempts


def _failures(cells: dict[str, Cell]) -> Iterator[tuple[str, str, int]]:
    """Give provider, reason and count of attempts that reached the provider and failed."""
    for rest, cell in named(cells, "failed"):
        provider, _, reason = rest.partition("|")
        if reason not in NEVER_SENT:
            yield provider, reason, cell.count


def _risk(tally: Tally, per_minute: float) -> Iterator[Read]:
    cells = tally.cells
    yield from _rates("scores", by_part(cells, "score", 0), per_minute)
    yield from _rates("decisions", by_part(cells, "decision", 0), per_minute)
    points = sum(cell.total for _, cell in named(cells, "score"))
    scores = counted(cells, "score")
    if scores:
        yield Read("score_mean", ALL, points / scores, scores)
    yield from _quantiles("check_ms", spread(cells, "latency"))


def _inventory(tally: Tally, per_minute: float) -> Iterator[Read]:
    cells = tally.cells
    held, short = counted(cells, "held"), counted(cells, "short")
    units = sum(cell.total for _, cell in named(cells, "held"))
    yield _rate("held", ALL, held, per_minute)
    yield Read("units_held" + RATE, ALL, units * per_minute, held)
    yield _rate("short", ALL, short, per_minute)
    yield _rate("expired", ALL, counted(cells, "expired"), per_minute)
    yield from _share("short_share", ALL, short, held + short)
    yield from _in_promise(cells)
    yield from _quantiles("check_ms", spread(cells, "latency"))
    yield from _quantiles("update_ms", spread(cells, "update_latency"))
    for product, count in ranking.leaders(tally.ranked, PRODUCTS_TOLD):
        yield Read("top_products", product, count * per_minute, count)


def _stock(tally: Tally, _per_minute: float) -> Iterator[Read]:
    for name in ("shelves", "units", "low", "out"):
        cell = tally.cells.get(name)
        if cell is not None:
            yield Read(name, ALL, float(cell.total), cell.count)


def newest_cycles(cells: dict[str, Cell]) -> tuple[int, int]:
    """Give billing cycles of the newest day on which there were any: failed, and all."""
    by_day: dict[str, dict[str, int]] = {}
    for stem in ("paid", "failed"):
        for day, cell in named(cells, stem):
            by_day.setdefault(day, {})[stem] = cell.total
    days = [int(day) for day, counts in by_day.items() if day.isdigit() and any(counts.values())]
    if not days:
        return 0, 0
    counts = by_day[str(max(days))]
    failed = counts.get("failed", 0)
    return failed, failed + counts.get("paid", 0)


def _subscriptions(tally: Tally, _per_minute: float) -> Iterator[Read]:
    for state, cell in named(tally.cells, "state"):
        yield Read("by_state", state, float(cell.total), cell.count)
    failed, cycles = newest_cycles(tally.cells)
    yield from _share("failed_cycle_share", ALL, failed, cycles)


def _shipping(tally: Tally, per_minute: float) -> Iterator[Read]:
    cells = tally.cells
    for carrier, won, answers in shipping.label_successes(cells):
        yield from _share("label_success_share", carrier, won, answers)
    for carrier, broken, answers in shipping.carrier_errors(cells):
        yield from _share("carrier_error_share", carrier, broken, answers)
    for carrier, cell in named(cells, "latency"):
        yield from _quantiles("carrier_ms", cell.buckets, f"{carrier} ")
    yield from _rates("scans", by_part(cells, "scan", 0), per_minute)
    yield from _quantiles("lag_ms", spread(cells, "lag"))
    arrived = by_part(cells, "delivered", 0)
    yield from _rates("delivered", arrived, per_minute)
    yield from _share("on_time_share", ALL, arrived.get("on_time", 0), sum(arrived.values()))
    yield from _rates("failed_attempts", by_part(cells, "failed", 0), per_minute)


def _notifications(tally: Tally, per_minute: float) -> Iterator[Read]:
    cells = tally.cells
    yield from _rates("sent", by_part(cells, "latency", 0), per_minute)
    yield from _rates("given_up", by_part(cells, "dead", 0), per_minute)
    yield from _rates("suppressed", by_part(cells, "suppressed", 0), per_minute)
    yield from _in_promise(cells)
    yield from _quantiles("latency_ms", spread(cells, "latency"))
    for channel, cell in named(cells, "latency"):
        yield from _quantiles("latency_ms", cell.buckets, f"{channel} ")
    yield from _quantiles("waiting_ms", spread(cells, "waiting"))


def _letters(tally: Tally, _per_minute: float) -> Iterator[Read]:
    cell = tally.cells.get("waiting")
    if cell is not None:
        yield Read("waiting", ALL, float(cell.total), cell.count)


def _disputes(tally: Tally, _per_minute: float) -> Iterator[Read]:
    disputed, paid = disputes.share_of(tally.cells)
    yield from _share("month_share", ALL, disputed, paid)


_READERS: dict[str, Callable[[Tally, float], Iterable[Read]]] = {
    "orders": _orders,
    "payments": _payments,
    "risk": _risk,
    "inventory": _inventory,
    "stock": _stock,
    "shipping": _shipping,
    "subscriptions": _subscriptions,
    "notifications": _notifications,
    "letters": _letters,
    "disputes": _disputes,
}
FAMILIES = tuple(_READERS)
"""The families of figures: the keys by which partial tallies travel."""
