"""Payments: from the session through authorisation and capture to what goes back.

Everything is by payment. An event and the payment's row go into a function that decides; out
come facts. `fold` folds them and says what follows: the row, messages, timers.

- `rules`: every figure.
- `states`: the states, their transitions, and what is kept; `session`, `refund` and `dispute`
  are parts of it, and `amounts` what its money comes to.
- `facts`: what can happen, with those of charges, refunds and disputes; `evolution` and the
  `folds` change the row by it.
- `sessions`: opening, and the order's cancellation; `early`: news that came before.
- `decisions`: fraud's findings.
- `charges`: the provider's answers; `declines` says what its codes mean; `steps` are shared.
- `holds`: lines that stock holds and commits; `lines` says what they let the money do.
- `amendments`: what an amendment of the order means for its money (G-8).
- `refund_requests`, `refunds`: money that is asked back, and what the provider says of it (G-17).
- `sales`, `goods`, `giving_back`, `awaiting`: what was sold, what became of it, and what of its
  price goes back, from which payment (G-31, G-32).
- `settlement`, `disputes`: money that is paid out, and that a bank claims (G-18, G-20).
- `books`, `settlement_report`, `resolving`: what a night's look at the providers' books finds, and
  what people settle (G-20).
- `deadlines`: what happens when time is up; `alarms` says which timers are set.
- `commands`, `messages` and all that is called `news`: what is asked and told.
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
