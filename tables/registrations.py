"""Tables of what follows from registrations."""

from collections.abc import Mapping
from typing import Final

from engine.specs import TableSpec
from streams.registrations import WatchList

WATCH_LISTS: Final = TableSpec(
    name="watch_lists",
    row=WatchList,
    key="userId",
    help="Products of which a user wants to know when they are back in stock.",
)

UNHEEDED: Final = TableSpec(
    name="unheeded",
    row=Mapping[str, int],  # type: ignore[type-abstract]  # read as a dict; so nobody changes it
    key="service",
    help="Messages that a service has to take and has no use for, by name, in a partition.",
    hidden=True,
)
