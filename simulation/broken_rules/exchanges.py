"""Rules of exchanges, each broken: see `simulation.mutants`."""

from typing import Final

from simulation.broken_rules.mutant import Mutant

MUTANTS: Final = (
    Mutant(
        "what an exchange holds is never let go",
        "streams.orders.exchange_telling",
        "    yield from _let_go(order, fact)\n",
        "    yield from ()\n",
    ),
    Mutant(
        "an exchange is replaced whatever came back",
        "streams.orders.inspecting",
        "return not any(units > 0 for units in missing.values())",
        "return True",
    ),
    Mutant(
        "goods that went out at once are paid for as well",
        "streams.orders.accounts",
        "return max(0, self.given - self.sent)",
        "return self.given",
    ),
    Mutant(
        "what was paid beyond is kept where nothing goes out for it",
        "streams.orders.exchange_telling",
        "    if back.paid_minor:",
        "    if False:",
    ),
    Mutant(
        "goods that cost more leave although nobody paid for them",
        "streams.orders.back",
        "return self.waits_for_stock or self.paid_minor < self.extra_minor",
        "return self.waits_for_stock",
    ),
    Mutant(
        "nobody is told of goods that went out and for which nothing came back",
        "streams.orders.unreturned",
        "change = flagged if missing(after) else lowered",
        "change = lowered",
    ),
    Mutant(
        "goods go out before others are back, whoever is to blame",
        "streams.orders.exchanging",
        "if back.reason not in rules.exchange_at_once or not may_replace(order, back):",
        "if not may_replace(order, back):",
    ),
    Mutant(
        "an exchange brings goods and money",
        "streams.payments.goods",
        'if event.resolution == "exchange":',
        "if False:",
    ),
    Mutant(
        "an exchange that fails brings neither goods nor money",
        "streams.orders.exchange_telling",
        "    PriceAsked: _price_asked,\n",
        "",
    ),
)
