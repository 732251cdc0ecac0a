"""What a caller may ask the rows of a list to be like."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.refusals import bad_request
from tables import inventory, notifications, orders

Row = Mapping[str, Any]
"""As a table view gives it."""
Wanted = Callable[[Row], bool]
Asked = tuple[tuple[str, str], ...]
"""Filters by name, each with the caller's word."""

_WORD_CHARS_MAX: Final = 128
_DIGITS_MAX: Final = 9


@dataclass(frozen=True, slots=True)
class Filter:
    """One query parameter: what it may say, and which rows that means."""

    is_wanted: Callable[[Row, str], bool]
    words: tuple[str, ...] = ()
    """What it may say; empty: anything short, or a number."""
    all: str = ""
    """The word that leaves out nothing."""
    is_number: bool = False

    def read(self, name: str, told: str | None) -> str:
        """The caller's word; empty where it leaves out nothing.

        Raises:
            Refusal: the list cannot be asked so.
        """
        if told is None or (self.all and told == self.all):
            return ""
        if self.words and told not in self.words:
            raise bad_request(f"{name}: {told}; expected {' or '.join(self.words)}")
        if self.is_number and not (told.isdecimal() and len(told) <= _DIGITS_MAX):
            raise bad_request(f"{name}: {told}; expected at most {_DIGITS_MAX} digits")
        if not 0 < len(told) <= _WORD_CHARS_MAX:
            raise bad_request(f"{name}: expected 1 to {_WORD_CHARS_MAX} characters")
        return told

    @property
    def schema(self) -> dict[str, Any]:
        """What it may say, as OpenAPI has it."""
        if self.words:
            return {"enum": list(self.words)}
        return {"type": "integer", "minimum": 0} if self.is_number else {"type": "string"}


def wanted_of(filters: Mapping[str, Filter], asked: Asked) -> Wanted:
    """Tell rows that are as they were asked for from others."""
    return lambda row: all(filters[name].is_wanted(row, told) for name, told in asked)


def _in_stock(row: Row, told: str) -> bool:
    return (inventory.available_in(row) > 0) is (told == "true")


ORDERS: Final = {
    "status": Filter(
        lambda row, told: told in {row["status"], orders.status_in(row)}, orders.STATUSES
    ),
}
STOCK: Final = {
    "inStock": Filter(_in_stock, ("true", "false")),
    "minStockLevel": Filter(
        lambda row, told: inventory.available_in(row) >= int(told), is_number=True
    ),
    "location": Filter(inventory.is_at),
}
NOTIFICATIONS: Final = {
    "status": Filter(lambda row, _told: notifications.is_unread(row), ("all", "unread"), all="all"),
}
