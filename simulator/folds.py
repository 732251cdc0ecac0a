"""What each message adds to the pages: one function a message."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from simulator.afterwards import Piece
from simulator.dossier import EXCHANGE, Charge, Failure, Hold, Parcel
from simulator.heard import Data, Said, minor
from simulator.lives import Life
from simulator.pages import Pages
from simulator.shelves import EVERYWHERE


def _order_of(data: Data) -> str:
    """The order that a payment's message is about."""
    return data.order_id or (data.payment_id or "").removeprefix("pay_")


def _ms_of(moment: str | None) -> int:
    if moment is None:
        return 0
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


# --- one function a message: the pages, what was said, and the broker's time in ms


def _placed(pages: Pages, message: Said, at_ms: int) -> None:
    """Only orders that name themselves are timed: the others have no name yet."""
    if message.data.order_id is None:
        return
    order = pages.dossier(message.data.order_id)
    if not order.placed_at_ms:
        order.placed_at_ms = at_ms


def _confirmed(pages: Pages, message: Said, at_ms: int) -> None:
    data = message.data
    order = pages.dossier(_order_of(data), message.correlation_id)
    order.correlation_id = message.correlation_id
    order.confirmed.append((minor(data.order_total), data.currency or ""))
    order.decided_at_ms = order.decided_at_ms or at_ms


def _replaced(pages: Pages, message: Said, _: int) -> None:
    """An order that costs nothing is asked for, instead of the price of what came back."""
    data = message.data
    first, other = pages.dossier(data.exchange_for or ""), pages.dossier(_order_of(data))
    other.exchange_for = first.order_id
    first.replacements[data.return_id or ""] = other


def _failed(pages: Pages, message: Said, at_ms: int) -> None:
    order = pages.dossier(_order_of(message.data), message.correlation_id)
    order.correlation_id = message.correlation_id
    order.failed.append(message.data.rejection_reason or "")
    order.decided_at_ms = order.decided_at_ms or at_ms


def _cancelled(pages: Pages, message: Said, _: int) -> None:
    order = pages.dossier(_order_of(message.data), message.correlation_id)
    order.cancelled.append(message.data.cancellation_reason or "")


def _amended(pages: Pages, message: Said, _: int) -> None:
    """Of an order that the shop amended, the lines that are no more."""
    why = message.data.cancellation_reason
    if why is None:
        return
    gone = pages.dossier(_order_of(message.data), message.correlation_id).lines_gone
    for line in message.data.lines or ():
        if not line.quantity:
            gone.setdefault(line.number, why)


def _initiated(pages: Pages, message: Said, at_ms: int) -> None:
    data = message.data
    order = pages.dossier(_order_of(data), message.correlation_id)
    order.initiated.append((minor(data.amount), data.currency or ""))
    order.initiated_at_ms = order.initiated_at_ms or at_ms


def _processed(pages: Pages, message: Said, at_ms: int) -> None:
    data = message.data
    order = pages.dossier(_order_of(data))
    if data.status == "confirmed":
        order.processed.append((minor(data.amount), data.currency or ""))
        order.processed_at_ms = order.processed_at_ms or at_ms


def _completed(pages: Pages, message: Said, _: int) -> None:
    data = message.data
    figures = minor(data.amount), minor(data.processing_fee), minor(data.net_amount)
    pages.dossier(_order_of(data)).completed.append(figures)


def _attempt_failed(pages: Pages, message: Said, _: int) -> None:
    data = message.data
    order = pages.dossier(_order_of(data))
    failure = Failure(data.failure_reason or "", data.failure_code or "", bool(data.retryable))
    order.attempts_failed.append(failure)


def _checked(pages: Pages, message: Said, at_ms: int) -> None:
    order, decision = pages.dossier(_order_of(message.data)), message.data.decision or ""
    order.decisions.append(decision)
    if decision == "APPROVED":
        order.approved_at_ms = order.approved_at_ms or at_ms


def _found(pages: Pages, message: Said, _: int) -> None:
    pages.dossier(_order_of(message.data)).found.append(message.data.severity or "")


def _asked(pages: Pages, message: Said, _: int) -> None:
    pages.dossier(_order_of(message.data)).asked.add(message.data.idempotency_key or "")


def _charge(pages: Pages, data: Data) -> Charge:
    return pages.dossier(_order_of(data)).charges.setdefault(data.charge_id or "", Charge())


def _charged(pages: Pages, message: Said, _: int) -> None:
    data = message.data
    pages.dossier(_order_of(data)).answered.add(data.charge_id or "")
    _charge(pages, data).authorized = data.amount_minor or 0


def _refused(pages: Pages, message: Said, _: int) -> None:
    pages.dossier(_order_of(message.data)).answered.add(message.data.charge_id or "")


def _capture_asked(pages: Pages, message: Said, at_ms: int) -> None:
    order = pages.dossier(_order_of(message.data))
    order.capture_asked_at_ms = order.capture_asked_at_ms or at_ms
    _charge(pages, message.data).captures_asked += 1


def _captured(pages: Pages, message: Said, _: int) -> None:
    _charge(pages, message.data).captures.append(message.data.amount_minor or 0)


def _voided(pages: Pages, message: Said, _: int) -> None:
    _charge(pages, message.data).voided += 1


def _returned(pages: Pages, message: Said, _: int) -> None:
    data = message.data
    _charge(pages, data).refunds[data.refund_id or ""] = data.amount_minor or 0


def _operation_failed(pages: Pages, message: Said, _: int) -> None:
    order = pages.dossier(_order_of(message.data))
    if message.data.operation == "authorize":
        order.unknown += 1
    elif not message.data.retryable:
        order.given_up += 1


