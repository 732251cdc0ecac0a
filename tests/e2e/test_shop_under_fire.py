"""A whole shop with everything that goes wrong in one, while workers are killed: the judge says.

The simulator plays the shop, sends bad records and repeats, and judges the topics; it shares
no code with the agents.
"""

import asyncio
from collections.abc import Iterator

import pytest

from simulator.demo.settings import worker_settings
from simulator.session import opened
from simulator.settings import Mix, ShopSettings
from tests.e2e.harness import Worker, Workers

pytestmark = [pytest.mark.own_broker, pytest.mark.slow]

SHOP = ShopSettings(seed=7, mix=Mix(malformed=0.05, repeated=0.10))
ORDERS, RATE = 400, 25.0
KILLS = 5
REST_S = 1.5
"""Between a worker's return and the next kill."""
PATIENCE_S = 90.0
TAKEOVER_S_MAX = 120


@pytest.fixture
def fleet(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    hurried = {
        name.removeprefix("FLOWMART_").lower(): value
        for name, value in worker_settings(SHOP).items()
    }
    settings = {
        "broker": kafka,
        "env": "prod",
        "view_token": "let me in, and nobody who guesses",
        "session_timeout_s": "6",
        **hurried,
    }
    workers = Workers(tmp_path_factory.mktemp("fleet"), settings, named=True)
    try:
        workers.start("one", "two")
        workers.settled()
        yield workers
    finally:
        workers.stop()


async def kill_in_turn(fleet: Workers) -> int:
    """Kill one worker after the other, each once it has come back; the third loses its disk."""
    for kill in range(KILLS):
        await asyncio.sleep(REST_S)
        victim: Worker = list(fleet.all.values())[kill % len(fleet.all)]
        victim.kill()
        if kill == KILLS // 2:
            victim.wipe()
        victim.start()
        await asyncio.to_thread(fleet.settled, TAKEOVER_S_MAX)
    return KILLS


async def test_five_kills_under_load_change_nothing_that_the_judge_could_see(
    fleet: Workers, kafka: str
) -> None:
    async with opened(kafka, "prod", SHOP) as session:
        await session.stock()

        placing = asyncio.create_task(session.place(ORDERS, RATE))
        kills = await kill_in_turn(fleet)
        await placing
        await session.settle(PATIENCE_S, lambda: None)

        verdict = session.oracle.judge()
    assert kills == KILLS
    assert verdict.words == []
    assert verdict.is_green
    assert verdict.placed == ORDERS
    assert verdict.expected_letters > 0
    assert sum(verdict.ends.values()) == ORDERS
