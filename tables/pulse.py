"""Tables of the real-time figures and alerts.

`pulse` keeps one tally a family and window of its own partition; `totals` merges them. Only
the figures and the alerts are for people.
"""

from typing import Final

from engine.specs import TableSpec
from streams.alerts.raised import RaisedAlert
from streams.alerts.watch import OpenAlert, Watch
from streams.pulse.disputes import Month
from streams.pulse.figures import Figure
from streams.pulse.stock import Levels, Shelf
from streams.pulse.tally import Partial, Tally
from streams.pulse.totals import Seen

# -- stage one: what a partition saw itself


def _tallies(family: str) -> TableSpec[Tally]:
    return TableSpec(
        name=f"pulse_{family}",
        row=Tally,
        key="window start",
        help=f"What one partition counted for the {family} figures.",
        hidden=True,
    )


PULSE_ORDERS: Final = _tallies("orders")
PULSE_PAYMENTS: Final = _tallies("payments")
PULSE_RISK: Final = _tallies("risk")
PULSE_INVENTORY: Final = _tallies("inventory")
PULSE_NOTIFICATIONS: Final = _tallies("notifications")
PULSE_SHIPPING: Final = _tallies("shipping")

SHELVES: Final = TableSpec(
    name="shelves",
    row=Shelf,
    key="productId, warehouseId",
    help="Available units of a product in a warehouse, as last told.",
    hidden=True,
)

LEVELS: Final = TableSpec(
    name="stock_levels", row=Levels, key="all", help="Sums over a partition's shelves.", hidden=True
)

MONTHS: Final = TableSpec(
    name="dispute_months",
    row=Month,
    key="all",
    help="Payments and disputes of a partition's last thirty days.",
    hidden=True,
)

# -- stage two: global windows

PARTS: Final = TableSpec(
    name="figure_parts",
    row=Partial,
    key="window start, family, partition",
    help="The newest partial tally of each partition.",
    hidden=True,
)

TOUCHED: Final = TableSpec(
    name="figure_touched",
    row=bool,
    key="window start, family",
    help="Windows with parts that the next tick merges.",
    hidden=True,
)

MERGED: Final = TableSpec(
    name="figure_tallies",
    row=Tally,
    key="window start, family",
    help="Tallies merged over all partitions.",
    hidden=True,
)

SEEN: Final = TableSpec(
    name="figure_families", row=Seen, key="family", help="Families of figures.", hidden=True
)

FIGURES: Final = TableSpec(
    name="figures",
    row=Figure,
    key="window start, figure, group",
    help="Every figure of every window, the filling ones included.",
)

CURRENT_FIGURES: Final = TableSpec(
    name="current_figures",
    row=Figure,
    key="figure, group",
    help="The figures of the last whole window, and of what is true now.",
)

# -- alerts

WATCHES: Final = TableSpec(
    name="alert_watches",
    row=Watch,
    key="rule, subject",
    help="Thresholds that are crossed, or were.",
    hidden=True,
)

ALERTS: Final = TableSpec(
    name="alerts", row=OpenAlert, key="rule, subject", help="Alerts that are open."
)

RAISED: Final = TableSpec(
    name="raised_alerts",
    row=RaisedAlert,
    key="time from the newest back, alertId",
    help="Alerts that services raised by themselves, newest first, and who saw to them: a week.",
)

_LAST_MS: Final = 10**14 - 1


def raised_key(at_ms: int, alert_id: str = "") -> str:
    """Key in `raised_alerts`; without an id, the first key of those raised then or before."""
    return f"{_LAST_MS - at_ms:014d}|{alert_id}"
