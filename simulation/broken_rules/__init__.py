"""Rules that are broken on purpose, by whom or what they cost: see `simulation.mutants`."""

from typing import Final

from simulation.broken_rules import exchanges, goods, money, orders, people, repeats

MUTANTS: Final = (
    *money.MUTANTS,
    *goods.MUTANTS,
    *orders.MUTANTS,
    *exchanges.MUTANTS,
    *people.MUTANTS,
    *repeats.MUTANTS,
)
