"""Amendments and returns as messages: what others are asked, and what everybody is told."""

from collections.abc import Iterator

from events.holds import ReleaseStock, ReserveStock
from events.order_parts import AddressChange, Amendment, OrderLine
from events.orders import OrderAmended
from events.returns import CreateReturnLabel
from events.types import ShippedItem
from streams.addresses import region_of, wire_address
from streams.moments import moment_of
from streams.orders.back import Back
from streams.orders.calendar import promised_on
from streams.orders.facts import Amended, AmendmentAsked, AmendmentEnded, Unsent
from streams.orders.rows import Line, Order
from streams.orders.rules import OrderRules


def label_asked(order: Order, back: Back) -> CreateReturnLabel:
    """Ask for the label of a return. When it was asked for is judged here, and once."""
    return CreateReturnLabel(
        shipment_id=back.shipment_id,
        order_id=order.order_id,
        reason=back.reason,
        reason_details=back.details or None,
        items=tuple(
            [
                ShippedItem(
                    item_id=f"{order.order_id}:{one.line}",
                    product_id=order.lines[one.line - 1].product_id,
                    sku=order.lines[one.line - 1].sku,
                    quantity=one.units,
                )
                for one in back.lines
            ]
        ),
        return_method=back.method or None,
        reshipping=bool(back.swaps),
        granted=True,
    )


def reserve(order: Order, fact: AmendmentAsked, rules: OrderRules) -> Iterator[ReserveStock]:
    """Ask for what is added. It names no payment: none may wait for it before it is ordered."""
    where, pending = order.shipping_address, fact.pending
    for number in pending.added:
        line = pending.lines[number - 1]
        yield ReserveStock(
            reservation_id=f"{order.order_id}:{number}",
            order_id=order.order_id,
            product_id=line.product_id,
            quantity=line.quantity,
            destination=region_of(where.state, where.country),
            expires_at=moment_of(fact.at_ms + rules.amendment_hold_ms),
            backorder=False,
            sales_channel=order.channel or None,
            promised_date=promised_on(order, rules),
        )


def release(order: Order, fact: AmendmentEnded) -> Iterator[ReleaseStock]:
    """Let go what was held for an amendment that is not to be."""
    for number, line in fact.let_go:
        yield ReleaseStock(
            reservation_id=f"{order.order_id}:{number}",
            order_id=order.order_id,
            product_id=line.product_id,
            quantity=line.quantity,
            reason="order_amended",
        )


def let_go(order: Order, fact: Unsent) -> Iterator[ReleaseStock]:
    """Let go what is held for parcels that are not sent, each where it lies."""
    for parcel in [one for one in fact.parcels if one.warehouse_id]:
        for number, units in parcel.lines:
            yield ReleaseStock(
                reservation_id=f"{order.order_id}:{number}",
                order_id=order.order_id,
                product_id=order.lines[number - 1].product_id,
                quantity=units,
                reason="order_cancelled",
                warehouse_id=parcel.warehouse_id,
                shipment_id=parcel.shipment_id,
            )


def amended(order: Order, fact: Amended) -> Iterator[OrderAmended]:
    """Tell everybody what the order is now."""
    moved = None
    if fact.moved_from is not None and fact.moved_to is not None:
        moved = AddressChange(
            previous=wire_address(fact.moved_from), updated=wire_address(fact.moved_to)
        )
    yield OrderAmended(
        order_id=order.order_id,
        user_id=order.user_id,
        amendment_type=fact.kind,
        amendments=tuple(_changes(fact)),
        shipping_address=moved,
        previous_order_total_minor=sum([line.total_minor for line in fact.before]),
        new_order_total_minor=sum([line.total_minor for line in fact.lines]),
        currency=order.currency,
        order_status=order.status.value,
        cancellation_reason=fact.why or None,
        lines=tuple(
            [
                OrderLine(
                    number=number,
                    product_id=line.product_id,
                    product_name=line.product_name,
                    sku=line.sku,
                    quantity=line.quantity,
                    unit_price_minor=line.unit_price_minor,
                    total_price_minor=line.total_minor,
                )
                for number, line in enumerate(fact.lines, 1)
            ]
        ),
    )


def _changes(fact: Amended) -> Iterator[Amendment]:
    """Give each product whose units changed; its lines count together."""
    for product_id in dict.fromkeys([line.product_id for line in fact.lines]):
        before = [line for line in fact.before if line.product_id == product_id]
        after = [line for line in fact.lines if line.product_id == product_id]
        was, now = _units(before), _units(after)
        if was != now:
            yield Amendment(
                product_id=product_id,
                product_name=after[-1].product_name,
                sku=after[-1].sku,
                previous_quantity=was,
                new_quantity=now,
                unit_price_minor=after[-1].unit_price_minor,
                previous_line_total_minor=sum([line.total_minor for line in before]),
                new_line_total_minor=sum([line.total_minor for line in after]),
            )


def _units(lines: list[Line]) -> int:
    return sum([line.quantity for line in lines])
