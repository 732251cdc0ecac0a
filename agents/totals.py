"""Stage two of the real-time figures: partial tallies become global figures, figures alerts.

Reads the partial tallies of all partitions, keyed by family. Keeps the newest of each
partition, the merged windows, the figures and the open alerts. Publishes AlertRaised and
AlertResolved. A partial may come any number of times, and late within the retention.
"""

from typing import Any, Final

import msgspec

from agents.wiring import Cause, announce
from engine.specs import AgentSpec, Context, Delivery, R, Source, Table, TableSpec, TickHandler
from engine.windows import Tumbling, Windows, clocks_table, split_key, window_key
from events import derived_id
from events.alerts import AlertRaised, AlertResolved
from streams.alerts.catalogue import catalogue
from streams.alerts.measures import View
from streams.alerts.rule import Rule
from streams.alerts.rules import AlertRules
from streams.alerts.watch import CALM, alert_of, looked, news
from streams.pulse.figures import FAMILIES, Figure
from streams.pulse.rules import PulseRules
from streams.pulse.tally import EMPTY, STANDING_MS, Partial, Tally, merge
from streams.pulse.totals import (
    Seen,
    current_figures,
    is_known,
    last_whole,
    replaces,
    seen_after,
    shown,
    window_figures,
)
from tables.pulse import (
    ALERTS,
    CURRENT_FIGURES,
    FIGURES,
    MERGED,
    PARTS,
    SEEN,
    TOUCHED,
    WATCHES,
)
from topics import ALERTS_EVENTS, PULSE

AGENT: Final = "totals"
_CLOCKS = clocks_table("figure_clocks")
_EXPIRING: tuple[TableSpec[Any], ...] = (PARTS, MERGED, FIGURES)


def totals_agent(figures: PulseRules, alerts: AlertRules) -> AgentSpec:
    """Declare the agent that merges partial tallies and raises alerts."""
    # A window's start is its event time here, whatever its length: hence 1 ms.
    spec = Tumbling(1, figures.figures_kept_ms, figures.figures_kept_ms)

    def on_partial(ctx: Context, delivery: Delivery) -> None:
        part = msgspec.convert(delivery.value, Partial, str_keys=True)
        _keep(ctx, part, spec, alerts.traffic_within_ms)

    return AgentSpec(
        name=AGENT,
        help="Merges the figures of all partitions; raises and resolves alerts.",
        sources=(Source(PULSE, {"Partial": on_partial}),),
        tables=(
            PARTS,
            TOUCHED,
            MERGED,
            SEEN,
            _CLOCKS,
            FIGURES,
            CURRENT_FIGURES,
            WATCHES,
            ALERTS,
        ),
        outputs=(ALERTS_EVENTS,),
        tick=_ticking(figures, alerts, spec),
    )


def _ticking(figures: PulseRules, alerts: AlertRules, spec: Tumbling) -> TickHandler:
    """Show the windows that are whole, look at every rule, and forget what is old."""
    settle_ms = round(figures.settle_s * 1000)
    by_family: dict[str, list[Rule]] = {}
    for rule in catalogue(alerts):
        by_family.setdefault(rule.family, []).append(rule)

    def tick(ctx: Context, now_ms: int) -> None:
        touched = _merge_touched(ctx, figures.products_ranked)
        for family, seen in list(ctx.table(SEEN).scan()):
            whole_ms = last_whole(seen.size_ms, now_ms - settle_ms)
            if whole_ms != seen.told_ms or window_key(whole_ms, family) in touched:
                _show(ctx, family, seen, whole_ms)
            view = _view(ctx, family, seen, whole_ms, now_ms, alerts.traffic_within_ms)
            window = (whole_ms, whole_ms + seen.size_ms)
            for rule in by_family.get(family, ()):
                _judge(ctx, rule, view, window, now_ms, alerts.sustain_ms)
        _expire(ctx, spec)

    return tick


# -- partials


def _keep(ctx: Context, part: Partial, spec: Tumbling, silence_ms: int) -> None:
    """Keep a partial that is newer than what its partition told before.

    Raises:
        ValueError: a family that this version does not know.
    """
    if part.figure not in FAMILIES:
        raise ValueError(f"{part.figure}: no such family of figures")
    parts = ctx.table(PARTS)
    group = f"{part.figure}|{part.partition:05d}"
    if part.start_ms == STANDING_MS:
        key: str | None = window_key(STANDING_MS, group)
    else:
        key = Windows(spec, parts, ctx.table(_CLOCKS), PARTS.name).admit(group, part.start_ms)
    if key is None or not replaces(part, parts.get(key)):
        return
    parts[key] = part
    seen = ctx.table(SEEN)
    seen[part.figure] = seen_after(seen.get(part.figure), part, silence_ms)
    ctx.table(TOUCHED)[window_key(part.start_ms, part.figure)] = True


