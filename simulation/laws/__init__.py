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
from simulation.laws import states
from simulation.laws.agreement import AgreementLaw
from simulation.laws.alerts import HEEDED as OF_ALERTS
from simulation.laws.alerts import AlertsLaw
from simulation.laws.billing import BillingLaw
from simulation.laws.broken import Broken, insist
from simulation.laws.ends import EndLaw
from simulation.laws.exchanges import HEEDED as OF_EXCHANGES
from simulation.laws.exchanges import ExchangeLaw
from simulation.laws.lines import TOLD as LINES
from simulation.laws.lines import LinesLaw
from simulation.laws.money import MoneyLaw
from simulation.laws.people import TABLES as OF_PEOPLE
from simulation.laws.people import PeopleLaw
from simulation.laws.refusals import HEEDED as OF_REFUSALS
from simulation.laws.refusals import RefusalsLaw
from simulation.laws.reports import HEEDED as REPORTED
from simulation.laws.reports import TABLES as REPORTS
from simulation.laws.reports import ReportsLaw
from simulation.laws.shelves import HEEDED as OF_SHELVES
from simulation.laws.shelves import PARTS, ShelvesLaw
from simulation.laws.stock import StockLaw
from simulation.laws.telling import HEEDED, TellingLaw
from simulation.laws.telling import TIMERS as TIMERS_DO_NOT_FAIL
from simulation.laws.waits import WaitsLaw
from simulation.laws.worth import WorthLaw
from simulation.people import name_of, told_by

__all__ = ["Broken", "Laws"]

RowLaw = Callable[[str, Any, Any], None]
"""(key, row before, row after)"""

_STOCK_COMMANDS: Final = frozenset({"AddInventory", "UpdateInventory", "CountStock"})
_MONEY: Final = frozenset(
    {
        "PaymentInitiated",
        "OrderAmended",
        "InventoryAdjusted",
        "FraudCheckCompleted",
        "ProcessPayment",
        "CapturePayment",
        "StripeChargeFailed",
        "RefundCharge",
        "RefundIssued",
        "VoidPayment",
    }
)
_ADJUSTED: Final = frozenset({"InventoryAdjusted"})
_GOODS_BACK: Final = frozenset({"ReturnInitiated", "ReturnReceived"})
_ERASED: Final = frozenset({"CustomerErased"})

_HEEDED: Final = frozenset().union(
    HEEDED,
    _MONEY,
    _STOCK_COMMANDS,
    LINES,
    OF_EXCHANGES,
    OF_REFUSALS,
    OF_ALERTS,
    OF_SHELVES,
    _ERASED,
)


class Laws:
    """All laws, as a witness of a run."""

    def __init__(
        self, clock: Callable[[], int], books: Callable[[], Iterable[LedgerEntry]], stats: Stats
    ) -> None:
        self._clock = clock
        self._stats = stats
        self.rows: dict[str, dict[str, Any]] = defaultdict(dict)
        """Committed rows by table and key."""
        self.stock = StockLaw()
        self.money = MoneyLaw(books)
        self.telling = TellingLaw()
        self.waits = WaitsLaw()
        self.ends = EndLaw(self.rows)
        self.lines = LinesLaw(self.rows)
        self.exchanges = ExchangeLaw(self.rows)
        self.people = PeopleLaw(self.rows)
        self.billing = BillingLaw(self.rows)
        self.refusals = RefusalsLaw(self.rows)
        self.agreement = AgreementLaw(self.rows)
        self.worth = WorthLaw(self.rows)
        self.shelves = ShelvesLaw(self.rows)
        self.alerts = AlertsLaw(self.rows)
        self.reports = ReportsLaw(self.rows, clock)
        self._hearers = (
            (LINES, self.lines.told),
            (OF_EXCHANGES, self.exchanges.told),
            (_MONEY, self.money.told),
            (_ADJUSTED, self.stock.adjusted),
            (_GOODS_BACK, self.worth.told),
            (_ERASED, self.people.told),
            (OF_ALERTS, self.alerts.told),
        )
        self._laws = self._of_rows()

    def _of_rows(self) -> dict[str, tuple[RowLaw, ...]]:
        """By table."""
        waits, refusals = self.waits, self.refusals
        return {
            **dict.fromkeys((*OF_PEOPLE, *REPORTS, "alerts", "customer_orders"), ()),
            "carts": (states.cart, _after(waits.cart)),
            "orders": (
                states.order,
                _after(waits.order),
                self.ends.order,
                refusals.order,
                self.reports.order,
            ),
            "payments": (
                states.payment,
                self.money.kept,
                refusals.payment,
                _after(waits.payment),
            ),
            "reservations": (states.reservation, self.stock.reserved, _after(waits.reservation)),
            "stock": (self.stock.shelved, refusals.stock),
            **dict.fromkeys(("preferences", "review_queue", "subscription_statuses"), ()),
            "movements": (self.stock.recorded,),
            "seen_stock": (self.stock.taken_in,),
            "shipments": (states.shipment, _after(waits.shipment)),
            "fraud": (states.case, _after(waits.case)),
            "notifications": (
                states.notification,
                self.telling.notified,
                refusals.notification,
                _after(waits.notification),
            ),
            "subscriptions": (
                states.subscriber,
                self.billing.subscriber,
                _after(waits.subscriber),
            ),
            "invoices": (states.invoice, self.billing.invoice, _after(waits.invoice)),
            "settlement_report": (self.money.reported,),
            TIMERS.name: (waits.timed,),
        }

    # -- as a witness

    def committed(self, _lane: Lane, changes: list[Change], records: list[Record]) -> None:
        """Rows that changed and records that appeared, in one transaction."""
        for table, key, row in changes:
            laws = self._laws.get(table)
            if laws is not None:
                known = self.rows[table]
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
        elif name == "RefundPayment":
            self.money.asked(told_by(record)["data"])
            self.worth.asked(told_by(record)["data"])
        elif name == "CancelOrder":
            self.ends.asked(told_by(record)["data"])
        elif name == "RespondToOffer":
            self.telling.answered(told_by(record)["data"])
        elif name == "PlaceOrder":
            self.refusals.ordered(told_by(record)["data"])
        elif name == "AmendOrder":
            self.refusals.amending(told_by(record)["data"])
        elif name == "ClearSuspension":
            self.refusals.cleared(told_by(record)["data"])

    def _told(self, record: Record) -> None:
        if record.topic.endswith("-repartition"):
            return
        if record.topic.endswith(SUFFIX):
            letter = read_dead_letter(record)
            self.telling.buried(letter.error, letter.agent, letter.reason)
            return
        if record.topic.endswith(PARTS):
            self.shelves.levels(told_by(record))
            return
        name = name_of(record)
        if name in REPORTED:
            self.reports.said(name, record)
        if name in _HEEDED:
            self._heard(name, told_by(record), record.timestamp)

    def _heard(self, name: str, envelope: dict[str, Any], at_ms: int) -> None:
        self.telling.told(name, envelope)
        for heeded, hear in self._hearers:
            if name in heeded:
                hear(name, envelope["data"])
        if name in OF_REFUSALS:
            self.refusals.told(name, envelope["data"], at_ms)
        if name in OF_SHELVES:
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
            TIMERS_DO_NOT_FAIL,
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


def _after(law: Callable[[str, Any], None]) -> RowLaw:
    return lambda key, _, row: law(key, row)
