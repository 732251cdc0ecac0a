"""What messages about subscriptions add to the pages."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from simulator.folds.fold import Fold
from simulator.heard import Data, Said
from simulator.lives import Life
from simulator.pages import Pages


def _life(pages: Pages, data: Data) -> Life:
    return pages.lives.setdefault(data.user_id or "", Life())


def _subscribed(pages: Pages, message: Said, _: int) -> None:
    _life(pages, message.data).subscription_ids.append(message.data.subscription_id or "")


def _renewed(pages: Pages, message: Said, _: int) -> None:
    _life(pages, message.data).renewed.append(bool(message.data.recovered))


def _suspended(pages: Pages, message: Said, _: int) -> None:
    _life(pages, message.data).suspended += 1


def _left(pages: Pages, message: Said, _: int) -> None:
    _life(pages, message.data).cancelled.append(message.data.cancellation_reason or "")


FOLDS: Final[Mapping[str, Fold]] = MappingProxyType(
    {
        "UserSubscriptionStarted": _subscribed,
        "SubscriptionRenewedEvent": _renewed,
        "SubscriptionSuspended": _suspended,
        "UserSubscriptionCancelled": _left,
    }
)
