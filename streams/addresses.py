"""Postal addresses: as they travel, and as rows keep them."""

import msgspec

from events.types import Address


class PostalAddress(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A postal address. Personal data."""

    line1: str
    city: str
    country: str
    line2: str | None = None
    state: str | None = None
    postal_code: str | None = None


def kept_address(address: Address) -> PostalAddress:
    """An address as it is kept."""
    return PostalAddress(
        address.line1,
        address.city,
        address.country,
        address.line2,
        address.state,
        address.postal_code,
    )


def wire_address(kept: PostalAddress) -> Address:
    """An address as it travels."""
    return Address(
        line1=kept.line1,
        line2=kept.line2,
        city=kept.city,
        state=kept.state,
        postal_code=kept.postal_code,
        country=kept.country,
    )


def region_of(state: str | None, country: str) -> Address:
    """As much of an address as stock needs to choose a warehouse; nothing in it is personal."""
    return Address(line1="", city="", state=state, country=country)
