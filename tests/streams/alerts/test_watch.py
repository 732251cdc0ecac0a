"""From readings to alerts: crossed for long enough, told once, and never flapping."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.alerts import AlertRaised, AlertResolved
from streams.alerts.rule import Rule
from streams.alerts.watch import CALM, OpenAlert, Watch, alert_of, looked, news, severity

SUSTAIN = 300


def rule(*, below: bool = False) -> Rule:
    warn, critical = (5, 1) if below else (10, 100)
    return Rule("r", "orders", "Help", "ms", lambda _: iter(()), warn, critical, below=below)


class Told:
    """One rule and subject, looked at in turn."""

    def __init__(self, some_rule: Rule) -> None:
        self.rule = some_rule
        self.watch: Watch = CALM
        self.alert: OpenAlert | None = None
        self.events: list[AlertRaised | AlertResolved] = []
        self.levels: list[str | None] = []

    def look(self, now_ms: int, value: float | None) -> "Told":
        self.watch = looked(self.watch, self.rule, value, now_ms, SUSTAIN)
        after = alert_of(self.watch, self.rule, "s", value, self.alert)
        event = news(self.alert, after, (0, 60), now_ms)
        self.alert = after
        self.levels.append(severity(self.watch))
        if event is not None:
            self.events.append(event)
        return self

    def look_through(self, values: Iterable[float | None], step_ms: int = 100) -> "Told":
        for index, value in enumerate(values, 1):
            self.look(index * step_ms, value)
        return self


#   look at ms   100   200   300   400   500        sustain 300 ms
#   value         11    11    11    11     3


def test_a_threshold_that_stays_crossed_raises_one_alert_after_its_time() -> None:
    told = Told(rule()).look_through([11, 11, 11, 11, 11, 11])

    assert told.levels == [None, None, None, "warn", "warn", "warn"]
    assert [type(event) for event in told.events] == [AlertRaised]


def test_one_look_on_the_right_side_starts_the_time_anew() -> None:
    assert Told(rule()).look_through([11, 11, 11, 3, 11, 11, 11]).events == []


def test_a_value_on_the_threshold_has_not_crossed_it() -> None:
    assert Told(rule()).look_through([10] * 9).watch == CALM
    assert Told(rule(below=True)).look_through([5] * 9).watch == CALM


def test_an_alert_resolves_once_all_was_well_for_its_time() -> None:
    told = Told(rule()).look_through([11] * 4 + [3, 3, 11, 3, 3, 3, 3])

    assert told.levels[-2:] == ["warn", None]
    assert [type(event) for event in told.events] == [AlertRaised, AlertResolved]
    assert told.watch == CALM


def test_both_thresholds_crossed_at_once_raise_one_critical_alert() -> None:
    told = Told(rule()).look_through([101] * 5)

    assert [event.severity for event in told.events] == ["critical"]
    assert told.events[0].threshold == 100


def test_an_alert_that_gets_worse_is_raised_anew_under_the_same_id() -> None:
    told = Told(rule()).look_through([11] * 4 + [101] * 4)

    assert [event.severity for event in told.events] == ["warn", "critical"]
    assert len({event.alert_id for event in told.events}) == 1


def test_an_alert_that_gets_better_is_raised_anew_as_a_warning() -> None:
    told = Told(rule()).look_through([101] * 4 + [11] * 4 + [3] * 4)

    assert [event.severity for event in told.events] == ["critical", "warn", "warn"]
    assert isinstance(told.events[-1], AlertResolved)


def test_values_that_swing_between_both_severities_still_warn() -> None:
    told = Told(rule()).look_through([11, 101] * 4)

    assert [event.severity for event in told.events] == ["warn"]


def test_a_value_too_low_raises_where_low_is_bad() -> None:
    told = Told(rule(below=True)).look_through([4] * 4)

    assert [event.severity for event in told.events] == ["warn"]


def test_no_data_raises_nothing() -> None:
    assert Told(rule(below=True)).look_through([None] * 9).watch == CALM


def test_no_data_resolves_after_its_time_and_tells_the_last_value() -> None:
    told = Told(rule()).look_through([11, 11, 11, 12] + [None] * 4)

    assert isinstance(told.events[-1], AlertResolved)
    assert told.events[-1].value == 12


def test_an_open_alert_follows_the_value() -> None:
    told = Told(rule()).look_through([11, 11, 11, 11, 57])

    assert told.alert is not None
    assert told.alert.value == 57
    assert len(told.events) == 1


def test_the_same_readings_tell_the_same_events() -> None:
    values = [101] * 5 + [3] * 5

    assert Told(rule()).look_through(values).events == Told(rule()).look_through(values).events


def test_a_second_alert_of_a_rule_has_an_id_of_its_own() -> None:
    told = Told(rule()).look_through(([11] * 4 + [3] * 4) * 2)

    assert len({event.alert_id for event in told.events}) == 2


def test_without_a_time_to_sustain_an_alert_is_raised_at_once() -> None:
    watch = looked(CALM, rule(), 11, 100, 0)

    assert severity(watch) == "warn"


def test_an_event_names_its_runbook_its_window_and_its_times() -> None:
    told = Told(rule()).look_through([11] * 4 + [3] * 4)
    raised, resolved = told.events

    assert isinstance(raised, AlertRaised)
    assert isinstance(resolved, AlertResolved)
    assert raised.runbook == resolved.runbook == "docs/runbooks/r.md"
    assert raised.window_end is not None
    assert raised.window_end.timestamp() == 0.06
    assert raised.window_start is not None
    assert raised.window_start.timestamp() == 0
    assert (raised.subject, raised.unit, resolved.subject) == ("s", "ms", "s")
    assert raised.threshold == resolved.threshold == 10, "the one that was crossed"
    assert raised.raised_at == resolved.raised_at
    assert resolved.resolved_at.timestamp() == 0.8


looks = st.lists(st.one_of(st.none(), st.sampled_from([3.0, 11.0, 101.0])), max_size=60)


@given(looks, st.integers(1, 150))
@settings(max_examples=80)
def test_a_severity_never_changes_sooner_than_its_time_after_it_last_changed(
    values: list[float | None], step_ms: int
) -> None:
    told = Told(rule()).look_through(values, step_ms)
    seen: dict[str, list[bool]] = {
        "warn": [level is not None for level in told.levels],
        "critical": [level == "critical" for level in told.levels],
    }

    for states in seen.values():
        states.insert(0, False)
        turns = [i for i in range(1, len(states)) if states[i] != states[i - 1]]
        for first, second in pairwise(turns):
            assert (second - first) * step_ms >= SUSTAIN


@given(looks)
@settings(max_examples=80)
def test_raised_and_resolved_alternate_and_a_calm_end_leaves_nothing(
    values: list[float | None],
) -> None:
    told = Told(rule()).look_through([*values, *[3.0] * 10])

    assert told.watch == CALM
    assert told.alert is None
    ends = [isinstance(event, AlertResolved) for event in told.events]
    assert not ends or ends[-1]
    assert not any(first and second for first, second in pairwise(ends))


@pytest.mark.parametrize("below", [True, False])
def test_a_critical_alert_is_also_a_warning(below: bool) -> None:  # noqa: FBT001 - both sorts
    some = rule(below=below)

    assert all(
        some.crossed(value, some.warn) for value in range(200) if some.crossed(value, some.critical)
    )
