"""What fraud detection adds to the tally of its minute.

Cells: `score|00-09` to `score|90-100` (raw scores, ten points a cell), `decision|decision`,
`latency` (ms from PaymentInitiated to the decision).
"""

from events import Envelope
from events.fraud import FraudCheckCompleted, RiskScoreCalculated
from streams.pulse.latency import since_cause_ms
from streams.pulse.rules import PulseRules
from streams.pulse.tally import Tally, add, grown, observe

_BANDS = (*(f"score|{tens}0-{tens}9" for tens in range(9)), "score|90-100", "score|90-100")


def scored(
    tally: Tally, envelope: Envelope[RiskScoreCalculated], _at_ms: int, _rules: PulseRules
) -> Tally:
    """Count a risk score in its band of ten points."""
    score = envelope.data.risk_score
    cells = tally.cells.copy()
    add(cells, _BANDS[score // 10], score)
    return grown(tally, cells)


def decided(
    tally: Tally, envelope: Envelope[FraudCheckCompleted], at_ms: int, _rules: PulseRules
) -> Tally:
    """Count a decision and how long it took."""
    took_ms = since_cause_ms(envelope, at_ms)
    cells = tally.cells.copy()
    add(cells, "decision|" + envelope.data.decision)
    if took_ms is not None:
        observe(cells, "latency", took_ms)
    return grown(tally, cells)
