"""What holds for every test of the engine."""

import pytest

FAREWELLS = (
    "engine.producer.STOP_WAIT_S",
    "engine.confirmed.STOP_S_MAX",
    "engine.recovery.STOP_S_MAX",
)
WAIT_S_MAX = 30.0


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no farewell be cut short on a busy machine.

    What it leaves open is complained of whenever it is collected: in another test.
    """
    for name in FAREWELLS:
        monkeypatch.setattr(name, WAIT_S_MAX)
