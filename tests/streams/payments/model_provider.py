"""A provider with books, as cruel as fate: calls are cut off before or after they count."""

from dataclasses import dataclass, field

from events.base import Message
from events.charges import CapturePayment, RefundCharge, VoidPayment
from events.payments import ProcessPayment
from tests.streams.payments.samples import (
    captured,
    declined,
    failed,
    refunded,
    succeeded,
    taken_on,
    voided,
)

FATES = ("fine", "fine", "refused", "cut off before", "cut off after", "taken on")


@dataclass
class Charge:
    charge_id: str
    held: int
    taken: int = 0
    given_back: int = 0
    captures: int = 0


@dataclass
class Provider:
    """Answers commands one by one, and books what it does once a key."""

    charges: dict[str, Charge] = field(default_factory=dict)
    answers: dict[str, Message] = field(default_factory=dict)
    """The certain answer to an idempotency key."""
    underway: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Charge and amount of refunds on their way."""
    made: dict[str, Message] = field(default_factory=dict)
    """What came of each refund, once it is known."""
    bounced: int = 0
    """What went back and came in again."""
    disputed: int = 0
    """What the bank claims; 0 when it claims nothing."""
    withdrawn: int = 0
    """What it took back."""

    def claim(self, amount: int) -> bool:
        """Let the bank claim money that is in: once."""
        if self.disputed or self.withdrawn or not self.left:
            return False
        self.disputed = min(amount, self.left)
        return True

    def judge(self, *, lost: bool) -> bool:
        """Let the bank decide."""
        if not self.disputed:
            return False
        if lost:
            self.withdrawn = min(self.disputed, self.left)
        self.disputed = 0
        return True

    @property
    def left(self) -> int:
        on_its_way = sum(amount for _, amount in self.underway.values())
        return self.taken - self.given_back - self.withdrawn - on_its_way

    def answer(self, command: Message, ask: str | None, fate: str) -> Message:
        if isinstance(command, ProcessPayment):
            return self._charge(command, ask, fate)
        assert isinstance(command, CapturePayment | VoidPayment | RefundCharge)
        operation = {"CapturePayment": "capture", "VoidPayment": "void"}.get(command.name, "refund")
        key = command.idempotency_key
        if fate == "cut off before":
            return failed(operation)
        if ask == "look_only":
            return self._look(command, fate)
        if key not in self.answers:
            self.answers[key] = self._operate(command, operation, fate)
        return failed(operation) if fate == "cut off after" else self.answers[key]

    def _charge(self, command: ProcessPayment, ask: str | None, fate: str) -> Message:
        key, number = command.idempotency_key, command.attempt_number
        if fate == "cut off before":
            return failed("authorize")
        if key not in self.answers:
            if ask == "look_only":
                return declined("never_charged", key, attempt_number=number)
            self.answers[key] = self._book(command, refused=fate == "refused")
        if fate == "cut off after":
            return failed("authorize")
        return self.answers[key].model_copy(update={"attempt_number": number})

    def _book(self, command: ProcessPayment, *, refused: bool) -> Message:
        charge_id = f"ch_{command.idempotency_key}"
        if refused:
            return declined("card_declined", charge_id)
        charge = Charge(charge_id, command.amount_minor)
        self.charges[charge_id] = charge
        if command.capture_immediately:
            charge.held, charge.taken, charge.captures = 0, command.amount_minor, 1
        return succeeded(charge_id, amount_minor=command.amount_minor)

    def _look(self, command: Message, fate: str) -> Message:
        assert isinstance(command, RefundCharge)
        if fate != "taken on":
            self.arrive(command.refund_id, fails=fate == "refused")
        made = self.made.get(command.refund_id, taken_on(command.refund_id))
        return failed("refund", refund_id=command.refund_id) if fate == "cut off after" else made

    def arrive(self, refund_id: str, *, fails: bool) -> Message | None:
        """Let a refund that is on its way end; None: it has."""
        if refund_id not in self.underway:
            return None
        charge_id, amount = self.underway.pop(refund_id)
        if fails:
            ended: Message = failed("refund", retryable=False, refund_id=refund_id)
        else:
            self.charges[charge_id].given_back += amount
            ended = refunded(refund_id, amount, charge_id)
        self.made[refund_id] = ended
        return ended

    def bounce(self, refund_id: str, amount: int) -> Message:
        """Let money that went back come in again."""
        [charge] = [one for one in self.charges.values() if one.given_back >= amount][:1]
        charge.given_back -= amount
        self.bounced += amount
        return failed("refund", retryable=False, refund_id=refund_id)

    def _give_back(self, command: RefundCharge, charge: Charge, fate: str) -> Message:
        if fate == "refused" or command.amount_minor > self.left:
            return failed("refund", retryable=False)
        if fate == "taken on":
            self.underway[command.refund_id] = command.charge_id, command.amount_minor
            return taken_on(command.refund_id)
        charge.given_back += command.amount_minor
        return refunded(command.refund_id, command.amount_minor, command.charge_id)

    def _operate(self, command: Message, operation: str, fate: str) -> Message:
        refused = fate == "refused"
        assert isinstance(command, CapturePayment | VoidPayment | RefundCharge)
        charge = self.charges[command.charge_id]
        if isinstance(command, RefundCharge):
            return self._give_back(command, charge, fate)
        if charge.taken:
            return failed(operation, retryable=False, failure_code="already_captured")
        if not charge.held or (refused and operation == "capture"):
            charge.held = 0  # A refused capture means that the authorisation is gone.
            return failed(operation, retryable=False)
        if isinstance(command, VoidPayment):
            charge.held = 0
            return voided(command.charge_id)
        charge.held, charge.taken = 0, command.amount_minor
        charge.captures += 1
        return captured(command.charge_id, command.amount_minor)

    @property
    def taken(self) -> int:
        return sum(charge.taken for charge in self.charges.values())

    @property
    def given_back(self) -> int:
        return sum(charge.given_back for charge in self.charges.values())

    @property
    def held(self) -> int:
        return sum(charge.held for charge in self.charges.values())

    @property
    def captures(self) -> int:
        return sum(charge.captures for charge in self.charges.values())
