"""What a worker holds over time, and whether any of it grows for good.

A lane takes its share of all of it: its store's buffers, its rows, what is fetched for it. At a
kill lanes come and go, so a worker is compared with itself while it had as many. What stays behind
of lanes that went shows all the same: they come again.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Final

import psutil

from faults.processes import Worker

WARM_UP_MIN: Final = 7.0
"""Until then caches fill and the first windows have not expired: growth says nothing."""
JUDGED_MIN: Final = 5.0
"""Less than so many minutes after it do not tell a leak from noise."""
GROWTH_MAX: Final = {"memory_mb": 2.0, "files": 1.0, "tasks": 2.0, "windows": 5.0}
"""What each may grow by in a minute: a worker that leaks more falls within a day."""
STORE_KB_MAX: Final = 12.0
"""What an order may add to one worker's stores: its rows stay, until retention takes them. One that
is delivered, with its letters, is 24 kB of rows over all lanes; half an hour of booked ones showed
0.5 kB in one lane of three."""


@dataclass
class Samples:
    """What one worker looked like, in the order of time."""

    taken: list[tuple[float, dict[str, float]]] = field(default_factory=list)
    """(minutes since the start, figures)"""

    def take(self, worker: Worker, at_min: float) -> None:
        """Look once; a worker that has said nothing yet is passed over."""
        told = re.findall(r"FIGURES (\{.*?\})", worker.said())
        if not told or not worker.lives:
            return
        process = psutil.Process(worker.pid)
        seen = {"memory_mb": process.memory_info().rss / 2**20, "files": float(process.num_fds())}
        self.taken.append((at_min, {**json.loads(told[-1]), **seen}))

    def growth(self) -> dict[str, float]:
        """By figure: how much it grew a minute since the warm-up; nothing of a short run."""
        settled = [sample for sample in self.taken if sample[0] >= WARM_UP_MIN]
        if not settled or settled[-1][0] - settled[0][0] < JUDGED_MIN:
            return {}
        return {
            name: round(_slope([(at, seen["lanes"], seen[name]) for at, seen in settled]), 2)
            for name in (*GROWTH_MAX, "store_bytes")
        }

    def problems(self, orders_a_min: float) -> list[str]:
        """What grew by more than it may, in words."""
        growth = self.growth()
        found = [
            f"{name} grows by {growth[name]} a minute: more than {most}"
            for name, most in GROWTH_MAX.items()
            if growth and growth[name] > most
        ]
        store_kb = growth.get("store_bytes", 0.0) / 1024 / max(orders_a_min, 1.0)
        if store_kb > STORE_KB_MAX:
            found.append(f"the store grows by {store_kb:.1f} kB an order: more than {STORE_KB_MAX}")
        return found


def _slope(samples: list[tuple[float, float, float]]) -> float:
    """Of parallel lines, one for each number of lanes, that fit (minute, lanes, value) best.

    So neither end nor one peak decides, nor that there are more lanes at the end.
    """
    spread = shared = 0.0
    for lanes in {lanes for _, lanes, _ in samples}:
        points = [(at, value) for at, had, value in samples if had == lanes]
        middle = sum(at for at, _ in points) / len(points)
        mean = sum(value for _, value in points) / len(points)
        spread += sum((at - middle) ** 2 for at, _ in points)
        shared += sum((at - middle) * (value - mean) for at, value in points)
    return shared / spread if spread else 0.0
