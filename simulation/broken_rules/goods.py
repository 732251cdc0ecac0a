"""Rules of stock, holds and parcels, each broken: see `simulation.mutants`."""

from typing import Final

from simulation.broken_rules.mutant import Mutant

MUTANTS: Final = (
    Mutant(
        "stock of a cancelled order is not released",
        "streams.allocation.commands",
        'fact.reason, "order_cancelled")\n    for number in standing(row):',
        'fact.reason, "order_cancelled")\n    for number in ():',
    ),
    Mutant(
        "goods that were returned damaged are sold again",
        "streams.inventory.receipts",
        "    sound = 0 if origin.damaged else command.quantity\n    kind, reason",
        "    sound = command.quantity\n    kind, reason",
    ),
    Mutant(
        "more is held than is there",
        "streams.inventory.allocation",
        "if quantity + lack <= 0:",
        "if quantity + lack <= 1:",
    ),
    Mutant(
        "holds do not expire",
        "streams.inventory.posting",
        'if row.status == "CONFIRMED" and row.expires_at_ms is not None:',
        "if False:",
    ),
    Mutant(
        "a hold that was paid for expires",
        "streams.inventory.evolution",
        "replace(row, committed=True, expires_at_ms=None)",
        "replace(row, committed=True)",
    ),
    Mutant(
        "goods leave and stay on the shelf",
        "streams.inventory.stock_evolution",
        "levels = _shifted(stock.levels, fact.allocations, -1, -1)",
        "levels = _shifted(stock.levels, fact.allocations, 0, -1)",
    ),
    Mutant(
        "a hold that ends stays reserved",
        "streams.inventory.stock_evolution",
        "return _next(stock, _shifted(stock.levels, fact.allocations, 0, -1), queue)",
        "return _next(stock, stock.levels, queue)",
    ),
    Mutant(
        "whoever gave up waiting stays in the queue",
        "streams.inventory.stock_evolution",
        "    queue = _without(stock.queue, fact.reservation_id) if fact.queued else stock.queue\n"
        "    return _next(stock, _shifted(stock.levels, fact.allocations, 0, -1), queue)",
        "    queue = stock.queue\n"
        "    return _next(stock, _shifted(stock.levels, fact.allocations, 0, -1), queue)",
    ),
    Mutant(
        "a line that is cancelled stays in the queue",
        "streams.allocation.commands",
        "    for number, units in fact.freed:",
        "    for number, units in ():",
    ),
    Mutant(
        "a parcel that nobody takes never comes back",
        "streams.shipping.deliveries",
        "if goes_back(shipment) or shipment.attempts >= rules.attempts_max:",
        "if goes_back(shipment):",
    ),
    Mutant(
        "a transfer leaves its goods where they were",
        "streams.inventory.receipts",
        "    return (left, arrived)",
        "    return (arrived,)",
    ),
    Mutant(
        "a count from before is believed",
        "streams.inventory.corrections",
        "    moved = [one for one in since if one.warehouse_id == known.warehouse_id]",
        "    moved = list(since[:0])",
    ),
    Mutant(
        "goods that fail a check stay for sale",
        "streams.inventory.corrections",
        "        quarantined=-change,\n",
        "",
    ),
    Mutant(
        "whoever asks last is served first",
        "streams.inventory.stock_evolution",
        "_joined(stock.queue, fact.line)",
        "(fact.line, *stock.queue)",
    ),
    Mutant(
        "what is disputed is sent all the same",
        "streams.shipping.cancelling",
        "    return (Disputed(at_ms, disputes),)",
        "    return ()",
    ),
    Mutant(
        "a carrier is asked without end",
        "streams.shipping.booking",
        "if retryable and booking.tries < rules.booking_tries_max:",
        "if retryable:",
    ),
    Mutant(
        "the price of what costs nothing is waited for",
        "streams.orders.inspecting",
        "    if not number or not order.lines[number - 1].total_minor:\n",
        "    if not number:\n",
    ),
    Mutant(
        "a shelf that stays low is told of again",
        "streams.inventory.reorder",
        "if units > level.policy.reorder_point >= now and",
        "if level.policy.reorder_point >= now and",
    ),
    Mutant(
        "a snapshot does not say whose levels it lacks",
        "streams.inventory.warehouses",
        "if lacking:",
        "if False:",
    ),
)
