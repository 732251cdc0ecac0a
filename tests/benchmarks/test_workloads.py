"""The records and their oracles."""

import json

from benchmarks.workloads import pairs, sales
from benchmarks.workloads.expected import Expected
from benchmarks.workloads.orders import INVALID_EVERY, Orders
from benchmarks.workloads.pairs import Pairs
from benchmarks.workloads.sales import Clockwork, Sales
from benchmarks.workloads.terms import GRACE_MS, WINDOW_MS, WITHIN_MS

START_MS = 1_750_000_020_000 - 1_750_000_020_000 % WINDOW_MS


def expected_of(*windows: tuple[str, int, int, int]) -> Expected:
    expected = Expected()
    for product, start_ms, count, total in windows:
        expected.passes(f"{product}|{start_ms}|{count}|{total}".encode())
    return expected


def test_orders_are_the_same_every_time() -> None:
    first = list(Orders(2_000, 4).records(Expected()))
    second = list(Orders(2_000, 4).records(Expected()))

    assert first == second


def test_rows_count_every_valid_order_once_and_outputs_every_tenth() -> None:
    expected = Expected()

    records = list(Orders(3_000, 4).records(expected))

    assert len(records) == 3_000
    assert expected.rows is not None
    assert sum(orders for orders, _ in expected.rows.values()) == 3_000 - 3_000 // INVALID_EVERY
    assert expected.outputs == 300


def test_units_are_those_of_the_lines() -> None:
    expected = Expected()

    _, key, value = next(iter(Orders(1, 4).records(expected)))

    lines = json.loads(value)["lines"]
    assert expected.rows == {key.decode(): (1, sum(line["qty"] for line in lines))}


def test_customers_who_take_turns_have_one_order_each() -> None:
    expected = Expected()

    list(Orders(900, 4, 900, each_once=True).records(expected))

    assert expected.rows is not None
    assert {orders for orders, _ in expected.rows.values()} == {1}


def test_a_window_closes_when_the_clock_reaches_its_end_and_the_grace() -> None:
    clockwork, expected = Clockwork(), Expected()
    last_open_ms = START_MS + WINDOW_MS + GRACE_MS - 1

    clockwork.take("p0", "kettle", 5, START_MS)
    clockwork.take("p0", "lamp", 1, last_open_ms)
    clockwork.take("p0", "kettle", 7, START_MS + 1)
    clockwork.take("p0", "lamp", 1, last_open_ms + 1)
    clockwork.take("p0", "kettle", 100, START_MS + 2)
    clockwork.tell(expected)

    assert expected == expected_of(
        ("kettle", START_MS, 2, 12), ("lamp", START_MS + WINDOW_MS, 2, 2)
    )


def test_a_key_has_a_clock_of_its_own_when_asked() -> None:
    clockwork, expected = Clockwork(), Expected()

    clockwork.take("lamp", "lamp", 1, START_MS + 10 * WINDOW_MS)
    clockwork.take("kettle", "kettle", 5, START_MS)
    clockwork.tell(expected)

    assert expected.outputs == 2


def test_some_sales_are_too_late_by_the_partitions_clock() -> None:
    whole, each = Expected(), Expected()

    records = list(Sales(40_000, 4, START_MS).records(whole, each))

    assert len(records) == 40_000
    assert whole.outputs > 0
    assert whole.checksum != each.checksum


def test_closing_records_are_beyond_every_window_and_later_at_every_turn() -> None:
    stock = Sales(1_000, 4, START_MS)
    last_ms = max(at_ms for *_, at_ms in stock.records(Expected(), Expected()))

    first, second = ({at_ms for *_, at_ms in stock.closing(turn)} for turn in (0, 1))

    assert min(first) > last_ms + WINDOW_MS + GRACE_MS
    assert min(second) > max(first)


def test_no_closing_record_closes_the_window_of_another() -> None:
    stock = Sales(1_000, 4, START_MS)

    first, last = ({at_ms for *_, at_ms in stock.closing(turn)} for turn in (0, 5_999))

    begun_ms = min(first) - min(first) % WINDOW_MS
    assert max(last) < begun_ms + WINDOW_MS


def test_what_a_system_tells_of_a_window_is_read_whatever_its_order() -> None:
    told = b'{"sum": 12, "count": 2, "start": 60000, "product": "kettle"}'

    assert sales.canonical(told) == b"kettle|60000|2|12"


def test_pairs_match_within_a_quarter_of_an_hour_alone() -> None:
    expected = Expected()

    records = list(Pairs(400, 4, START_MS).records(expected))

    placed = {key: at_ms for topic, _, key, _, at_ms in records if topic == 0}
    paid = {key: at_ms for topic, _, key, _, at_ms in records if topic == 1}
    near = [key for key in placed if abs(placed[key] - paid[key]) <= WITHIN_MS]
    assert len(placed) == len(paid) == 400
    assert expected.outputs == len(near) < 400


def test_pairs_come_in_order_of_time() -> None:
    times = [record[4] for record in Pairs(400, 4, START_MS).records(Expected())]

    assert times == sorted(times)


def test_what_a_system_tells_of_a_pair_is_read_whatever_its_order() -> None:
    told = b'{"amount":101,"orderId":"ord_1","paymentId":"pay_1","total":100}'

    assert pairs.canonical(told) == b"ord_1|100|pay_1|101"
