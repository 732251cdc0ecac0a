import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from simulation.run import Run, failed

SEEDS = 2_000
BLOCK = 100
CORES = min(2, os.cpu_count() or 1)


@pytest.fixture(scope="module")
def cores() -> Iterator[ProcessPoolExecutor]:
    """Processes that begin afresh: Kafka's clients in this one do not outlive a fork."""
    with ProcessPoolExecutor(CORES, get_context("spawn")) as pool:
        yield pool


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SEEDS, BLOCK))
def test_every_law_holds_in_every_life_of_the_shop(first: int, cores: ProcessPoolExecutor) -> None:
    shares = [range(first + core, first + BLOCK, CORES) for core in range(CORES)]

    found = [told for share in cores.map(failed, shares) for told in share]

    assert not found, "\n".join(found)


def test_the_same_seed_is_the_same_life_to_the_byte() -> None:
    def life(seed: int) -> list[object]:
        logs = Run(seed).live().world.logs.parts
        return [(topic, parts) for topic, parts in sorted(logs.items())]

    assert life(6) == life(6)
    assert life(6) != life(7)
