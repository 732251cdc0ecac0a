"""The figures of a minute are what happened in it. Money is minor units.

Read from rows and from what is published, by the broker's times. Of the newest minute of a family
more may come. Here partitions tick a few times a day and not every second, so that minutes are
forgotten before others have told theirs: exact is the family that each of them tells first, where
there is one of them, of a minute that it told at once.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.records import Record
from simulation.laws.broken import Broken, insist
from simulation.people import told_by

EXACT: Final = "a minute's figures are what happened in it"
CURRENT: Final = "the current figures are those of their minute"
_MINUTE_MS: Final = 60_000
_FIRST: Final = "orders."
PARTS: Final = ".partials"

What = tuple[str, str]
"""A figure and its group."""


_COUNTS: Final[Mapping[str, tuple[tuple[str, str, str | None], ...]]] = {
    "OrderConfirmed": (
        ("orders.confirmed_per_minute", "currency", None),
        ("orders.revenue_minor_per_minute", "currency", "orderTotal"),
    ),
    "OrderCancelled": (("orders.cancelled_per_minute", "cancellationReason", None),),
    "PaymentFailed": (("payments.failed_per_minute", "failureReason", None),),
    "RefundIssued": (
        ("payments.refunds_per_minute", "currency", None),
        ("payments.refunded_minor_per_minute", "currency", "amount"),
    ),
}
"""By event: its figures, the field each is grouped by, and that of the money; None counts one."""
_NAMES: Final = frozenset(name for counts in _COUNTS.values() for name, _, _ in counts)
HEEDED: Final = frozenset(_COUNTS)
TABLES: Final = ("figures", "current_figures")


@dataclass(slots=True)
class FiguresLaw:
    """Counts minutes by itself."""

    rows: Mapping[str, dict[str, Any]]
    partitions: int
    records: list[tuple[str, Record]] = field(default_factory=list)
    shown: dict[str, Any] = field(default_factory=dict)
    """The last of each figure of each minute, also of those that are forgotten."""

    told: Counter[tuple[str, int]] = field(default_factory=Counter)
    """How often a family's minute was told."""

    def part(self, part: Mapping[str, Any]) -> None:
        """A partition told what it has of a minute."""
        self.told[part["figure"], part["start_ms"]] += 1

    def said(self, name: str, record: Record) -> None:
        """Something was published."""
        self.records.append((name, record))

    def figure(self, key: str, _before: Any, row: Any) -> None:
        """A figure of a minute changed."""
        if row is not None:
            self.shown[key] = row.value

    def ended(self) -> None:
        """All is done."""
        if not self.shown:
            return
        minutes: dict[int, Counter[What]] = {}
        for name, record in self.records:
            start_ms = record.timestamp - record.timestamp % _MINUTE_MS
            minute, data = minutes.setdefault(start_ms, Counter()), told_by(record)["data"]
            for figure, group, money in _COUNTS[name]:
                minute[figure, data[group]] += round(100 * data[money]) if money else 1
        for family in (_FIRST, "payments."):
            self._exact(family, minutes)
        for key, row in self.rows["current_figures"].items():
            was = self.shown.get(f"{row.start_ms:013d}|{key}", row.value)
            insist(was == row.value, CURRENT, key, f"{row}, but {was} in its minute")

    def _exact(self, family: str, minutes: Mapping[int, Counter[What]]) -> None:
        told: dict[int, dict[What, float]] = {}
        for key, value in self.shown.items():
            start, name, group = key.split("|", 2)
            if name.startswith(family):
                figures = told.setdefault(int(start), {})
                if name in _NAMES:
                    figures[name, group] = value
        exact = self.partitions == 1 and family == _FIRST
        for start_ms in sorted(told)[:-1]:
            happened = minutes.get(start_ms, Counter[What]())
            wanted = {what: many for what, many in happened.items() if what[0].startswith(family)}
            said = told[start_ms]
            more = [what for what, value in said.items() if value > wanted.get(what, 0)]
            at_once = self.told[family.removesuffix("."), start_ms] == 1
            if more or (exact and at_once and said != wanted):
                raise Broken(EXACT, family, f"{said} at {start_ms}, and {wanted} happened")