def _refunded(pages: Pages, message: Said, _: int) -> None:
    data = message.data
    order = pages.dossier(_order_of(data))
    order.refunds[data.refund_id or ""] = minor(data.amount)


def _adjusted(pages: Pages, message: Said, at_ms: int) -> None:
    data = message.data
    pages.shelves.adjusted(data)
    if data.reservation_id is None or data.order_id is None:
        return
    holds = pages.dossier(data.order_id).holds
    hold = holds.setdefault(data.reservation_id, Hold(data.product_id or ""))
    change, where = data.adjusted_quantity or 0, data.warehouse_id or ""
    if where != EVERYWHERE and change:
        hold.units[where] = hold.units.get(where, 0) - change
    hold.status = data.reservation_status or hold.status
    hold.committed += bool(data.committed)
    if data.reason == "reservation_expired":
        hold.expired += 1
        hold.lapsed_early |= bool(change) and at_ms < hold.expires_at_ms
    elif data.reservation_status == "CONFIRMED" and not data.committed:
        hold.held_at_ms = hold.held_at_ms or at_ms
        hold.expires_at_ms = _ms_of(data.reservation_expires_at)


def _out_of_stock(pages: Pages, message: Said, _: int) -> None:
    data = message.data
    if data.triggered_by_order_id is None:
        return
    order, product = pages.dossier(data.triggered_by_order_id), data.product_id or ""
    order.short.append((product, bool(data.backorder_allowed)))
    order.exchange_short |= EXCHANGE in (data.reservation_id or "")
    others_wait = (data.pending_orders or 0) > bool(data.backorder_allowed)
    available = pages.shelves.available(product)
    if not others_wait and available >= (data.requested_quantity or 0):
        order.unduly_short.append(f"{data.requested_quantity} of {product}, {available} available")


def _parcel(pages: Pages, data: Data) -> Parcel:
    parcels = pages.dossier(data.order_id or "").parcels
    return parcels.setdefault(data.shipment_id or "", Parcel())


def _shipment_created(pages: Pages, message: Said, _: int) -> None:
    parcel = _parcel(pages, message.data)
    parcel.created += 1
    for box in message.data.packages or ():
        for ware in box.items or ():
            parcel.units[ware.product_id or ""] += ware.quantity


def _shipment_dispatched(pages: Pages, message: Said, _: int) -> None:
    _parcel(pages, message.data).dispatched += 1


def _shipment_delivered(pages: Pages, message: Said, _: int) -> None:
    _parcel(pages, message.data).delivered += 1


def _shipment_cancelled(pages: Pages, message: Said, _: int) -> None:
    _parcel(pages, message.data).cancelled += 1


def _refund_failed(pages: Pages, message: Said, _: int) -> None:
    pages.dossier(_order_of(message.data)).refunds_failed.append(message.data.failure_reason or "")


def _came_back(pages: Pages, message: Said, _: int) -> None:
    data = message.data
    for ware in data.items or ():
        name = ware.product_id or ware.sku or ""
        piece = Piece(data.return_id or "", name, ware.quantity, ware.condition or "")
        pages.dossier(data.order_id or "").came_back.append(piece)


def _disputed(pages: Pages, message: Said, _: int) -> None:
    pages.dossier(_order_of(message.data)).disputed.append(minor(message.data.amount))


def _dispute_over(pages: Pages, message: Said, _: int) -> None:
    data = message.data
    pages.dossier(_order_of(data)).judged.append((data.outcome or "", minor(data.amount)))


def _life(pages: Pages, data: Data) -> Life:
    return pages.lives.setdefault(data.user_id or "", Life(data.user_id or ""))


def _subscribed(pages: Pages, message: Said, _: int) -> None:
    _life(pages, message.data).subscription_ids.append(message.data.subscription_id or "")


def _renewed(pages: Pages, message: Said, _: int) -> None:
    _life(pages, message.data).renewed.append(bool(message.data.recovered))


def _suspended(pages: Pages, message: Said, _: int) -> None:
    _life(pages, message.data).suspended += 1


def _left(pages: Pages, message: Said, _: int) -> None:
    _life(pages, message.data).cancelled.append(message.data.cancellation_reason or "")


FOLDS: Final[Mapping[str, Callable[[Pages, Said, int], None]]] = MappingProxyType(
    {
        "PlaceOrder": _placed,
        "PlaceReplacement": _replaced,
        "OrderConfirmed": _confirmed,
        "OrderFailed": _failed,
        "OrderCancelled": _cancelled,
        "OrderAmended": _amended,
        "PaymentInitiated": _initiated,
        "PaymentProcessed": _processed,
        "PaymentComplete": _completed,
        "PaymentFailed": _attempt_failed,
        "FraudCheckCompleted": _checked,
        "FraudDetected": _found,
        "ProcessPayment": _asked,
        "StripeChargeSucceeded": _charged,
        "StripeChargeFailed": _refused,
        "CapturePayment": _capture_asked,
        "ChargeCaptured": _captured,
        "ChargeVoided": _voided,
        "ChargeRefunded": _returned,
        "ChargeOperationFailed": _operation_failed,
        "RefundIssued": _refunded,
        "RefundFailed": _refund_failed,
        "ReturnReceived": _came_back,
        "ChargebackOpened": _disputed,
        "ChargebackClosed": _dispute_over,
        "UserSubscriptionStarted": _subscribed,
        "SubscriptionRenewedEvent": _renewed,
        "SubscriptionSuspended": _suspended,
        "UserSubscriptionCancelled": _left,
        "InventoryAdjusted": _adjusted,
        "OutOfStock": _out_of_stock,
        "ShipmentCreated": _shipment_created,
        "ShipmentDispatched": _shipment_dispatched,
        "ShipmentDelivered": _shipment_delivered,
        "ShipmentCancelled": _shipment_cancelled,
    }
)
