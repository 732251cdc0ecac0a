"""Units of goods, counted as messages tell them."""

from collections import Counter
from typing import Any

Data = dict[str, Any]
Units = Counter[str]
Lines = dict[int, int]
"""Units by line."""


def lines_of(items: list[Data]) -> Lines:
    """Units by the line that each item's id ends with."""
    lines = Counter[int]()
    for item in items:
        lines[int(item["itemId"].rpartition(":")[2])] += item["quantity"]
    return lines


def units_of(items: list[Data]) -> Units:
    """Units by product."""
    units: Units = Counter()
    for item in items:
        units[item.get("productId") or item["sku"]] += item["quantity"]
    return units


def sound(received: Data) -> Units:
    """Units that the inspection lets pass."""
    return units_of([item for item in received["items"] if item["refundable"]])


def by_line(announced: list[Data], units: Units) -> Lines:
    """Units of products by line, as they were announced."""
    left, lines = units.copy(), Counter[int]()
    for item in announced:
        name = item.get("productId") or item["sku"]
        many = min(item["quantity"], left[name])
        lines[int(item["itemId"].rpartition(":")[2])] += many
        left[name] -= many
    return lines
