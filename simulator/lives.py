"""How a subscription ends, and whether it may: the contract's rules, worked out anew."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from simulator.dossier import Dossier
from simulator.members import Fate, Member


@dataclass(slots=True)
class Life:
    """One user's subscription as topics tell of it."""

    subscription_ids: list[str] = field(default_factory=list)
    """Of those that started."""
    renewed: list[bool] = field(default_factory=list)
    """Whether the charge had failed before."""
    suspended: int = 0
    cancelled: list[str] = field(default_factory=list)
    """Reasons."""

    def charges(self, orders: Iterable[Dossier]) -> list[Dossier]:
        """Its payments: they are named after the subscription and the month."""
        names = tuple(f"{name}_" for name in self.subscription_ids)
        return [each for each in orders if names and each.order_id.startswith(names)]

    @property
    def is_over(self) -> bool:
        """Whether it was cancelled."""
        return bool(self.cancelled)


def kept_minor(charges: Iterable[Dossier]) -> int:
    """What was paid and not given back."""
    return sum(
        sum(amount for amount, _ in each.processed) - sum(each.refunds.values()) for each in charges
    )


def life_wrongs(member: Member, life: Life | None, charges: list[Dossier]) -> Iterator[str]:
    """Say what is wrong with a subscription, in words without its name."""
    if life is None or not life.is_over:
        yield f"still open ({describe(life)})"
        return
    renews = {Fate.RENEWS: [False], Fate.RECOVERS: [True], Fate.NEVER_PAYS: []}[member.fate]
    unpaid = member.fate is Fate.NEVER_PAYS
    reason = "payment_failure" if unpaid else "no_longer_needed"
    for what, found, due in (
        ("started", len(life.subscription_ids), 1),
        ("renewed, late", life.renewed, renews),
        ("suspended", life.suspended, int(unpaid)),
        ("cancelled for", life.cancelled, [reason]),
    ):
        if found != due:
            yield f"{member.fate}: {what} {found}, expected {due}"
    amounts = [amount for each in charges for amount, _ in each.processed]
    if set(amounts) - {member.month_minor}:
        yield f"paid {amounts}, expected {member.month_minor} each"


def describe(life: Life | None) -> str:
    """What is known of a subscription, in a line."""
    if life is None:
        return "no topic speaks of it"
    return (
        f"started {len(life.subscription_ids)}, renewed {life.renewed},"
        f" suspended {life.suspended}, cancelled {life.cancelled}"
    )
