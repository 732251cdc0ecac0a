"""What news of notifications adds to the figures."""

from datetime import UTC, datetime
from typing import Any

import pytest

from events import Envelope
from events.notifications import NotificationFailed, NotificationSent
from streams.pulse import notifications
from streams.pulse.figures import figures_of
from streams.pulse.rules import PulseRules
from streams.pulse.tally import EMPTY, Tally

RULES = PulseRules()


def envelope(data: Any, **metadata: Any) -> Envelope[Any]:
    return Envelope("e", data.name, "1.0.0", 1_000, data, metadata=metadata or None)


def sent(latency_ms: int, channel: str = "EMAIL") -> Envelope[NotificationSent]:
    return envelope(
        NotificationSent(
            notification_id="n",
            user_id="u",
            channel=channel,
            template_id="t",
            attempts=1,
            sent_at=datetime(2025, 1, 1, tzinfo=UTC),
            latency_ms=latency_ms,
        )
    )


def failed(attempts: int, *, dead: bool = False, **metadata: Any) -> Envelope[NotificationFailed]:
    return envelope(
        NotificationFailed(
            notification_id="n",
            user_id="u",
            channel="SMS",
            reason="provider_error",
            attempts=attempts,
            dead_lettered=dead,
        ),
        **metadata,
    )


def counted(*news: Envelope[Any]) -> dict[str, tuple[int, int]]:
    tally: Tally = EMPTY
    for one in news:
        fold: Any = (
            notifications.sent if one.event_type == "NotificationSent" else (notifications.failed)
        )
        tally = fold(tally, one, 9_000, RULES)
    return {name: (cell.count, cell.total) for name, cell in tally.cells.items()}


@pytest.mark.parametrize(
    ("news", "cells"),
    [
        (sent(250), {"latency|EMAIL": (1, 250)}),
        (sent(30_000, "SMS"), {"latency|SMS": (1, 30_000), "slow": (1, 0)}),
        (sent(0, "IN_APP"), {}),
        (failed(0), {"suppressed|provider_error": (1, 0)}),
        (failed(4, dead=True), {"dead|provider_error": (1, 0)}),
        (failed(2, latencyMs=5_000), {"waiting|SMS": (1, 5_000)}),
        (failed(2), {"waiting|SMS": (1, 0)}),
    ],
)
def test_news_count_in_their_cells(news: Envelope[Any], cells: dict[str, tuple[int, int]]) -> None:
    assert counted(news) == cells


def test_people_read_latency_by_channel_and_the_promise() -> None:
    tally = EMPTY
    for one in (sent(100), sent(100), sent(40_000, "SMS")):
        tally = notifications.sent(tally, one, 9_000, RULES)

    read = {(f.name, f.group): f.value for f in figures_of("notifications", tally, 60_000)}

    assert read["notifications.sent_per_minute", "EMAIL"] == 2
    assert read["notifications.in_promise_share", "all"] == pytest.approx(2 / 3)
    assert read["notifications.latency_ms", "EMAIL p99"] == pytest.approx(100, rel=0.1)
    assert read["notifications.latency_ms", "SMS p99"] == pytest.approx(40_000, rel=0.1)
