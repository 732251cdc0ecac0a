import importlib.util
from pathlib import Path

import pytest

from simulation.broken_rules import MUTANTS
from simulation.broken_rules.mutant import Mutant
from simulation.mutants import tried

QUICK = (
    "money is captured before every line is held",
    "goods leave and stay on the shelf",
    "a notification goes out as often as it is asked for",
    "a review may last for ever",
)
"""Noticed in the first lives; `make mutants-of-rules` tries all."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=[one.name for one in MUTANTS])
def test_the_rule_that_a_mutant_breaks_is_there_once(mutant: Mutant) -> None:
    spec = importlib.util.find_spec(mutant.module)
    assert spec is not None
    assert spec.origin is not None

    assert Path(spec.origin).read_text().count(mutant.old) == 1


@pytest.mark.parametrize("mutant", [one for one in MUTANTS if one.name in QUICK], ids=QUICK)
def test_a_broken_rule_is_noticed_and_told_with_the_command_that_shows_it_again(
    mutant: Mutant,
) -> None:
    verdict = tried(mutant, seeds=40)

    assert verdict.killed, verdict.by
    assert verdict.by.startswith("seed ")
    assert "«" in verdict.by


def test_there_are_mutants_of_every_service() -> None:
    services = {mutant.module.split(".")[1] for mutant in MUTANTS}

    assert len(MUTANTS) >= 20
    assert services >= {"payments", "inventory", "orders", "shipping", "fraud", "billing"}
