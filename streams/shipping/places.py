"""Addresses and places, from the wire and back."""

from events.types import Address, Place
from streams.shipping.rows import Destination, Scan


def destination_of(address: Address) -> Destination:
    """An address as it is kept."""
    return Destination(
        address.line1,
        address.city,
        address.country,
        address.line2,
        address.state,
        address.postal_code,
    )


def address_of(destination: Destination) -> Address:
    """An address as it travels."""
    return Address(
        line1=destination.line1,
        line2=destination.line2,
        city=destination.city,
        state=destination.state,
        postal_code=destination.postal_code,
        country=destination.country,
    )


def place_of(destination: Destination) -> Place:
    """Where a parcel goes, without the street."""
    return Place(
        city=destination.city,
        state=destination.state,
        postal_code=destination.postal_code,
        country=destination.country,
    )


def place_of_scan(scan: Scan | None, destination: Destination) -> Place:
    """Where a parcel was scanned; a scan that does not say leaves it to the destination."""
    if scan is None or not scan.country:
        return place_of(destination)
    return Place(facility=scan.facility, city=scan.city, state=scan.state, country=scan.country)
