"""What is remembered is bounded, so that a shop can stay open for as long as it likes."""

from engine.records import Record
from simulator.book import Book
from simulator.catalogue import Delivery
from simulator.memory import Memory, Spot
from simulator.script import Script
from simulator.sending import Letter, Sent
from simulator.settings import ShopSettings


def confirmed(number: int) -> Record:
    value = (
        f'{{"eventId":"e{number}","eventType":"OrderConfirmed","correlationId":"c{number}",'
        f'"data":{{"orderId":"ord_{number}","orderTotal":1.0,"currency":"USD"}}}}'
    )
    headers = (("eventType", b"OrderConfirmed"),)
    return Record("orders.dev.events", 0, number, 1, b"k", value.encode(), headers=headers)


def test_a_book_forgets_the_oldest_orders() -> None:
    book = Book()
    for number in range(100):
        book.read(confirmed(number))

    book.forget(10)

    assert list(book.orders) == [f"ord_{number}" for number in range(90, 100)]


def test_a_forgotten_plan_is_still_counted() -> None:
    script = Script(ShopSettings(products=10), 1_760_000_000_000)
    list(script.orders(5, 100.0))
    memory = script.memory

    for plan in list(memory.plans.values())[:3]:
        memory.forget(plan)

    assert len(memory.plans) == 2
    assert len(memory.by_order) <= 2
    assert memory.placed == 5


def test_a_delivery_counts_once() -> None:
    memory = Memory()

    for _ in range(2):
        memory.received("e1", Delivery("p", "w", 5))
    memory.received("e2", Delivery("p", "w", 3))

    assert memory.units == {("p", "w"): 8}


def test_only_records_that_may_be_buried_are_remembered_by_where_they_lie() -> None:
    memory, spot = Memory(), Spot("t", 0, 7)

    for letter in Letter:
        record = Sent("t", "k", "k", b"", (), letter, letter)
        memory.lies(record, spot._replace(partition=list(Letter).index(letter)))

    assert [record.letter for record in memory.due.values()] == [Letter.ONCE]
    assert [record.letter for record in memory.maybe.values()] == [Letter.MAYBE]
