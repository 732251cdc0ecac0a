"""Rules of reviews, letters, statuses and erasure, each broken: see `simulation.mutants`."""

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
        "a review that is over stays in the queue",
        "streams.fraud.queue",
        'if case.state != "open":',
        "if case.state is None:",
    ),
    Mutant(
        "a subscription is said to be active whatever it is",
        "streams.subscriptions.standing",
        "state=subscription.status.value,",
        'state="active",',
    ),
    Mutant(
        "nobody is told of a refund",
        "streams.notifications.rules",
        '"RefundIssued": _MAIL_AND_APP,',
        '"RefundIssued": (),',
    ),
    Mutant(
        "letters leave out cents",
        "streams.notifications.wording",
        'return f"{sign}{minor // 100}.{minor % 100:02d}"',
        'return f"{sign}{minor // 100}.00"',
    ),
    Mutant(
        "an SMS goes out at night",
        "streams.notifications.calendar",
        "return channel == SMS and priority != HIGH",
        "return False",
    ),
    Mutant(
        "a subscription that changes is counted where it was too",
        "streams.subscriptions.levels",
        "        states[before.status.value] -= 1\n",
        "        pass\n",
    ),
    Mutant(
        "who pays twice a day is two customers",
        "agents.metrics",
        "if met.get(key) is None:",
        "if True:",
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
    Mutant(
        "what a subscription brought outlives an erasure",
        "streams.erasure.business",
        "(order.exchange or order.subscription_id)",
        "order.exchange",
    ),
)
