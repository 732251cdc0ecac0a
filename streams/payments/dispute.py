"""One dispute over a payment, as far as it has come (G-18)."""

from enum import StrEnum
from typing import Final

import msgspec


class Evidence(StrEnum):
    """How far the evidence of a dispute has come. It is handed in once (G-18)."""

    NONE = ""
    ASKED = "asked"
    GIVEN = "given"


DISPUTES_MAX: Final = 20
"""Disputes of one payment that are known by their references, the newest."""


class Dispute(msgspec.Struct, frozen=True, omit_defaults=True):
    """A cardholder's bank claims money back."""

    chargeback_id: str
    amount_minor: int
    reason: str
    fee_minor: int
    """Kept by the provider whatever the outcome."""
    evidence_due_ms: int
    evidence: Evidence = Evidence.NONE
    outcome: str = ""
    """won, lost, withdrawn, or "" while it is open."""