def _merge_touched(ctx: Context, ranked_max: int) -> set[str]:
    """Merge every window that a partial changed, and give their keys."""
    touched = ctx.table(TOUCHED)
    keys = [key for key, _ in touched.scan()]
    for key in keys:
        start_ms, family = split_key(key)
        parts = ctx.table(PARTS).scan(f"{key}|", f"{key}}}")
        tally = merge((part for _, part in parts), ranked_max)
        ctx.table(MERGED)[key] = tally
        seen = ctx.table(SEEN).get(family)
        if seen is not None and start_ms != STANDING_MS:
            rows = window_figures(family, tally, start_ms, seen.size_ms)
            _replace(ctx.table(FIGURES), window_key(start_ms, family), rows, start_ms)
        del touched[key]
    return set(keys)


# -- figures


def _replace(table: Table[Figure], prefix: str, figures: dict[str, Figure], start_ms: int) -> None:
    """Make these the family's figures of a window: changed rows are written, others go."""
    rows = {window_key(start_ms, key): figure for key, figure in figures.items()}
    before = dict(table.scan(f"{prefix}.", f"{prefix}/"))
    for key in before.keys() - rows.keys():
        del table[key]
    for key, figure in rows.items():
        if before.get(key) != figure:
            table[key] = figure


def _show(ctx: Context, family: str, seen: Seen, start_ms: int) -> None:
    """Make the figures of a whole window the current ones."""
    table = ctx.table(CURRENT_FIGURES)
    tally = ctx.table(MERGED).get(window_key(start_ms, family))
    before = dict(table.scan(f"{family}.", f"{family}/"))
    figures = window_figures(family, tally, start_ms, seen.size_ms)
    for key, figure in current_figures(figures, before, start_ms).items():
        if figure is None:
            del table[key]
        else:
            table[key] = figure
    ctx.table(SEEN)[family] = shown(seen, start_ms)


# -- alerts


def _view(
    ctx: Context, family: str, seen: Seen, whole_ms: int, now_ms: int, silence_ms: int
) -> View:
    """What the rules of a family may look at now."""
    merged = ctx.table(MERGED)

    def tally(start_ms: int) -> Tally:
        return merged.get(window_key(start_ms, family)) or EMPTY

    if seen.size_ms == 0:
        return View(tally(STANDING_MS), EMPTY, 0)
    filling_ms = now_ms - now_ms % seen.size_ms
    recent = merge((tally(filling_ms - seen.size_ms), tally(filling_ms)), 0)
    known = is_known(seen, whole_ms, now_ms, silence_ms)
    return View(tally(whole_ms) if known else None, recent, seen.size_ms)


def _judge(
    ctx: Context, rule: Rule, view: View, window: tuple[int, int], now_ms: int, sustain_ms: int
) -> None:
    """Look at every subject of a rule, and at those that an earlier look remembers."""
    watches, prefix = ctx.table(WATCHES), f"{rule.name}|"
    values: dict[str, float | None] = {
        key.removeprefix(prefix): None for key, _ in watches.scan(prefix, f"{rule.name}}}")
    }
    values.update(rule.measure(view))
    for subject, value in values.items():
        key = prefix + subject
        before = watches.get(key) or CALM
        watch = looked(before, rule, value, now_ms, sustain_ms)
        if watch == CALM == before:
            continue
        _set(watches, key, None if watch == CALM else watch)
        open_before = ctx.table(ALERTS).get(key)
        open_after = alert_of(watch, rule, subject, value, open_before)
        _set(ctx.table(ALERTS), key, open_after)
        _announce(ctx, news(open_before, open_after, window, now_ms), now_ms)


def _set(table: Table[R], key: str, row: R | None) -> None:
    """Write a row that changed; None removes it."""
    before = table.get(key)
    if row is None and before is not None:
        del table[key]
    elif row is not None and row != before:
        table[key] = row


def _announce(ctx: Context, event: AlertRaised | AlertResolved | None, now_ms: int) -> None:
    """Publish what became of an alert; one alert has one event of a kind at a time."""
    if event is not None:
        cause = derived_id(event.alert_id, event.severity, str(now_ms))
        announce(ctx, AGENT, Cause(cause, event.alert_id, now_ms), (event,))


def _expire(ctx: Context, spec: Tumbling) -> None:
    """Drop the windows that are past the retention, by the newest partial."""
    clocks = ctx.table(_CLOCKS)
    newest = clocks.get(PARTS.name)
    if newest is None:
        return
    for table in _EXPIRING:
        windows = Windows(spec, ctx.table(table), clocks, table.name)
        windows.advance(newest.watermark_ms)
        windows.expire()
