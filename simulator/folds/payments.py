"""What messages about payments, refunds, disputes and fraud checks add to the pages."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from simulator.dossier import Failure
from simulator.folds.fold import Fold, order_of
from simulator.heard import Said, minor
from simulator.pages import Pages


def _initiated(pages: Pages, message: Said, at_ms: int) -> None:
    data = message.data
    order = pages.dossier(order_of(data), message.correlation_id)
    order.initiated.append((minor(data.amount), data.currency or ""))
    order.initiated_at_ms = order.initiated_at_ms or at_ms


def _processed(pages: Pages, message: Said, at_ms: int) -> None:
    data = message.data
    order = pages.dossier(order_of(data))
    if data.status == "confirmed":
        order.processed.append((minor(data.amount), data.currency or ""))
        order.processed_at_ms = order.processed_at_ms or at_ms


def _completed(pages: Pages, message: Said, _: int) -> None:
    data = message.data
    figures = minor(data.amount), minor(data.processing_fee), minor(data.net_amount)
    pages.dossier(order_of(data)).completed.append(figures)


def _attempt_failed(pages: Pages, message: Said, _: int) -> None:
    data = message.data
    order = pages.dossier(order_of(data))
    failure = Failure(data.failure_reason or "", data.failure_code or "", bool(data.retryable))
    order.attempts_failed.append(failure)


def _checked(pages: Pages, message: Said, at_ms: int) -> None:
    order, decision = pages.dossier(order_of(message.data)), message.data.decision or ""
    order.decisions.append(decision)
    if decision == "APPROVED":
        order.approved_at_ms = order.approved_at_ms or at_ms


def _found(pages: Pages, message: Said, _: int) -> None:
    pages.dossier(order_of(message.data)).found.append(message.data.severity or "")


def _refunded(pages: Pages, message: Said, _: int) -> None:
    data = message.data
    order = pages.dossier(order_of(data))
    order.refunds[data.refund_id or ""] = minor(data.amount)


def _refund_failed(pages: Pages, message: Said, _: int) -> None:
    pages.dossier(order_of(message.data)).refunds_failed.append(message.data.failure_reason or "")


def _disputed(pages: Pages, message: Said, _: int) -> None:
    pages.dossier(order_of(message.data)).disputed.append(minor(message.data.amount))


def _dispute_over(pages: Pages, message: Said, _: int) -> None:
    data = message.data
    pages.dossier(order_of(data)).judged.append((data.outcome or "", minor(data.amount)))


FOLDS: Final[Mapping[str, Fold]] = MappingProxyType(
    {
        "PaymentInitiated": _initiated,
        "PaymentProcessed": _processed,
        "PaymentComplete": _completed,
        "PaymentFailed": _attempt_failed,
        "FraudCheckCompleted": _checked,
        "FraudDetected": _found,
        "RefundIssued": _refunded,
        "RefundFailed": _refund_failed,
        "ChargebackOpened": _disputed,
        "ChargebackClosed": _dispute_over,
    }
)
