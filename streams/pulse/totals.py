"""How partial tallies become global windows, and which window counts as the last whole one."""

import msgspec

from streams.pulse.figures import ALL, RATE, Figure, Read, figures_of
from streams.pulse.tally import EMPTY, STANDING_MS, Partial, Tally


class Seen(msgspec.Struct, frozen=True):
    """What is known of one family of figures."""

    size_ms: int
    """Length of its windows; 0 when it only has the standing one."""
    since_ms: int
    """Start of the first window since traffic began, or began anew after a long silence."""
    traffic_ms: int
    """Start of the newest window with records."""
    told_ms: int = -1
    """Start of the whole window that the current figures were last taken from."""


def replaces(new: Partial, old: Partial | None) -> bool:
    """Say whether a partial is the newer state of its window; an equal one changes nothing."""
    return old is None or new.seq >= old.seq


def seen_after(seen: Seen | None, part: Partial, silence_ms: int) -> Seen:
    """Give what is known of a family after a partial; longer than `silence_ms` is a new start."""
    if seen is None:
        return Seen(part.size_ms, part.start_ms, part.start_ms)
    anew = part.start_ms - seen.traffic_ms > silence_ms
    since_ms = part.start_ms if anew else min(seen.since_ms, part.start_ms)
    return Seen(part.size_ms, since_ms, max(seen.traffic_ms, part.start_ms), seen.told_ms)


def shown(seen: Seen, start_ms: int) -> Seen:
    """Give what is known of a family once the current figures are those of a window."""
    return Seen(seen.size_ms, seen.since_ms, seen.traffic_ms, start_ms)


def is_known(seen: Seen, whole_ms: int, now_ms: int, silence_ms: int) -> bool:
    """Say whether few records in a whole window mean few records.

    Not where traffic began later, or in that very window, and not after a long silence.
    """
    return whole_ms > seen.since_ms and now_ms - seen.traffic_ms <= silence_ms


def last_whole(size_ms: int, settled_ms: int) -> int:
    """Give the start of the newest window that had ended by this moment."""
    if size_ms == 0:
        return STANDING_MS
    return settled_ms - settled_ms % size_ms - size_ms


def window_figures(
    family: str, tally: Tally | None, start_ms: int, size_ms: int
) -> dict[str, Figure]:
    """Give a window's figures as rows, by `name|group`."""
    reads = figures_of(family, tally or EMPTY, size_ms)
    return {_key(read): Figure(read.value, read.samples, start_ms) for read in reads}


def current_figures(
    figures: dict[str, Figure], before: dict[str, Figure], start_ms: int
) -> dict[str, Figure | None]:
    """Give the rows to write so that the current figures are those of this window.

    A rate that the window lacks is 0 from now on; any other figure that it lacks goes (None).
    """
    rows: dict[str, Figure | None] = dict(figures)
    for key in before.keys() - figures.keys():
        is_rate = key.partition("|")[0].endswith(RATE)
        rows[key] = Figure(0, 0, start_ms) if is_rate else None
    return rows


def _key(read: Read) -> str:
    return f"{read.name}|{read.group or ALL}"
