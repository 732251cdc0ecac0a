from simulation.laws import Broken
from simulation.run import Run
from simulation.story import report


def test_a_failure_is_told_with_its_seed_its_law_what_was_said_and_how_to_see_it_again() -> None:
    world = Run(6).live().world

    told = report(world, 6, Broken("stock conserved", "pay_ord_1", "expected 3, found 2"))

    lines = told.splitlines()
    assert lines[0].startswith(f"seed 6, step {world.steps}, ")
    assert "«stock conserved» does not hold" in lines[0]
    assert lines[1] == "  pay_ord_1: expected 3, found 2"
    assert any("orderId=ord_1" in line for line in lines)
    assert lines[-1] == "  again: make simulate SEED=6"
