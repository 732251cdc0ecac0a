"""The judge: holds what topics say against what was sent.

It knows the simulator's own memory and committed records, and shares no code with the agents.
It says for every order how it must end, where races allow several ends accepts exactly those,
and checks that every topic's facts fit the end that came: money, stock, ids, dead letters.
"""

from collections import Counter
from collections.abc import Iterator

from simulator.book import Book
from simulator.dossier import Dossier, describe
from simulator.ends import (
    Asked,
    End,
    back_due_minor,
    end_of,
    left_of,
    paid_due_minor,
)
from simulator.lives import describe as describe_life
from simulator.lives import kept_minor, life_wrongs
from simulator.memory import Memory
from simulator.plans import Plan
from simulator.verdict import Verdict
from simulator.wrongs import wrongs


class Oracle:
    """One run's judge."""

    def __init__(self, memory: Memory, book: Book) -> None:
        self._memory = memory
        self._book = book
        self._buried: frozenset[str | None] = frozenset()
        """Orders with a request to cancel among the dead letters, as of the last look."""
        self._ended: set[str] = set()
        """Requests whose orders had ended when they were last looked at."""

    def open_orders(self) -> dict[str, str]:
        """Orders that must still end, by name, with what is known of them."""
        self._ended.clear()
        return {_name(plan): describe(order) for plan, order in self._open()}

    def has_open_orders(self) -> bool:
        """Whether an order must still end.

        One that had ended is looked at again only once all have: a run of hundreds of thousands
        of orders is asked this again and again.
        """
        if any(True for _ in self._open()):
            return True
        self._ended.clear()
        return any(True for _ in self._open())

    def open_subscriptions(self) -> dict[str, str]:
        """Subscriptions that must still end, by user, with what is known of them."""
        lives = self._book.lives
        return {
            user_id: describe_life(lives.get(user_id))
            for user_id in self._memory.members
            if user_id not in lives or not lives[user_id].is_over
        }

    def letters_missing(self) -> int:
        """Bad records that must still be buried."""
        return sum(spot not in self._book.letters for spot in self._memory.due)

    def judge(self) -> Verdict:
        """Say whether everything came as it must."""
        verdict = Verdict(placed=len(self._memory.plans))
        self._look_at_letters()
        found = self._orders()
        units: Counter[str] = Counter()
        for plan, order in self._standing(found):
            self._judge_order(plan, order, verdict, units)
        self._judge_strangers(verdict)
        self._judge_members(verdict)
        self._judge_money(found, verdict)
        self._judge_stock(units, verdict)
        self._judge_letters(verdict)
        for each in self._book.twice:
            verdict.differs(f"published twice: {each}")
        for each in self._book.unread:
            verdict.differs(f"not as the contract has it: {each}")
        return verdict

    # -- orders

    def _look_at_letters(self) -> None:
        maybe = self._memory.maybe
        found = (maybe[spot].order_id for spot in self._book.letters if spot in maybe)
        self._buried = frozenset(found)

    def _open(self) -> Iterator[tuple[Plan, Dossier | None]]:
        self._look_at_letters()
        for plan, order in self._standing(self._orders()):
            if plan.event_id in self._ended:
                continue
            if self._end(plan, order) is End.OPEN:
                yield plan, order
            else:
                self._ended.add(plan.event_id)

    def _orders(self) -> dict[str, list[Dossier]]:
        """Dossiers by the event id of their plan."""
        found: dict[str, list[Dossier]] = {}
        for order in self._book.orders.values():
            plan = self._memory.plan_of(order.order_id, order.correlation_id)
            if plan is not None and not order.exchange_for:
                found.setdefault(plan.event_id, []).append(order)
        return found

    def _standing(self, found: dict[str, list[Dossier]]) -> Iterator[tuple[Plan, Dossier | None]]:
        for plan in self._memory.plans.values():
            yield plan, found.get(plan.event_id, [None])[0]

    def _asked(self, plan: Plan) -> Asked:
        """Whether a request to cancel reached the order."""
        if plan.cancel is None:
            return Asked.NO
        return Asked.MAY if plan.order_id in self._buried else Asked.MUST

    def _end(self, plan: Plan, order: Dossier | None) -> End:
        return end_of(plan, order, self._asked(plan))

    def _judge_order(
        self, plan: Plan, order: Dossier | None, verdict: Verdict, units: Counter[str]
    ) -> None:
        asked = self._asked(plan)
        end = end_of(plan, order, asked)
        verdict.ends[end] += 1
        found = ["still open"] if order is None or end is End.OPEN else []
        if order is not None and end is not End.OPEN:
            found = list(wrongs(plan, order, end, asked))
        if order is not None:
            everything = (order, *order.replacements.values())
            for one in everything:
                verdict.delivered += sum(each.delivered for each in one.parcels.values())
            verdict.returned += bool(order.came_back)
            verdict.refunded += len(order.refunds)
            verdict.disputed += len(order.disputed)
            verdict.exchanged += len(order.replacements)
            for hold in [hold for one in everything for hold in one.holds.values()]:
                units[hold.product_id] += hold.held
            if end is End.CANCELLED:
                verdict.reasons[order.cancelled[0]] += 1
        verdict.unexplained += bool(found)
        for each in found:
            verdict.differs(f"{_name(plan)}: {each} ({describe(order)})")

    def _judge_strangers(self, verdict: Verdict) -> None:
        named: Counter[str] = Counter()
        for order in self._book.orders.values():
            if order.exchange_for:
                continue
            plan = self._memory.plan_of(order.order_id, order.correlation_id)
            decided = order.confirmed or order.failed
            if plan is None and decided:
                verdict.unexplained += 1
                verdict.differs(f"{order.order_id}: nobody placed it")
            elif plan is not None and decided:
                named[plan.event_id] += 1
        for event_id, count in named.items():
            if count > 1:
                verdict.unexplained += 1
                verdict.differs(f"request {event_id} became {count} orders")

    def _judge_members(self, verdict: Verdict) -> None:
        """Each subscription ended as it was meant to, and the money for it is there."""
        lives, kept, due = self._book.lives, 0, 0
        for member in self._memory.members.values():
            life = lives.get(member.user_id)
            charges = [] if life is None else life.charges(self._book.orders.values())
            found = list(life_wrongs(member, life, charges))
            verdict.unexplained += bool(found)
            for each in found:
                verdict.differs(f"{member.user_id}: {each}")
            kept, due = kept + kept_minor(charges), due + member.paid_minor
            if life is not None:
                verdict.renewed += len(life.renewed)
                verdict.suspended += life.suspended
        if kept != due:
            verdict.money_difference_minor += abs(kept - due)
            verdict.differs(f"subscriptions: {kept} minor units kept, {due} due")

    # -- sums

    def _judge_money(self, found: dict[str, list[Dossier]], verdict: Verdict) -> None:
        """Captured less what went back must be what is due for the paid orders, by currency."""
        kept: Counter[str] = Counter()
        due: Counter[str] = Counter()
        for plan in self._memory.plans.values():
            for order in found.get(plan.event_id, ()):
                kept[plan.currency] += order.captured_minor
                kept[plan.currency] -= order.refunded_minor + order.lost_minor
                if self._end(plan, order) is End.PAID:
                    due[plan.currency] += paid_due_minor(plan, order) - back_due_minor(plan, order)
                    due[plan.currency] -= left_of(plan, order).total_minor * plan.is_lost
        for currency in sorted(kept.keys() | due.keys()):
            difference = kept[currency] - due[currency]
            if difference:
                verdict.money_difference_minor += abs(difference)
                verdict.differs(
                    f"{currency}: {kept[currency]} minor units kept, {due[currency]} due"
                )

    def _judge_stock(self, units: Counter[str], verdict: Verdict) -> None:
        """Every chain unbroken; what came is there; what is held is what orders hold."""
        shelves, brought = self._book.shelves, self._memory.units
        found = list(shelves.broken)
        held: Counter[str] = Counter()
        for (product, warehouse), shelf in shelves.shelves.items():
            held[product] += shelf.held
            expected = brought.get((product, warehouse), 0)
            if shelf.brought != expected:
                found.append(f"{product} in {warehouse}: {shelf.brought} came, {expected} sent")
        found += [
            f"{product} in {warehouse}: {sent} sent, none came"
            for (product, warehouse), sent in brought.items()
            if (product, warehouse) not in shelves.shelves
        ]
        found += [
            f"{product}: {held[product]} held, but orders hold {units[product]}"
            for product in sorted(held.keys() | units.keys())
            if held[product] != units[product]
        ]
        verdict.stock_violations += len(found)
        for each in found:
            verdict.differs(each)

    def _judge_letters(self, verdict: Verdict) -> None:
        """Each bad record once, nothing else, but for those that may be there."""
        letters, due, maybe = self._book.letters, self._memory.due, self._memory.maybe
        verdict.dead_letters = sum(map(len, letters.values()))
        verdict.expected_letters = len(due)
        for spot, record in due.items():
            count = len(letters.get(spot, ()))
            if count != 1:
                verdict.differs(f"{record.what} at {spot}: {count} dead letters, expected 1")
        for spot, found in letters.items():
            if spot in due:
                continue
            if spot not in maybe or len(found) > 1:
                why = f"{found[0].error}: {found[0].reason}"
                verdict.differs(f"{len(found)} dead letters of {spot}, expected none ({why})")


def _name(plan: Plan) -> str:
    return plan.order_id or f"order of request {plan.event_id}"
