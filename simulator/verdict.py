"""What the judge says of a run."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from simulator.ends import End

WORDS_MAX: Final = 50
"""Differences that are told in words; all are counted."""


@dataclass(slots=True)
class Verdict:
    """What came of everything. All figures but the ends must be zero."""

    placed: int = 0
    ends: Counter[End] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """Of the cancelled."""
    delivered: int = 0
    """Parcels at a door."""
    returned: int = 0
    """Orders of which goods came back."""
    exchanged: int = 0
    """Orders that replace what came back."""
    refunded: int = 0
    """Refunds."""
    disputed: int = 0
    """Disputes."""
    renewed: int = 0
    """Renewals of subscriptions."""
    suspended: int = 0
    """Subscriptions."""
    unexplained: int = 0
    """Orders and subscriptions that are still open or ended as they must not, and orders that
    nobody placed."""
    stock_violations: int = 0
    money_difference_minor: int = 0
    """What is missing or too much, over all currencies."""
    dead_letters: int = 0
    expected_letters: int = 0
    differences: int = 0
    words: list[str] = field(default_factory=list)
    """The first `WORDS_MAX` differences."""

    def differs(self, words: str) -> None:
        """Count a difference."""
        self.differences += 1
        if len(self.words) < WORDS_MAX:
            self.words.append(words)

    @property
    def is_green(self) -> bool:
        """Whether everything is as it must be."""
        return not (self.differences or self.unexplained)
