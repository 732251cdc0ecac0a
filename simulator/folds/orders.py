"""What messages about orders add to the pages."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from simulator.folds.fold import Fold, order_of
from simulator.heard import Said, minor
from simulator.pages import Pages


def _placed(pages: Pages, message: Said, at_ms: int) -> None:
    """Only orders that name themselves are timed: the others have no name yet."""
    if message.data.order_id is None:
        return
    order = pages.dossier(message.data.order_id)
    if not order.placed_at_ms:
        order.placed_at_ms = at_ms


def _replaced(pages: Pages, message: Said, _: int) -> None:
    """An order that costs nothing is asked for, instead of the price of what came back."""
    data = message.data
    first, other = pages.dossier(data.exchange_for or ""), pages.dossier(order_of(data))
    other.exchange_for = first.order_id
    first.replacements[data.return_id or ""] = other


def _confirmed(pages: Pages, message: Said, at_ms: int) -> None:
    data = message.data
    order = pages.dossier(order_of(data), message.correlation_id)
    order.correlation_id = message.correlation_id
    order.confirmed.append((minor(data.order_total), data.currency or ""))
    order.decided_at_ms = order.decided_at_ms or at_ms


def _failed(pages: Pages, message: Said, at_ms: int) -> None:
    order = pages.dossier(order_of(message.data), message.correlation_id)
    order.correlation_id = message.correlation_id
    order.failed.append(message.data.rejection_reason or "")
    order.decided_at_ms = order.decided_at_ms or at_ms


def _cancelled(pages: Pages, message: Said, at_ms: int) -> None:
    order = pages.dossier(order_of(message.data), message.correlation_id)
    order.cancelled_at_ms = order.cancelled_at_ms or at_ms
    order.cancelled.append(message.data.cancellation_reason or "")


def _amended(pages: Pages, message: Said, _: int) -> None:
    """Of an order that the shop amended, the lines that are no more."""
    why = message.data.cancellation_reason
    if why is None:
        return
    gone = pages.dossier(order_of(message.data), message.correlation_id).lines_gone
    for line in message.data.lines or ():
        if not line.quantity:
            gone.setdefault(line.number, why)


FOLDS: Final[Mapping[str, Fold]] = MappingProxyType(
    {
        "PlaceOrder": _placed,
        "PlaceReplacement": _replaced,
        "OrderConfirmed": _confirmed,
        "OrderFailed": _failed,
        "OrderCancelled": _cancelled,
        "OrderAmended": _amended,
    }
)
