"""Rules of what comes twice, each broken: see `simulation.mutants`."""

from typing import Final

from simulation.broken_rules.mutant import Mutant

MUTANTS: Final = (
    Mutant(
        "a delivery that is told twice is booked twice",
        "agents.stock",
        "return ctx.table(SEEN_STOCK).get(cause.event_id) is not None",
        "return False",
    ),
    Mutant(
        "a notification goes out as often as it is asked for",
        "agents.notifier",
        "        if ids.get(command.idempotency_key) is not None:\n            return\n"
        "        if ids.get(command.notification_id) is not None:\n            return\n",
        "",
    ),
    Mutant(
        "ids are made up instead of derived",
        "events.ids",
        "    digits = state.hexdigest()\n",
        "    digits = uuid.uuid4().hex\n",
    ),
    Mutant(
        "what a webhook tells again is another charge",
        "streams.payments.charges",
        "    if charge == payment.charge_id:\n        return ()\n",
        "",
    ),
    Mutant(
        "a claim that a person settled is listed again when it is told again",
        "streams.payments.disputes",
        "payment.attempt and not is_for_a_person(payment, reference)",
        "payment.attempt",
    ),
)
