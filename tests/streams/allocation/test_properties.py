"""What holds for an order's claims whatever is told, in whatever order."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from events.base import Message
from streams.allocation.commands import commands
from streams.allocation.deciding import decide
from streams.allocation.evolution import fold
from streams.allocation.rows import Allocation, LineState, Status, is_open
from streams.allocation.rules import AllocationRules
from streams.moments import MINUTE_MS, moment_of, ms_of
from tests.streams.allocation.samples import cancelled, confirmed
from tests.streams.orders.samples import AT_MS, declined, expired, fraud, held, paid, short, verdict

RULES = AllocationRules()
WITHOUT_END: tuple[Message, ...] = (
    confirmed(),
    held(1),
    held(2),
    expired(1),
    expired(2),
    short("p1"),
    short("p2"),
    declined(1, next_retry_at=moment_of(AT_MS + 25 * MINUTE_MS)),
    verdict("APPROVED"),
    verdict("MANUAL_REVIEW"),
    fraud("high"),
)
told = st.lists(
    st.tuples(st.sampled_from((*WITHOUT_END, paid(), cancelled())), st.integers(0, 20)),
    max_size=20,
)
endless = st.lists(st.tuples(st.sampled_from(WITHOUT_END), st.integers(0, 20)), max_size=20)


def run(lot: list[tuple[Message, int]]) -> list[tuple[Allocation | None, int, list[Message]]]:
    """Each row with the time and the commands that led to it."""
    row: Allocation | None = None
    at_ms, steps = AT_MS, []
    for message, wait in lot:
        at_ms += wait * MINUTE_MS
        facts = decide(row, message, at_ms, RULES)
        row = fold(row, facts) if facts else row
        steps.append((row, at_ms, [*commands(row, facts)] if row and facts else []))
    return steps


@given(told)
def test_after_the_release_nothing_more_is_said(lot: list) -> None:
    is_released = False
    for row, _, said in run(lot):
        assert not (is_released and said)
        is_released = is_released or (row is not None and row.status is Status.RELEASED)


@given(told)
def test_holds_are_committed_and_released_at_most_once(lot: list) -> None:
    said = [(command.name, command.reservation_id) for _, _, got in run(lot) for command in got]

    final = [one for one in said if one[0] in {"CommitStock", "ReleaseStock"}]
    assert len(final) == len(set(final))


@given(told)
def test_no_hold_is_asked_to_last_longer_than_half_an_hour(lot: list) -> None:
    for row, at_ms, said in run(lot):
        for command in said:
            if command.name in {"ReserveStock", "ExtendHold"}:
                assert row is not None
                line = row.lines[int(command.reservation_id[-1]) - 1]
                ends_ms = ms_of(command.expires_at)
                assert ends_ms == line.expires_at_ms
                assert ends_ms - line.asked_at_ms <= 30 * MINUTE_MS
                assert command.name == "ExtendHold" or ends_ms > at_ms


@given(endless)
def test_an_order_that_lives_on_after_a_detour_has_no_line_lapsed_and_forgotten(
    lot: list,
) -> None:
    for row, _, _ in run(lot):
        if row is not None and (row.reviewed or row.waited) and not is_open(row):
            lapsed_before = [line for line in row.lines if line.state is LineState.LAPSED]
            assert not lapsed_before


@given(told)
def test_a_repeat_means_nothing(lot: list) -> None:
    row: Allocation | None = None
    for message, _ in lot:
        facts = decide(row, message, AT_MS, RULES)
        row = fold(row, facts) if facts else row
        repeated = decide(row, message, AT_MS, RULES)
        assert repeated == () or message in (expired(1), expired(2))


@given(told)
def test_a_row_is_the_same_after_a_journey_through_the_store(lot: list) -> None:
    for row, _, _ in run(lot):
        if row is not None:
            assert msgspec.json.decode(msgspec.json.encode(row), type=Allocation) == row
