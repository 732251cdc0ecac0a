"""Payments: from the session through authorisation and capture to what goes back.

Everything is by payment. An event and the payment's row go into a function that decides; out
come facts. `fold` folds them and says what follows: the row, messages, timers.

- `rules`: every figure.
- `states`: the states, their transitions, and what is kept; `session`, `refund` and `dispute`
  are parts of it, and `amounts` what its money comes to.
- `facts`: what can happen, with those of charges, refunds and disputes; `evolution` and the
  `folds` change the row by it.
- `sessions`: opening, and the order's cancellation.
- `decisions`: fraud's findings.
- `charges`: the provider's answers; `declines` says what its codes mean.
- `holds`: lines that stock holds and commits.
- `refunds`: money that goes back, settles, or is disputed.
- `deadlines`: what happens when time is up; `alarms` says which timers are set.
- `early`: news that came before the session.
- `commands`, `news`, `messages`: what is asked and told.
"""

from streams.payments.early_news import Early
from streams.payments.fold import Step, fold
from streams.payments.rules import PaymentRules
from streams.payments.session import Method, Session
from streams.payments.states import Failure, Owed, Payment, Status

__all__ = [
    "Early",
    "Failure",
    "Method",
    "Owed",
    "Payment",
    "PaymentRules",
    "Session",
    "Status",
    "Step",
    "fold",
]
