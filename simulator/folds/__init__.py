"""What each message adds to the pages: one function a message."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from simulator.folds import charges, goods, orders, payments, subscriptions
from simulator.folds.fold import Fold

FOLDS: Final[Mapping[str, Fold]] = MappingProxyType(
    {
        **orders.FOLDS,
        **payments.FOLDS,
        **charges.FOLDS,
        **goods.FOLDS,
        **subscriptions.FOLDS,
    }
)
"""By the message's name."""
