"""Units that a count did not find and that orders hold: people decide whose order goes without."""

from typing import Final

from events.alerts import AlertRaised
from streams.alarms import alarm
from streams.inventory.facts import Missing
from streams.inventory.rows import Stock, level_of

RULE: Final = "stock_missing"


def alarm_of(stock: Stock, fact: Missing) -> AlertRaised:
    """Name the product and the warehouse, and say how many units fewer there are than are held."""
    level = level_of(stock, fact.warehouse_id)
    assert level is not None, f"{fact} concerns a level that does not exist"
    where = f"{stock.product_id} in {fact.warehouse_id}"
    named = (stock.product_id, fact.warehouse_id, str(stock.version))
    return alarm(RULE, named, where, level.missing, "units", fact.at_ms)
