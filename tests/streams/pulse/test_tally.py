"""Tallies: bounded, never changed in place, and merged in any order to the same."""

from typing import NamedTuple

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.pulse.tally import (
    CELLS_MAX,
    EMPTY,
    NAME_CHARS_MAX,
    Cell,
    Partial,
    Tally,
    add,
    grown,
    late,
    merge,
    observe,
    partial,
    published,
)


class Seen(NamedTuple):
    """One counted thing: in which cell, how much, and whether it is measured."""

    name: str
    amount: int
    measured: bool


seen = st.lists(
    st.builds(Seen, st.sampled_from(["a", "b|x", "b|y"]), st.integers(0, 10_000), st.booleans()),
    max_size=30,
)


def counted(things: list[Seen], tally: Tally = EMPTY) -> Tally:
    for thing in things:
        cells = dict(tally.cells)
        if thing.measured:
            observe(cells, thing.name, thing.amount)
        else:
            add(cells, thing.name, thing.amount)
        tally = grown(tally, cells)
    return tally


@given(seen, st.lists(st.integers(0, 2), min_size=30, max_size=30))
@settings(max_examples=60)
def test_partitions_do_not_change_the_merged_tally(things: list[Seen], places: list[int]) -> None:
    parts = [
        counted([thing for thing, place in zip(things, places, strict=False) if place == part])
        for part in range(3)
    ]

    whole = counted(things)

    assert merge(parts, 10).cells == whole.cells
    assert merge(reversed(parts), 10).cells == whole.cells
    assert merge(parts, 10).seq == len(things)


@given(seen, st.integers(0, 30))
@settings(max_examples=40)
def test_batch_boundaries_do_not_change_the_tally(things: list[Seen], cut: int) -> None:
    head = counted(things[:cut])
    kept = msgspec.json.decode(msgspec.json.encode(head), type=Tally)

    assert counted(things[cut:], kept) == counted(things)


def test_what_was_counted_stays_as_it_was() -> None:
    before = counted([Seen("a", 1, measured=True)])
    copy = msgspec.json.decode(msgspec.json.encode(before), type=Tally)

    counted([Seen("a", 2, measured=True), Seen("b|x", 3, measured=False)], before)
    merge([before, before], 10)

    assert before == copy
    assert Tally() == EMPTY


def test_names_beyond_the_bound_are_counted_together() -> None:
    cells: dict[str, Cell] = {}
    for number in range(CELLS_MAX + 50):
        add(cells, f"failed|provider{number}|reason", 2)
        observe(cells, f"latency|provider{number}", 2)

    assert len(cells) <= 2 * (CELLS_MAX + 1)
    assert sum(c.count for n, c in cells.items() if n.startswith("failed")) == CELLS_MAX + 50
    assert sum(c.count for n, c in cells.items() if n.startswith("latency")) == CELLS_MAX + 50


def test_many_names_of_one_kind_take_no_room_from_others() -> None:
    """Categories in four currencies are more than a hundred; goods come back all the same."""
    cells: dict[str, Cell] = {}
    for number in range(CELLS_MAX + 50):
        add(cells, f"category|USD|{number}", 2)

    add(cells, "completed|EUR", 3)
    add(cells, "returned")
    observe(cells, "latency|stripe", 4)

    others = {name: cell.count for name, cell in cells.items() if not name.startswith("category")}
    assert others == {"completed|EUR": 1, "returned": 1, "latency|stripe": 1}


def test_long_names_are_cut_and_still_counted() -> None:
    cells: dict[str, Cell] = {}
    for _ in range(2):
        add(cells, "failed|" + "x" * 500)
        observe(cells, "latency|" + "x" * 500, 3)

    assert all(len(name) <= NAME_CHARS_MAX for name in cells)
    assert [cell.count for cell in cells.values()] == [2, 2]


def test_rankings_add_up_where_they_are_wanted() -> None:
    parts = [Tally(seq=1, ranked={"p": 2}), Tally(seq=1, ranked={"p": 1, "q": 5}, ranked_error=3)]

    assert merge(parts, 10).ranked == {"p": 3, "q": 5}
    assert merge(parts, 10).ranked_error == 3
    assert merge(parts, 0).ranked == {}


def test_a_late_record_is_counted() -> None:
    assert late(late(EMPTY)).cells["late"].count == 2


def test_a_told_tally_grows_on_and_is_untold_again() -> None:
    told = published(counted([Seen("a", 1, measured=False)]))

    assert told.seq == told.published == 1
    assert counted([Seen("a", 1, measured=False)], told).published == 1


@given(seen)
@settings(max_examples=30)
def test_a_partial_travels_unchanged(things: list[Seen]) -> None:
    sent = partial(counted(things), "orders", 60_000, 60_000, 3)

    received = msgspec.convert(
        msgspec.json.decode(msgspec.json.encode(sent)), Partial, str_keys=True
    )

    assert received == sent
