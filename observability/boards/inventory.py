"""Stock levels and stock-outs."""

from observability.boards.queries import QUANTILES, figure, lines, open_alerts
from observability.panels import Board, Panel, Query

INVENTORY = Board(
    "inventory",
    "inventory",
    "What is on the shelves, what runs low, and what could not be sold.",
    (
        Panel("Units available", lines("stock.units"), "Over all shelves.", kind="stat", width=6),
        Panel(
            "Low items",
            lines("stock.low"),
            "Below their reorder point. Alerts begin at 50 and 100.",
            kind="stat",
            width=6,
        ),
        Panel("Items out of stock", lines("stock.out"), "Nothing left.", kind="stat", width=6),
        Panel(
            "Items",
            lines("stock.shelves"),
            "Products by warehouse that have stock or had it.",
            kind="stat",
            width=6,
        ),
        Panel(
            "Stock-out rate",
            lines("inventory.short_share"),
            "Lines that found too little stock, of all lines that asked.",
            unit="percentunit",
        ),
        Panel(
            "Lines a minute",
            (
                Query(figure("inventory.held_per_minute", per="figure"), "held"),
                Query(figure("inventory.short_per_minute", per="figure"), "short"),
                Query(figure("inventory.expired_per_minute", per="figure"), "lapsed"),
            ),
            "Lines held, lines short of stock, and holds that lapsed.",
        ),
        Panel(
            "Units held a minute",
            lines("inventory.units_held_per_minute"),
            "Units that orders took off the shelves.",
        ),
        Panel(
            "Check latency",
            lines("inventory.check_ms", QUANTILES),
            "From ReserveStock to the hold. The promise is 1 s, alerts begin at 100 and 500 ms.",
            unit="ms",
        ),
        Panel(
            "Update latency",
            lines("inventory.update_ms", QUANTILES),
            "From a restock or correction to its event. Alerts begin at 200 ms and 1 s.",
            unit="ms",
        ),
        Panel(
            "Top products",
            (Query(f"sort_desc({figure('inventory.top_products')})", "{{group}}"),),
            "Units held in the last whole minute.",
            kind="bargauge",
        ),
        open_alerts("stock_.*|low_stock"),
    ),
)
