"""Percentages among the figures of rules."""

from collections.abc import Mapping

_WHOLE = 100


def insist(**figures: int | Mapping[str, int]) -> None:
    """Have figures, or all of a table, be shares of a whole: beyond it prices fall below nothing.

    Raises:
        ValueError: one is below 0 or above 100.
    """
    for name, figure in figures.items():
        percents = figure.values() if isinstance(figure, Mapping) else (figure,)
        if not all(0 <= percent <= _WHOLE for percent in percents):
            raise ValueError(f"{name}: expected 0 to {_WHOLE}")
