"""What news of notifications adds to the tally of its minute.

Cells: `latency|channel` (ms from the event, or from the time it was put off to, until a provider
accepted), `slow` (later than promised), `waiting|channel` (ms since then, at a try that failed),
`dead|reason` (given up), `suppressed|reason` (never tried). What is shown in the app needs no
provider and counts nowhere.
"""

from events import Envelope
from events.notifications import NotificationFailed, NotificationSent
from streams.pulse.latency import told_ms
from streams.pulse.rules import PulseRules
from streams.pulse.tally import Tally, add, grown, observe

_IN_APP = "IN_APP"


def sent(
    tally: Tally, envelope: Envelope[NotificationSent], _at_ms: int, rules: PulseRules
) -> Tally:
    """Count a letter, and how long it took to be accepted."""
    event = envelope.data
    if event.channel == _IN_APP:
        return tally
    cells, took_ms = tally.cells.copy(), event.latency_ms or 0
    observe(cells, "latency|" + event.channel, took_ms)
    if took_ms >= rules.notification_promise_s * 1000:
        add(cells, "slow")
    return grown(tally, cells)


def failed(
    tally: Tally, envelope: Envelope[NotificationFailed], _at_ms: int, _rules: PulseRules
) -> Tally:
    """Count what was given up, what was never tried, and how long a letter waits already."""
    event, cells = envelope.data, tally.cells.copy()
    if event.dead_lettered:
        add(cells, "dead|" + event.reason)
    elif event.attempts == 0:
        add(cells, "suppressed|" + event.reason)
    else:
        observe(cells, "waiting|" + event.channel, told_ms(envelope) or 0)
    return grown(tally, cells)
