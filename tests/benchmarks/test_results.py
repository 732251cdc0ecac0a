"""Figures, floors and what is wanted."""

import json
from io import StringIO
from pathlib import Path

import pytest

from benchmarks.floors import missed
from benchmarks.pipeline.run import lag_growth_s
from benchmarks.results import Result, ResultFile, medians, percentile, table
from benchmarks.wanted import verdicts


def result(system: str, events_per_s: float, cpu_us: float, workload: str = "W1") -> Result:
    guarantee = "exactly_once" if system in ("flowmart", "kafka-streams") else "at_least_once"
    return Result(workload, system, guarantee, events_per_s, cpu_us)


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)])
def test_a_percentile_is_a_value_that_was_seen(share: float, value: float) -> None:
    assert percentile(list(range(1, 101)), share) == value


def test_nothing_has_no_percentile() -> None:
    assert percentile([], 0.5) is None


def test_the_median_of_three_rounds_is_one_of_them() -> None:
    rounds = [result("flowmart", rate, 4.0) for rate in (90.0, 300.0, 100.0)]

    (middle,) = medians(rounds)

    assert middle.events_per_s == 100.0
    assert middle.more["rounds"] == 3


def test_every_line_of_the_file_is_json_with_the_promised_fields(tmp_path: Path) -> None:
    file = ResultFile("test", tmp_path, StringIO())

    file.add(result("flowmart", 100.0, 4.0))

    (line,) = file.path.read_text().splitlines()
    assert set(json.loads(line)) == {
        "workload", "system", "guarantee", "events_per_s", "cpu_us_per_event",
        "latency_ms_p50", "latency_ms_p99", "rss_mb",
    }  # fmt: skip


def test_the_table_has_a_line_a_result() -> None:
    assert len(table([result("flowmart", 1.0, 1.0), result("faust", 1.0, 1.0)]).splitlines()) == 3


def test_a_slow_engine_misses_its_floor_and_others_have_none() -> None:
    assert missed([result("flowmart", 79_999, 4.0)]) != []
    assert missed([result("flowmart", 80_001, 4.0), result("faust", 1.0, 1.0)]) == []


def test_a_pipeline_whose_lag_grows_misses_its_floor() -> None:
    more = {"floor": True, "lag_growth_s": 0.51}
    shop = Result("pipeline", "flowmart", "exactly_once", 550.0, 900.0, more=more)

    assert missed([shop]) == ["pipeline: the lag grew by 0.51 s of orders"]


@pytest.mark.parametrize(
    ("under_way", "grown_s"),
    [([], 0.0), ([50] * 60, 0.0), ([100] * 20 + [600] * 40, 0.5), ([900, 100, 100], -0.8)],
)
def test_lag_grows_by_what_lies_between_the_first_and_the_last_third(
    under_way: list[int], grown_s: float
) -> None:
    assert lag_growth_s(under_way, 1_000) == grown_s


def test_a_ratio_holds_only_when_both_speed_and_cost_do() -> None:
    ours = result("flowmart", 200.0, 4.0)

    (holds,) = verdicts([ours, result("kafka-streams", 100.0, 8.0)])
    (costs,) = verdicts([ours, result("kafka-streams", 100.0, 5.0)])

    assert holds.startswith("holds W1 against kafka-streams exactly_once: 2.00 times")
    assert costs.startswith("SHORT W1")


def test_latency_is_held_against_kafka_streams_at_the_same_rate() -> None:
    lines = list(
        verdicts(
            Result("L", system, "exactly_once", 50, 1, p50, 30.0, more={"variant": "50/s"})
            for system, p50 in (("flowmart", 9.0), ("kafka-streams", 8.0))
        )
    )

    assert [line.split(" L ")[0] for line in lines] == ["SHORT", "holds"]


def test_two_workers_are_judged_by_the_cpu_of_a_record() -> None:
    sizes = [("as W1", 4.0), ("2 workers", 5.2), ("2x keys", 4.1)]

    lines = list(
        verdicts(
            Result("S", "flowmart", "exactly_once", 1.0, cpu, more={"variant": name})
            for name, cpu in sizes
        )
    )

    assert lines[0].startswith("SHORT S 2 workers do 1.54 times")
    assert lines[1].startswith("holds S 2x keys: 1.02 times")
