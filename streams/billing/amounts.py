"""Sums of an invoice, in minor units. Halves go up: away from zero where a sum is owed back."""

from typing import Final

_PERCENT: Final = 100
_BASIS_POINTS: Final = 10_000


def half_up(numerator: int, denominator: int) -> int:
    """The quotient, rounded to the nearest whole number; a half goes away from zero."""
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


def net(price_minor: int, *percents: int) -> int:
    """A price less discounts, one after the other, rounded once each."""
    for percent in percents:
        price_minor = half_up(price_minor * (_PERCENT - percent), _PERCENT)
    return price_minor


def tax_of(subtotal_minor: int, basis_points: int) -> int:
    """The tax on a sum (G-12)."""
    return half_up(subtotal_minor * basis_points, _BASIS_POINTS)


def share(price_minor: int, part_days: int, whole_days: int) -> int:
    """What part of a period costs."""
    return half_up(price_minor * part_days, whole_days)


def prorated(
    old_minor: int, new_minor: int, remaining_days: int, old_days: int, new_days: int
) -> int:
    """What an upgrade costs until the running period ends: new charged, old credited (G-41).

    `old_days` and `new_days` are how long a period of either plan is that starts with the running
    one; no more is left than of the longer. Of the old one no more than a period was paid; of the
    new one several may fit into what is left. Each share is rounded by itself.
    """
    left = min(remaining_days, max(old_days, new_days))
    return share(new_minor, left, new_days) - share(old_minor, min(left, old_days), old_days)
