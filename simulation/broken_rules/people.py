"""Rules of reviews, letters and erasure, each broken: see `simulation.mutants`."""

from typing import Final

from simulation.broken_rules.mutant import Mutant

MUTANTS: Final = (
    Mutant(
        "a review may last for ever",
        "streams.fraud.review",
        '    if case.state == "open":\n        news',
        "    if False:\n        news",
    ),
    Mutant(
        "who said stop is written to",
        "streams.notifications.admitting",
        "    if row.channel in person.preferences.opted_out:\n        return OPTED_OUT\n",
        "",
    ),
    Mutant(
        "an order keeps the address of whoever was erased",
        "agents.erasing",
        "after = blanked(row, (",
        "after = row if table.name == 'orders' else blanked(row, (",
    ),
)
