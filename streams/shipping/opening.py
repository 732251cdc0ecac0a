"""CreateShipment: a shipment begins, or one that found no carrier looks again."""

from collections.abc import Mapping
from enum import StrEnum

from events.shipment_ids import shipment_id_of
from events.shipping import ORDER_AMENDED, CreateShipment
from events.types import ShippedItem
from streams.addresses import PostalAddress, kept_address
from streams.reservations import line_of
from streams.shipping import booking
from streams.shipping.calendar import eta_ms
from streams.shipping.carriers import candidates
from streams.shipping.facts import Began, Cancelled, Facts
from streams.shipping.history import BOOKED, RELABEL_FAILED
from streams.shipping.packing import packed
from streams.shipping.quotes import Parcel, chargeable_g, cost_minor
from streams.shipping.rows import Fulfilment, Item, Shipment, Status, Step
from streams.shipping.rules import ShippingRules


class Refusal(StrEnum):
    """Why no shipment begins, in order of precedence. Each goes to the dead letters."""

    ORDER_UNKNOWN = "no such order is confirmed"
    NOT_PAID = "the order is not paid, or its stock is not committed yet"
    NAME_DIFFERS = "the shipment's name must be the order's next: shp_<orderId>, then :2, :3"
    TOO_MANY = "the order has as many shipments as may be"


def named(
    row: Fulfilment | None,
    command: CreateShipment,
    begun_ones: Mapping[str, Status],
    rules: ShippingRules,
) -> str | Refusal:
    """Say which shipment is meant; `begun_ones` are those of the order that have begun.

    Without a name it is one that found no carrier, else one that was not cancelled, else the
    order's next. None is made before the order's own are planned: they would send all of it again.
    """
    if row is None or not row.lines:
        return Refusal.ORDER_UNKNOWN
    if not row.complete_at_ms:
        return Refusal.NOT_PAID
    known = dict.fromkeys((*row.planned, *row.shipments))
    asked = command.shipment_id
    if asked in known:
        return asked
    alive = [one for one in known if begun_ones.get(one) is not Status.CANCELLED]
    if asked is None and alive:
        waiting = [one for one in alive if begun_ones.get(one) is Status.BOOKING_FAILED]
        return (waiting or alive)[0]
    following = shipment_id_of(row.order_id, len(known) + 1)
    if asked not in {None, following} or alive:
        return Refusal.NAME_DIFFERS
    return following if len(known) < rules.shipments_max else Refusal.TOO_MANY


def begun(
    row: Fulfilment,
    shipment_id: str,
    command: CreateShipment,
    at_ms: int,
    correlation_id: str,
    rules: ShippingRules,
) -> Facts:
    """Begin a shipment and ask a carrier; what is not wanted any more ends at once."""
    shipment = _shipment(row, shipment_id, command, at_ms, correlation_id, rules)
    why = row.stopped or (ORDER_AMENDED if shipment_id in row.superseded else "")
    if why:
        return (Began(shipment), Cancelled(at_ms, why))
    return (Began(shipment), *booking.search(_carriers(shipment, rules), at_ms, "outbound", rules))


def again(shipment: Shipment, at_ms: int, rules: ShippingRules) -> Facts:
    """Look again for a carrier where none was found; any other shipment is there already."""
    if not _lacks_label(shipment):
        return ()
    if shipment.booking is not None and shipment.booking.due_ms:
        return ()
    number = 1 + (shipment.booking.round if shipment.booking else 1)
    search = booking.search(_carriers(shipment, rules), at_ms, "outbound", rules, number)
    return booking.kept(shipment, search)


def _lacks_label(shipment: Shipment) -> bool:
    """Whether there is no label, or one that leads to an earlier address."""
    told = [step.reason for step in shipment.history if step.reason in {BOOKED, RELABEL_FAILED}]
    is_old = shipment.status is Status.CREATED and told[-1:] == [RELABEL_FAILED]
    return is_old or shipment.status is Status.BOOKING_FAILED


def _carriers(shipment: Shipment, rules: ShippingRules) -> tuple[str, ...]:
    origin = rules.country_of(shipment.warehouse_id)
    country = shipment.destination.country
    return candidates(origin, country, shipment.method, shipment.packages, rules)


def _shipment(
    row: Fulfilment,
    shipment_id: str,
    command: CreateShipment,
    at_ms: int,
    correlation_id: str,
    rules: ShippingRules,
) -> Shipment:
    warehouse_id = command.warehouse_id or rules.warehouse_default
    packages = packed([_item(row, item) for item in command.items], shipment_id[-100:], rules)
    destination = _destination(row, shipment_id, command)
    signature = row.total_minor >= rules.signature_from_minor
    priced = Parcel(
        chargeable_g(packages, rules),
        command.shipping_method,
        abroad=rules.country_of(warehouse_id) != destination.country,
        signature=signature,
    )
    return Shipment(
        shipment_id=shipment_id,
        order_id=row.order_id,
        user_id=row.user_id,
        status=Status.PENDING,
        created_at_ms=at_ms,
        warehouse_id=warehouse_id,
        destination=destination,
        method=command.shipping_method,
        currency=row.currency,
        packages=packages,
        cost_minor=cost_minor(priced, rules),
        eta_ms=eta_ms(at_ms, command.shipping_method, rules),
        correlation_id=correlation_id,
        signature=signature,
        dispatch_due_ms=row.complete_at_ms + rules.fulfil_ms,
        suspected=row.suspected,
        disputes=row.disputes,
        guessed=command.warehouse_id is None,
        history=(Step(at_ms, Status.PENDING, "ASKED_FOR"),),
    )


def _destination(row: Fulfilment, shipment_id: str, command: CreateShipment) -> PostalAddress:
    """Where the order goes by now; a person who asks for a shipment may send it elsewhere."""
    if shipment_id in row.planned and row.destination is not None:
        return row.destination
    return kept_address(command.shipping_address)


def _item(row: Fulfilment, item: ShippedItem) -> Item:
    """An item of the command, with what the order knows of its line."""
    number = line_of(item.item_id, row.order_id)
    line = row.lines[number - 1] if 0 < number <= len(row.lines) else None
    unit_minor = item.price_per_unit_minor
    if line is not None and unit_minor is None and line.quantity:
        unit_minor = line.total_minor // line.quantity
    if line is None:
        return Item(item.item_id, item.quantity, item.product_id, item.sku, item.name, unit_minor)
    return Item(
        item.item_id,
        item.quantity,
        item.product_id or line.product_id,
        item.sku or line.sku,
        item.name or line.name,
        unit_minor,
    )
