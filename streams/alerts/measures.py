"""What alert rules can measure: rates, states, shares and latencies of a family's figures."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from streams.alerts.rules import AlertRules
from streams.moments import MINUTE_MS
from streams.pulse import histogram
from streams.pulse.disputes import share_of
from streams.pulse.figures import ALL, counted, named, newest_cycles, spread, successes
from streams.pulse.tally import Cell, Tally


class View(NamedTuple):
    """What a rule may look at. Empty tallies are silence, None is ignorance."""

    whole: Tally | None
    """The last whole window; None where there was no traffic lately."""
    recent: Tally
    """The window that is filling and the one before it."""
    size_ms: int


class Reading(NamedTuple):
    """What a rule measured of one subject, such as a payment provider."""

    subject: str
    value: float


Measure = Callable[[AlertRules, View], Iterator[Reading]]


def rate(*stems: str) -> Measure:
    """Records per minute in the last whole window."""

    def measure(_: AlertRules, view: View) -> Iterator[Reading]:
        if view.whole is not None:
            count = sum(counted(view.whole.cells, stem) for stem in stems)
            yield Reading(ALL, count * MINUTE_MS / view.size_ms)

    return measure


def state(*names: str) -> Measure:
    """A number that is true now, or the sum of several."""

    def measure(_: AlertRules, view: View) -> Iterator[Reading]:
        cells = {} if view.whole is None else view.whole.cells
        known = [cells[name] for name in names if name in cells]
        if known:
            yield Reading(ALL, sum(cell.total for cell in known))

    return measure


Shares = Callable[[dict[str, Cell]], Iterator[tuple[str, int, int]]]
"""By subject: part and whole."""


def share(shares: Shares) -> Measure:
    """The share in recent records, where there are enough of them."""

    def measure(rules: AlertRules, view: View) -> Iterator[Reading]:
        for subject, part, whole in shares(view.recent.cells):
            if whole >= rules.samples_min:
                yield Reading(subject, part / whole)

    return measure


def refusals(cells: dict[str, Cell]) -> Iterator[tuple[str, int, int]]:
    """Give refused orders, and all that were placed."""
    refused = counted(cells, "refused")
    yield ALL, refused, refused + counted(cells, "confirmed")


def failed_cycles(rules: AlertRules, view: View) -> Iterator[Reading]:
    """The share of billing cycles of the newest day whose first charge failed."""
    if view.whole is not None:
        failed, cycles = newest_cycles(view.whole.cells)
        if cycles >= rules.samples_min:
            yield Reading(ALL, failed / cycles)


def month_disputes(rules: AlertRules, view: View) -> Iterator[Reading]:
    """The share of the last thirty days' payments that are disputed."""
    if view.whole is not None:
        disputed, paid = share_of(view.whole.cells)
        if paid >= rules.disputes_payments_min:
            yield Reading(ALL, disputed / paid)


def provider_successes(cells: dict[str, Cell]) -> Iterator[tuple[str, int, int]]:
    """Give by provider: attempts that succeeded, and all attempts."""
    return (found for found in successes(cells) if found[0] != ALL)


def slowness(stem: str) -> Measure:
    """The percentile of recent latencies, where there are enough of them."""

    def measure(rules: AlertRules, view: View) -> Iterator[Reading]:
        yield from _quantile(ALL, spread(view.recent.cells, stem), rules)

    return measure


def slowness_by_subject(rules: AlertRules, view: View) -> Iterator[Reading]:
    """The same for each subject, of its latency."""
    for subject, cell in named(view.recent.cells, "latency"):
        yield from _quantile(subject, cell.buckets, rules)


def _quantile(subject: str, buckets: dict[int, int], rules: AlertRules) -> Iterator[Reading]:
    value = histogram.quantile(buckets, rules.percentile)
    if value is not None and sum(buckets.values()) >= rules.samples_min:
        yield Reading(subject, value)
