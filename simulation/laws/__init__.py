"""What must hold after every commit, at every pause, and in the end.

Laws read rows that are committed and records that are published, and share no code with the
streams that make them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

from engine.dead_letters import SUFFIX, read_dead_letter
from engine.records import Record
from engine.stats import Stats
from engine.topology import TIMERS
from providers.ledger import LedgerEntry
from simulation.lane import Change, Lane
from simulation.laws import (
    agreement,
    alerts,
    billing,
    ends,
    exchanges,
    figures,
    letters,
    lines,
    money,
    people,
    plans,
    refusals,
    reports,
    shelves,
    states,
    stock,
    telling,
    waits,
    worth,
)
from simulation.laws.broken import Broken, insist
from simulation.people import name_of, told_by

__all__ = ["Broken", "Laws"]

RowLaw = Callable[[str, Any, Any], None]
"""(key, row before, row after)"""

_STOCK_COMMANDS: Final = frozenset({"AddInventory", "UpdateInventory", "CountStock"})
_ADJUSTED: Final = frozenset({"InventoryAdjusted"})
_WORTH: Final = frozenset(
    {"PaymentProcessed", "ReturnInitiated", "ReturnReceived", "RefundIssued", "OrderCancelled"}
)
_ERASED: Final = frozenset({"CustomerErased"})

_HEEDED: Final = frozenset().union(
    telling.HEEDED,
    money.HEEDED,
    _STOCK_COMMANDS,
    lines.TOLD,
    exchanges.HEEDED,
    refusals.HEEDED,
    alerts.HEEDED,
    shelves.HEEDED,
    _ERASED,
)


class Laws:
    """All laws, as a witness of a run."""

    def __init__(
        self,
        clock: Callable[[], int],
        books: Callable[[], Iterable[LedgerEntry]],
        stats: Stats,
        partitions: int,
    ) -> None:
        self._clock = clock
        self._stats = stats
        self.rows: dict[str, dict[str, Any]] = defaultdict(dict)
        """Committed rows by table and key."""
        self.stock = stock.StockLaw()
        self.money = money.MoneyLaw(books)
        self.telling = telling.TellingLaw()
        self.waits = waits.WaitsLaw()
        self.ends = ends.EndLaw(self.rows)
        self.lines = lines.LinesLaw(self.rows)
        self.exchanges = exchanges.ExchangeLaw(self.rows)
        self.people = people.PeopleLaw(self.rows)
        self.billing = billing.BillingLaw(self.rows)
        self.refusals = refusals.RefusalsLaw(self.rows)
        self.agreement = agreement.AgreementLaw(self.rows)
        self.worth = worth.WorthLaw(self.rows)
        self.shelves = shelves.ShelvesLaw(self.rows)
        self.alerts = alerts.AlertsLaw(self.rows)
        self.reports = reports.ReportsLaw(self.rows, clock)
        self.letters = letters.LettersLaw(clock)
        self.plans = plans.PlansLaw(self.rows)
        self.figures = figures.FiguresLaw(self.rows, partitions)
        self._hearers = (
            (lines.TOLD, self.lines.told),
            (exchanges.HEEDED, self.exchanges.told),
            (money.HEEDED, self.money.told),
            (_ADJUSTED, self.stock.adjusted),
            (_WORTH, self.worth.told),
            (_ERASED, self.people.told),
            (alerts.HEEDED, self.alerts.told),
        )
        self._asked = {
            "RefundPayment": (self.money.asked, self.worth.asked),
            "RecordChargeback": (self.money.claimed,),
            "CancelOrder": (self.ends.asked,),
            "RespondToOffer": (self.telling.answered,),
            "PlaceOrder": (self.refusals.ordered,),
            "AmendOrder": (self.refusals.amending,),
            "ClearSuspension": (self.refusals.cleared,),
        }
        self._laws = self._of_rows()

    def _of_rows(self) -> dict[str, tuple[RowLaw, ...]]:
        """By table."""
        return {
            **dict.fromkeys((*people.TABLES, *reports.TABLES, "alerts", "customer_orders"), ()),
            **dict.fromkeys((*agreement.OF_PARTITIONS, *figures.TABLES), ()),
            "figures": (self.figures.figure,),
            "carts": (states.cart, _after(self.waits.cart)),
            "orders": (
                states.order,
                _after(self.waits.order),
                self.ends.order,
                self.refusals.order,
                self.reports.order,
            ),
            "payments": (
                states.payment,
                self.money.kept,
                self.refusals.payment,
                _after(self.waits.payment),
            ),
            "reservations": (
                states.reservation,
                self.stock.reserved,
                _after(self.waits.reservation),
            ),
            "stock": (self.stock.shelved, self.refusals.stock),
            **dict.fromkeys(("preferences", "review_queue", "subscription_statuses"), ()),
            "movements": (self.stock.recorded,),
            "seen_stock": (self.stock.taken_in,),
            "shipments": (states.shipment, _after(self.waits.shipment)),
            "fraud": (states.case, _after(self.waits.case)),
            "notifications": (
                states.notification,
                self.telling.notified,
                self.letters.notified,
                self.refusals.notification,
                _after(self.waits.notification),
            ),
            "subscriptions": (
                states.subscriber,
                self.billing.subscriber,
                self.plans.subscriber,
                _after(self.waits.subscriber),
            ),
            "invoices": (states.invoice, self.billing.invoice, _after(self.waits.invoice)),
            "settlement_report": (self.money.reported,),
            TIMERS.name: (self.waits.timed,),
        }

    # -- as a witness

    def committed(self, lane: Lane, changes: list[Change], records: list[Record]) -> None:
        """Rows that changed and records that appeared, in one transaction."""
        for table, key, row in changes:
            laws = self._laws.get(table)
            if laws is not None:
                known = self.rows[table]
                if table in agreement.OF_PARTITIONS:
                    key = str(lane.partition)  # noqa: PLW2901 - all of them call theirs alike
                before = known.get(key)
                if row is None:
                    known.pop(key, None)
                else:
                    known[key] = row
                for law in laws:
                    law(key, before, row)
        for record in records:
            self._told(record)
        self.billing.settled()
        if self.shelves.changes or self.shelves.alerts:
            self.shelves.settled()
        if self.stock.touched:
            self.stock.settled()

    def sent(self, record: Record) -> None:
        """Somebody outside wrote a record."""
        name = name_of(record)
        self.people.heard(name, record)
        if name in _STOCK_COMMANDS:
            self.stock.told(told_by(record))
        for hear in self._asked.get(name, ()):
            hear(told_by(record)["data"])

    def _told(self, record: Record) -> None:
        if record.topic.endswith("-repartition"):
            return
        if record.topic.endswith(SUFFIX):
            letter = read_dead_letter(record)
            self.telling.buried(letter.error, letter.agent, letter.reason)
            return
        if record.topic.endswith(shelves.PARTS):
            self.shelves.levels(told_by(record))
            return
        if record.topic.endswith(figures.PARTS):
            self.figures.part(told_by(record))
            return
        name = name_of(record)
        if name in reports.HEEDED:
            self.reports.said(name, record)
        if name in figures.HEEDED:
            self.figures.said(name, record)
        if name in _HEEDED:
            self._heard(name, told_by(record), record.timestamp)

    def _heard(self, name: str, envelope: dict[str, Any], at_ms: int) -> None:
        self.telling.told(name, envelope)
        self.letters.told(envelope)
        for heeded, hear in self._hearers:
            if name in heeded:
                hear(name, envelope["data"])
        if name in refusals.HEEDED:
            self.refusals.told(name, envelope["data"], at_ms)
        if name in shelves.HEEDED:
            self.shelves.told(name, envelope)
        if name in _STOCK_COMMANDS:
            self.stock.told(envelope)

    def quiet(self) -> None:
        """There is nothing left to read."""
        self.stock.quiet(self._clock())
        self.waits.quiet(self._clock())
        self.exchanges.quiet()
        self.money.quiet()
        self.refusals.quiet()

    # -- in the end

    def ended(self) -> None:
        """The run is over and nothing is under way."""
        insist(
            not self._stats.failed_timers,
            telling.TIMERS,
            "timers",
            f"failed: {dict(self._stats.failed_timers)}",
        )
        self.telling.ended()
        self.money.ended()
        self.ends.ended()
        self.lines.ended()
        self.exchanges.ended()
        self.people.ended()
        self.billing.ended()
        self.agreement.ended()
        self.worth.ended()
        self.alerts.ended()
        self.reports.ended()
        self.plans.ended()
        self.figures.ended()


def _after(law: Callable[[str, Any], None]) -> RowLaw:
    return lambda key, _, row: law(key, row)
