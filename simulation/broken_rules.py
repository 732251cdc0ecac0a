"""Rules that are broken on purpose, by whom they cost: see `mutants`."""

from typing import Final, NamedTuple


class Mutant(NamedTuple):
    """One rule, broken."""

    name: str
    module: str
    old: str
    """Stands in the module once."""
    new: str


MUTANTS: Final = (
    Mutant(
        "money is captured before every line is held",
        "streams.payments.states",
        "return known and payment.lines <= len(payment.held)",
        "return True",
    ),
    Mutant(
        "one attempt too many",
        "streams.payments.steps",
        "return payment.attempt >= attempts_max(payment, rules)",
        "return payment.attempt > attempts_max(payment, rules)",
    ),
    Mutant(
        "a card that must not be tried again is",
        "streams.payments.declines",
        "retryable=reason not in NEVER_RETRIED,",
        "retryable=True,",
    ),
    Mutant(
        "money that is held is not let go",
        "streams.payments.steps",
        "    if payment.charge_id:\n        return (cf.VoidAsked(",
        "    if not payment.charge_id:\n        return (cf.VoidAsked(",
    ),
    Mutant(
        "money that comes in for a cancelled order is kept",
        "streams.payments.charges",
        "    if not payment.cancel_reason:\n        return taken,",
        "    if True:\n        return taken,",
    ),
    Mutant(
        "a refund of any size needs nobody's approval",
        "streams.payments.refund_requests",
        "return bool(approved_by) and approved_by != requested_by",
        "return True",
    ),
    Mutant(
        "more is given back than was taken",
        "streams.payments.refund_requests",
        "if not 0 < refund.amount_minor <= available_minor(payment):",
        "if refund.amount_minor <= 0:",
    ),
    Mutant(
        "a refund that is on its way counts as done",
        "agents.gateway",
        "            return refund_accepted(command)",
        "            return refunded(command, Done(command.amount_minor))",
    ),
    Mutant(
        "nobody asks how a refund went",
        "streams.payments.refunds",
        "underway = rf.RefundUnderway(event.refund_id, at_ms + rules.refund_look_ms)",
        "underway = rf.RefundUnderway(event.refund_id, 0)",
    ),
    Mutant(
        "money that is only held is in the settlement report",
        "streams.payments.settlement_report",
        "taken = isinstance(answer, ChargeCaptured) or bool(answer.captured)",
        "taken = True",
    ),
    Mutant(
        "nobody watches over answers that are owed",
        "streams.payments.alarms",
        "        changes.append(Alarm(SESSION, due_ms, is_set=True))",
        "        pass",
    ),
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
        "streams.inventory.evolution",
        "levels = _shifted(stock.levels, fact.allocations, -1, -1)",
        "levels = _shifted(stock.levels, fact.allocations, 0, -1)",
    ),
    Mutant(
        "a hold that ends stays reserved",
        "streams.inventory.evolution",
        "return _next(stock, _shifted(stock.levels, fact.allocations, 0, -1), queue)",
        "return _next(stock, stock.levels, queue)",
    ),
    Mutant(
        "whoever gave up waiting stays in the queue",
        "streams.inventory.evolution",
        "    queue = _without(stock.queue, fact.reservation_id) if fact.queued else stock.queue\n"
        "    return _next(stock, _shifted(stock.levels, fact.allocations, 0, -1), queue)",
        "    queue = stock.queue\n"
        "    return _next(stock, _shifted(stock.levels, fact.allocations, 0, -1), queue)",
    ),
    Mutant(
        "a delivery that is told twice is booked twice",
        "agents.stock",
        "return ctx.table(SEEN_STOCK).get(cause.event_id) is not None",
        "return False",
    ),
    Mutant(
        "a line that cannot be had ends its order",
        "streams.orders.recovery",
        "if whole or not any(line.quantity for line in lines):",
        "if True:",
    ),
    Mutant(
        "a line that is cancelled stays in the queue",
        "streams.allocation.commands",
        "    for number, units in fact.freed:",
        "    for number, units in ():",
    ),
    Mutant(
        "a line that is cancelled is paid for all the same",
        "streams.payments.folds",
        "amount_minor=fact.total_minor),",
        "amount_minor=payment.session.amount_minor),",
    ),
    Mutant(
        "waiting for stock never ends",
        "streams.orders.outcomes",
        '        due["backorder"] = order.backorder_due_ms',
        "        pass",
    ),
    Mutant(
        "an order is cancelled after it left",
        "streams.orders.cancelling",
        '    if order.status in DISPATCHED:\n        return noted(order, at_ms, "CANCEL_REFUSED_D'
        'ISPATCHED")\n',
        "",
    ),
    Mutant(
        "an order is delivered with its first parcel",
        "streams.orders.shipping",
        "    if any(parcel.state not in ended for parcel in parcels):",
        "    if all(parcel.state not in ended for parcel in parcels):",
    ),
    Mutant(
        "a lost parcel is waited for for ever",
        "streams.orders.shipping",
        "    if event.reason_code != _LOST:",
        "    if True:",
    ),
    Mutant(
        "a stranger cancels an order",
        "streams.orders.cancelling",
        "if not by_system and command.user_id != order.user_id:",
        "if False:",
    ),
    Mutant(
        "a review may last for ever",
        "streams.fraud.review",
        '    if case.state == "open":\n        news',
        "    if False:\n        news",
    ),
    Mutant(
        "a parcel that nobody takes never comes back",
        "streams.shipping.deliveries",
        "if goes_back(shipment) or shipment.attempts >= rules.attempts_max:",
        "if goes_back(shipment):",
    ),
    Mutant(
        "dunning never ends",
        "streams.billing.dunning",
        "    if invoice.retries >= len(rules.dunning_days):\n        return 0",
        "    if invoice.retries >= len(rules.dunning_days):\n"
        "        return run_ms(plus_days(day_of(at_ms), 1), rules)",
    ),
    Mutant(
        "a notification goes out as often as it is asked for",
        "agents.notifier",
        "        if ids.get(command.idempotency_key) is not None:\n            return\n"
        "        if ids.get(command.notification_id) is not None:\n            return\n",
        "",
    ),
    Mutant(
        "an order that nobody sends stands still for ever",
        "streams.orders.sweeping",
        "if order.status in _AT_HOME and still_ms > rules.unsent_ms:",
        "if False:",
    ),
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
    Mutant(
        "ids are made up instead of derived",
        "events.ids",
        "    digits = state.hexdigest()\n",
        "    digits = uuid.uuid4().hex\n",
    ),
    Mutant(
        "a refund waits for its approval for ever",
        "streams.payments.alarms",
        "        *_changed(APPROVAL, approvals_due(was), approvals_due(now)),\n",
        "",
    ),
    Mutant(
        "money is asked back whenever one likes",
        "streams.payments.refund_requests",
        "    if is_late:\n",
        "    if False:\n",
    ),
    Mutant(
        "money goes back while a bank claims it",
        "streams.payments.refund_requests",
        "return payment.status is Status.DISPUTED or payment.fraud",
        "return payment.fraud",
    ),
    Mutant(
        "what a webhook tells again is another charge",
        "streams.payments.charges",
        "    if charge == payment.charge_id:\n        return ()\n",
        "",
    ),
    Mutant(
        "a dispute has no deadline",
        "streams.payments.alarms",
        "    Status.DISPUTED: EVIDENCE,\n",
        "    Status.DISPUTED: EARLY,\n",
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
        "if newest is not None and newest.at_ms >= ms_of(command.counted_at):",
        "if False:",
    ),
    Mutant(
        "goods that fail a check stay for sale",
        "streams.inventory.corrections",
        "        quarantined=-change,\n",
        "",
    ),
    Mutant(
        "whoever asks last is served first",
        "streams.inventory.evolution",
        "_joined(stock.queue, fact.line)",
        "(fact.line, *stock.queue)",
    ),
    Mutant(
        "any price will do",
        "streams.orders.checks",
        "if abs(seen_minor - total_minor) > rules.price_tolerance_minor:",
        "if False:",
    ),
    Mutant(
        "goods are sent anywhere",
        "streams.orders.checks",
        "if address.country not in rules.countries:",
        "if False:",
    ),
    Mutant(
        "a stranger changes an order",
        "streams.orders.amendments",
        "if command.user_id not in {order.user_id, *rules.system_users}:",
        "if False:",
    ),
    Mutant(
        "what is disputed is sent all the same",
        "streams.shipping.cancelling",
        "    return _ended(shipment, at_ms, CHARGEBACK)",
        "    return ()",
    ),
    Mutant(
        "a carrier is asked without end",
        "streams.shipping.booking",
        "if retryable and booking.tries < rules.booking_tries_max:",
        "if retryable:",
    ),
    Mutant(
        "who said stop is written to",
        "streams.notifications.admitting",
        "    if row.channel in person.preferences.opted_out:\n        return OPTED_OUT\n",
        "",
    ),
    Mutant(
        "invoices come without tax",
        "streams.billing.invoices",
        "tax = tax_of(subtotal, rules.tax_basis_points)",
        "tax = 0",
    ),
    Mutant(
        "grace never ends",
        "streams.subscriptions.deadlines",
        "    elif status is Status.GRACE and owed is not None and not owed.under_way:",
        "    elif False:",
    ),
    Mutant(
        "an order keeps the address of whoever was erased",
        "agents.erasing",
        "    after = blanked(row, (",
        "    if table is ORDERS:\n        return False\n    after = blanked(row, (",
    ),
    Mutant(
        "a cart that was ordered is filled again",
        "streams.orders.carts",
        "    if cart is not None and cart.status in CLOSED:\n        return CartRefusal.CLOSED\n",
        "",
    ),
)
