"""How customers pay, and what the simulated provider makes of each token."""

from typing import Final, NamedTuple

_ATTEMPTS: Final = 3
"""The contract's attempts to charge a payment (domain §3)."""


class Card(NamedTuple):
    """A means of payment."""

    token: str
    refusals: int | None = 0
    """Attempts that fail before one succeeds; None where that depends on what is found out."""
    method: str = "credit_card"

    @property
    def pays(self) -> bool:
        """Whether one of the attempts succeeds."""
        return self.refusals is None or self.refusals < _ATTEMPTS


GOOD: Final = (
    Card("tok_visa"),
    Card("tok_mastercard"),
    Card("tok_amex"),
    Card("tok_debit", method="debit_card"),
    Card("tok_wallet", method="apple_pay"),
    Card("tok_paypal", method="paypal"),
)
RETRIED: Final = (
    Card("tok_declined_once", 1),
    Card("tok_insufficient_once", 1),
    Card("tok_insufficient_twice", 2),
    Card("tok_auth_once", 1),
)
DECLINED: Final = (
    Card("tok_declined", _ATTEMPTS),
    Card("tok_insufficient", _ATTEMPTS),
    Card("tok_auth_required", _ATTEMPTS),
    Card("tok_capture_expired", _ATTEMPTS),
    Card("tok_expired", _ATTEMPTS),
    Card("tok_lost", _ATTEMPTS),
    Card("tok_stolen", _ATTEMPTS),
    Card("tok_fraudulent", _ATTEMPTS),
    Card("tok_invalid", _ATTEMPTS),
    Card("tok_rate_limited", _ATTEMPTS),
)
"""Some are refused once and for good, the others three times; neither pays."""
FLAKY: Final = (
    Card("tok_network_once", None),
    Card("tok_unknown", None),
    Card("tok_network", _ATTEMPTS),
    Card("tok_unknown_declined", _ATTEMPTS),
)
"""The provider cannot be reached, or a call is cut off. After a few of these in a row a gateway
takes the provider for down (G-19) and fails everybody's payment, unless its settings say
otherwise."""
