"""What an alert rule is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from streams.alerts.measures import Reading, View


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert rule. It has a runbook of its name in docs/runbooks."""

    name: str
    family: str
    help: str
    unit: str
    measure: Callable[[View], Iterator[Reading]]
    warn: float
    critical: float
    below: bool = False
    """True: crossed when the value is below the threshold, else when it is above."""

    @property
    def runbook(self) -> str:
        """Where to read what to do."""
        return f"docs/runbooks/{self.name}.md"

    def crossed(self, value: float, threshold: float) -> bool:
        """Say whether a value is on the wrong side; on the threshold it is not."""
        return value < threshold if self.below else value > threshold
