"""Runs that many tests look at, made once."""

import pytest

from tests.simulator.memory_run import HEAVY, MemoryRun, finished


@pytest.fixture(scope="session")
def heavy() -> MemoryRun:
    """A run with much of everything, over and judged green; look, but do not touch."""
    run = finished(seed=11, orders=300, mix=HEAVY)
    assert run.oracle.judge().words == []
    return run
