import pytest

from simulation.run import Run, failures

SEEDS = 2_000
BLOCK = 100


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SEEDS, BLOCK))
def test_every_law_holds_in_every_life_of_the_shop(first: int) -> None:
    found = [told for _, told in failures(range(first, first + BLOCK)) if told]

    assert not found, "\n".join(found)


def test_the_same_seed_is_the_same_life_to_the_byte() -> None:
    def life(seed: int) -> list[object]:
        logs = Run(seed).live().world.logs
        return [(topic, parts) for topic, parts in sorted(logs.items())]

    assert life(6) == life(6)
    assert life(6) != life(7)
