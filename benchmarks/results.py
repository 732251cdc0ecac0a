"""What was measured: JSON lines in a file, and a table for people."""

import json
import math
import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

FOLDER: Final = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Result:
    """One system on one workload, once."""

    workload: str
    """As docs/benchmarks.md calls it."""
    system: str
    guarantee: str
    """at_least_once or exactly_once."""
    events_per_s: float
    cpu_us_per_event: float
    latency_ms_p50: float | None = None
    latency_ms_p99: float | None = None
    rss_mb: float = 0.0
    more: dict[str, Any] = field(default_factory=dict)
    """What only this workload has: rates asked for, lag, rounds."""

    def line(self) -> str:
        """The result as one line of JSON, floats to three digits."""
        plain = {k: v for k, v in asdict(self).items() if k != "more"} | self.more
        return json.dumps({k: _short(v) for k, v in plain.items()})


def _short(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value


class ResultFile:
    """Appends results to a new file, and prints each as it comes."""

    def __init__(self, kind: str, folder: Path = FOLDER, out: TextIO = sys.stdout) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{kind}-{stamp}.jsonl"
        self._out = out

    def add(self, result: Result) -> None:
        """Write one line, in the file and for people."""
        line = result.line()
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        self._out.write(line + "\n")
        self._out.flush()


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least that share of all does not exceed; None without any."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def medians(results: Iterable[Result]) -> list[Result]:
    """One result a (workload, system, guarantee, variant): the median of each figure."""
    groups: dict[tuple[Any, ...], list[Result]] = {}
    for result in results:
        key = (result.workload, result.system, result.guarantee, result.more.get("variant"))
        groups.setdefault(key, []).append(result)
    return [_median(group) for group in groups.values()]


def _median(group: list[Result]) -> Result:
    first = group[0]
    return Result(
        first.workload,
        first.system,
        first.guarantee,
        statistics.median(result.events_per_s for result in group),
        statistics.median(result.cpu_us_per_event for result in group),
        _middle(result.latency_ms_p50 for result in group),
        _middle(result.latency_ms_p99 for result in group),
        statistics.median(result.rss_mb for result in group),
        first.more | {"rounds": len(group)},
    )


def _middle(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


COLUMNS: Final = (
    "workload", "system", "guarantee", "events/s", "CPU us", "p50 ms", "p99 ms", "MB",
)  # fmt: skip


def table(results: Iterable[Result]) -> str:
    """The results in columns."""
    rows = [COLUMNS, *(_row(result) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _row(result: Result) -> tuple[str, ...]:
    variant = result.more.get("variant")
    return (
        result.workload if variant is None else f"{result.workload} {variant}",
        result.system,
        result.guarantee,
        f"{result.events_per_s:,.0f}",
        f"{result.cpu_us_per_event:,.1f}",
        _cell(result.latency_ms_p50),
        _cell(result.latency_ms_p99),
        f"{result.rss_mb:,.0f}",
    )


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"
