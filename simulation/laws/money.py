"""Money: what payments say is what the provider's books say, and nothing is taken or given twice.

All amounts are minor units. Rows learn of the outside with a delay, never ahead of it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from events.payment_ids import payment_id_of
from providers.ledger import LedgerEntry
from simulation.laws.broken import Broken, insist

NOT_AHEAD: Final = "rows are not ahead of the provider"
SETTLED: Final = "a claim that a person settled is not listed again"
CLAIMED: Final = "nobody is promised what a bank claims"
WANTED: Final = "what is held for an order is not let go"
NOT_MORE: Final = "no more goes back than was captured"
ONE_CAPTURE: Final = "at most one capture"
GATE: Final = "captured only when held and approved"
REPORTED: Final = "the settlement report is the provider's ledger"
BALANCED: Final = "captured - refunded - charged back = the provider's books"
NOTHING_KEPT: Final = "no money of an order that ended is kept or held"
ATTEMPTS: Final = "attempts"
HOPELESS: Final = "a hopeless card is not tried again"
TOLD: Final = "what went back was told, to the last minor unit"
APPROVED: Final = "a large refund is approved by somebody else"
HEEDED: Final = frozenset(
    {
        "PaymentInitiated",
        "OrderAmended",
        "InventoryAdjusted",
        "FraudCheckCompleted",
        "ProcessPayment",
        "CapturePayment",
        "StripeChargeFailed",
        "RefundCharge",
        "RefundIssued",
        "VoidPayment",
    }
)
_HOPELESS: Final = frozenset({"expired_card", "lost_card", "stolen_card", "invalid_number"})
_GBP: Final = {"GBP": 1.0, "USD": 0.79, "EUR": 0.86, "CAD": 0.58}
_WANTED: Final = frozenset({"AUTHORIZED", "CAPTURED", "SETTLED"})
_APPROVAL_GBP: Final = 500
ATTEMPTS_MAX: Final = 3
_LAPSED: Final = "_cx"
"""The end of ids of charges that lapsed before they were captured: they hold nothing."""


@dataclass(slots=True)
class MoneyLaw:
    """The books of all payments, held against the provider's."""

    books: Callable[[], Iterable[LedgerEntry]]
    rows: dict[str, Any] = field(default_factory=dict)
    held: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Lines that stock said it holds, by order."""
    lines: dict[str, set[str]] = field(default_factory=dict)
    """Lines of an order that was amended, as it stands now."""
    decided: dict[str, str] = field(default_factory=dict)
    """Fraud's newest word, by payment."""
    most: dict[str, int] = field(default_factory=dict)
    """The most that was ever asked for, by payment."""
    keys: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Under which a charge was asked for, by payment."""
    hopeless: dict[str, set[str]] = field(default_factory=dict)
    """Those of a payment whose card must not be tried under another."""
    approved: set[str] = field(default_factory=set)
    """Payments of which somebody else than who asked approved a refund."""
    went_back: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """What RefundIssued told of, by payment."""
    claims: set[str] = field(default_factory=set)
    """What banks call their claims."""
    disputed: set[str] = field(default_factory=set)
    """Payments that a bank claimed at the last pause."""
    report: dict[str, Any] = field(default_factory=dict)
    """The settlement report, by charge."""
    opened: dict[str, dict[str, Any]] = field(default_factory=dict)
    """PaymentInitiated, by payment."""

    # -- what is told

    def told(self, name: str, data: dict[str, Any]) -> None:
        """Something that opens or shuts the gate."""
        if name == "PaymentInitiated":
            self.opened.setdefault(data["paymentId"], data)
        elif name == "OrderAmended" and data.get("lines"):
            order_id = data["orderId"]
            standing = {f"{order_id}:{one['number']}" for one in data["lines"] if one["quantity"]}
            self.lines[order_id] = standing
        elif name == "InventoryAdjusted":
            self._adjusted(data)
        elif name == "FraudCheckCompleted":
            self.decided[data["paymentId"]] = data["decision"]
        elif name == "ProcessPayment":
            number = data.get("attemptNumber") or 1
            insist(number <= ATTEMPTS_MAX, ATTEMPTS, data["paymentId"], f"attempt {number}")
            # A question that is put again while its answer is on its way charges nothing anew.
            key = data["idempotencyKey"]
            self.keys[data["paymentId"]].add(key)
            known = self.hopeless.get(data["paymentId"], {key})
            insist(key in known, HOPELESS, data["paymentId"], str(data))
        elif name == "StripeChargeFailed" and data["failureCode"] in _HOPELESS:
            self.hopeless.setdefault(data["paymentId"], set(self.keys[data["paymentId"]]))
        elif name == "CapturePayment":
            self._gate(data["paymentId"])
        else:
            self._given_back(name, data)

    def _given_back(self, name: str, data: dict[str, Any]) -> None:
        row: Any = self.rows.get(data.get("paymentId", ""))
        if name == "RefundCharge":
            left = row.captured_minor - row.refunded_minor - row.charged_back_minor
            fine = 0 < data["amountMinor"] <= left
            insist(fine, NOT_MORE, data["paymentId"], f"{data['amountMinor']} of {left} are asked")
        elif name == "VoidPayment":
            own = row.charge_id == data["chargeId"] and row.status.value in _WANTED
            insist(not own, WANTED, data["paymentId"], f"{row.charge_id} is let go: {data}")
        elif name == "RefundIssued":
            self._approved(data)
            self.went_back[data["paymentId"]] += round(100 * data["amount"])

    def asked(self, data: dict[str, Any]) -> None:
        """Somebody asked for money back."""
        if data.get("approvedBy") not in (None, data["requestedBy"]):
            self.approved.add(data["paymentId"])

    def claimed(self, data: dict[str, Any]) -> None:
        """A bank wants money back."""
        self.claims.add(data["chargebackReference"])

    def _approved(self, data: dict[str, Any]) -> None:
        large = data["amount"] * _GBP[data["currency"]] > _APPROVAL_GBP
        if large and data.get("reason") == "goodwill":
            fine = data["paymentId"] in self.approved
            insist(fine, APPROVED, data["paymentId"], f"{data['amount']} went back")

    def _adjusted(self, data: dict[str, Any]) -> None:
        reservation = data.get("reservationId")
        if reservation and data.get("reservationStatus") == "CONFIRMED":
            self.held[data["orderId"]].add(reservation)

    def _gate(self, payment_id: str) -> None:
        decision = self.decided.get(payment_id)
        insist(decision == "APPROVED", GATE, payment_id, f"fraud said {decision}")
        opened = self.opened[payment_id]
        order_id, items = opened.get("orderId"), opened.get("items") or ()
        if order_id is None or not items or payment_id != payment_id_of(order_id):
            return
        held = self.held[order_id]
        wanted = self.lines.get(order_id) or {f"{order_id}:{n + 1}" for n in range(len(items))}
        insist(held >= wanted, GATE, payment_id, f"wanted {wanted}, was told of {held}")

    # -- what is kept

    def kept(self, key: str, before: Any, row: Any) -> None:
        """A payment's row changed."""
        if row is None:
            return
        if key in self.disputed and row.status.value == "DISPUTED":
            known = {one.refund_id for one in before.refunds}
            new = [one for one in row.refunds if one.refund_id not in known]
            promised = [one for one in new if one.reason == "goodwill"]
            insist(not promised, CLAIMED, key, f"{promised}")
        self.rows[key] = row
        settled = {claim for word in row.resolved for claim in word.entries if claim in self.claims}
        insist(settled.isdisjoint(row.stuck_on), SETTLED, key, f"{row.stuck_on} after {settled}")
        mine = [entry for entry in self.books() if entry.payment_id == key]
        captured = sum(entry.captured_minor for entry in mine)
        refunded = sum(entry.refunded_minor for entry in mine)
        insist(
            row.captured_minor <= captured and row.refunded_minor <= refunded,
            NOT_AHEAD,
            key,
            f"the books have {captured} captured and {refunded} refunded, the row"
            f" {row.captured_minor} and {row.refunded_minor}",
        )
        if sum(entry.captures for entry in mine) > 1:
            raise Broken(ONE_CAPTURE, key, f"the books have {mine}")
        gone = row.refunded_minor + row.charged_back_minor
        insist(gone <= row.captured_minor, NOT_MORE, key, f"{gone} of {row.captured_minor} went")
        # An amendment may lower the amount after it was taken.
        asked = self.most[key] = max(self.most.get(key, 0), row.session.amount_minor)
        insist(captured <= asked, ONE_CAPTURE, key, f"{captured} of {asked} captured")

    def quiet(self) -> None:
        """Everybody has heard of every dispute."""
        self.disputed = {key for key, row in self.rows.items() if row.status.value == "DISPUTED"}

    def reported(self, key: str, _before: Any, row: Any) -> None:
        """A line of the settlement report changed."""
        self.report[key] = row

    # -- in the end

    def ended(self) -> None:
        """All is done: the books agree to the last cent."""
        books: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        for entry in self.books():
            one = books[entry.payment_id]
            one[0] += entry.captured_minor
            one[1] += entry.refunded_minor
            if not entry.charge_id.endswith(_LAPSED):
                one[2] += entry.held_minor
        for key, row in self.rows.items():
            told = self.went_back[key]
            insist(told == row.refunded_minor, TOLD, key, f"{told} of {row.refunded_minor}")
            if _in_doubt(row):
                continue
            captured, refunded, held = books[key]
            insist(
                (row.captured_minor, row.refunded_minor) == (captured, refunded),
                BALANCED,
                key,
                f"the books have {captured} and {refunded} {row.session.currency},"
                f" the row {row.captured_minor} and {row.refunded_minor}",
            )
            kept = held and not row.resolved  # What a person took off the list may lapse.
            insist(not kept, NOTHING_KEPT, key, f"{held} are still held, the row says {row.status}")
        self._reported()

    def _reported(self) -> None:
        """Every charge of which money was taken has its line, and no other has.

        It is made of what the provider answered: what only a person said is not in it.
        """
        for entry in self.books():
            row = self.rows.get(entry.payment_id)
            if row is None or _in_doubt(row) or row.resolved:
                continue
            line = self.report.get(entry.charge_id)
            told = (0, 0) if line is None else (line.captured_minor, line.refunded_minor)
            booked = (entry.captured_minor, entry.refunded_minor)
            insist(told == booked, REPORTED, entry.charge_id, f"{told} is not {booked}")


def _in_doubt(row: Any) -> bool:
    """A person has to look, or nobody can know: the provider does not tell."""
    return bool(row.stuck or row.owed or (row.failure is not None and row.failure.unknown))
