"""Rules of payments, refunds, disputes and invoices, each broken: see `simulation.mutants`."""

from typing import Final

from simulation.broken_rules.mutant import Mutant

MUTANTS: Final = (
    Mutant(
        "money is captured before every line is held",
        "streams.payments.lines",
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
        "    if payment.authorized_minor:\n        return (cf.VoidAsked(",
        "    if not payment.authorized_minor:\n        return (cf.VoidAsked(",
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
        "a line that is cancelled is paid for all the same",
        "streams.payments.folds",
        "amount_minor=fact.total_minor),",
        "amount_minor=payment.session.amount_minor),",
    ),
    Mutant(
        "dunning never ends",
        "streams.billing.dunning",
        "    if invoice.retries >= len(rules.dunning_days):\n        return 0",
        "    if invoice.retries >= len(rules.dunning_days):\n"
        "        return run_ms(plus_days(day_of(at_ms), 1), rules)",
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
        "is_open = payment.status is Status.DISPUTED or payment.fraud",
        "is_open = payment.fraud",
    ),
    Mutant(
        "a dispute has no deadline",
        "streams.payments.alarms",
        "    Status.DISPUTED: EVIDENCE,\n",
        "    Status.DISPUTED: EARLY,\n",
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
        "what was used is paid back as new",
        "streams.payments.goods",
        "return worth_minor - worth_minor * rules.refurbished_percent // 100",
        "return worth_minor",
    ),
    Mutant(
        "the way back is the shop's to pay",
        "streams.payments.goods",
        'Back(event.return_id, -agreed.fee_minor, "RETURN"',
        'Back(event.return_id, 0, "RETURN"',
    ),
    Mutant(
        "a report leaves out what was given back",
        "streams.metrics.payments",
        'f"refunded|{event.currency}", event.amount_minor',
        'f"refunded|{event.currency}", 0',
    ),
    Mutant(
        "an upgrade is billed with each invoice",
        "streams.subscriptions.billing_folds",
        "        balance_minor=-invoice.credit_minor,\n",
        "",
    ),
)
