"""What questions to providers, and their answers, add to the pages."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from simulator.dossier import Charge
from simulator.folds.fold import Fold, order_of
from simulator.heard import Data, Said
from simulator.pages import Pages


def _asked(pages: Pages, message: Said, _: int) -> None:
    pages.dossier(order_of(message.data)).asked.add(message.data.idempotency_key or "")


def _charge(pages: Pages, data: Data) -> Charge:
    return pages.dossier(order_of(data)).charges.setdefault(data.charge_id or "", Charge())


def _charged(pages: Pages, message: Said, _: int) -> None:
    data = message.data
    pages.dossier(order_of(data)).answered.add(data.charge_id or "")
    _charge(pages, data)  # Also what nobody captures is open until it is let go.


def _refused(pages: Pages, message: Said, _: int) -> None:
    pages.dossier(order_of(message.data)).answered.add(message.data.charge_id or "")


def _capture_asked(pages: Pages, message: Said, at_ms: int) -> None:
    order = pages.dossier(order_of(message.data))
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
    order = pages.dossier(order_of(message.data))
    if message.data.operation == "authorize":
        order.unknown += 1
    elif not message.data.retryable:
        order.given_up += 1


FOLDS: Final[Mapping[str, Fold]] = MappingProxyType(
    {
        "ProcessPayment": _asked,
        "StripeChargeSucceeded": _charged,
        "StripeChargeFailed": _refused,
        "CapturePayment": _capture_asked,
        "ChargeCaptured": _captured,
        "ChargeVoided": _voided,
        "ChargeRefunded": _returned,
        "ChargeOperationFailed": _operation_failed,
    }
)
