"""An alert is raised, may change its severity, and is resolved once; what is open is kept so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from simulation.laws.broken import insist
from simulation.laws.units import Data

IN_TURN: Final = "an alert is raised once at a time, and resolved once"
ONE: Final = "one alert a rule and subject"
OPEN: Final = "the open alerts are those that were raised and not resolved"
HEEDED: Final = frozenset({"AlertRaised", "AlertResolved"})


@dataclass(slots=True)
class AlertsLaw:
    """Follows alerts on figures: what services raise by themselves has no window, and no end."""

    rows: Mapping[str, dict[str, Any]]
    open: dict[tuple[str, str], Data] = field(default_factory=dict)
    """The newest word of each, by rule and subject."""
    over: set[str] = field(default_factory=set)

    def told(self, name: str, data: Data) -> None:
        """An alert was raised or resolved."""
        what, alert_id = (data["rule"], data.get("subject") or ""), data["alertId"]
        before = self.open.get(what)
        if name == "AlertResolved":
            if before is not None and before["alertId"] == alert_id:
                del self.open[what]
                self.over.add(alert_id)
            else:
                insist(data.get("resolvedBy"), IN_TURN, alert_id, f"it is not open: {data}")
        elif data.get("windowStart"):
            insist(alert_id not in self.over, IN_TURN, alert_id, "it was resolved")
            if before is not None:
                insist(before["alertId"] == alert_id, ONE, str(what), f"{before} is open")
                anew = before["severity"] != data["severity"]
                insist(anew, IN_TURN, alert_id, f"it is open as {before['severity']}")
            self.open[what] = data

    def ended(self) -> None:
        """All is done."""
        kept = {row.alert_id: row.severity for row in self.rows["alerts"].values()}
        told = {one["alertId"]: one["severity"] for one in self.open.values()}
        insist(kept == told, OPEN, "alerts", f"{kept} is kept, {told} was told")
