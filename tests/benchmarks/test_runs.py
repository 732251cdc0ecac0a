"""Every workload once, small, on real Kafka: the job is done and judged."""

import secrets
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.kafka import BenchmarkError
from benchmarks.measures.growth import SIZES, run_growth
from benchmarks.measures.latency import run_latency
from benchmarks.measures.recovery import run_recovery
from benchmarks.measures.throughput import run
from benchmarks.pipeline.run import LETTERS_MIN, Pace, run_shop
from benchmarks.prepare import PREPARE
from benchmarks.systems.flowmart.system import FLOWMART
from benchmarks.task import Place

EVENTS = 20_000

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture
def place(bootstrap: str, tmp_path: Path) -> Place:
    return Place(bootstrap, tmp_path, f"bench-{secrets.token_hex(3)}")


@pytest.mark.parametrize("workload", ["W1", "W2", "W3"])
def test_the_engine_does_the_whole_job(place: Place, workload: str) -> None:
    result = run(place, PREPARE[workload](place, EVENTS), FLOWMART, 1)

    assert (result.workload, result.system) == (workload, "flowmart")
    assert result.events_per_s > 0


def test_a_wrong_row_is_found(place: Place) -> None:
    task = PREPARE["W1"](place, EVENTS)
    assert task.expected.rows is not None
    task.expected.rows["cus_000000"] = (1, 1)

    with pytest.raises(BenchmarkError, match=r"1 of \d+ rows are wrong: cus_000000"):
        run(place, task, FLOWMART, 1)


def test_an_output_too_few_is_found(place: Place) -> None:
    task = PREPARE["W1"](place, EVENTS)
    task.expected.outputs -= 1

    with pytest.raises(BenchmarkError, match="are not the"):
        run(place, task, FLOWMART, 1)


def test_a_system_that_ends_by_itself_is_told_with_what_it_said(place: Place) -> None:
    task = PREPARE["W1"](place, EVENTS)
    dying = replace(FLOWMART, command=lambda _job: ["/bin/sh", "-c", "echo no luck; exit 3"])

    with pytest.raises(BenchmarkError, match=r"ended by itself \(3\):\nno luck"):
        run(place, task, dying, 1)


def test_recovery_brings_every_row_back(place: Place) -> None:
    result = run_recovery(place, FLOWMART, EVENTS, 1)

    assert result.more["recovery_s"] > 0


def test_latency_is_measured_once_records_flow(place: Place) -> None:
    result = run_latency(place, FLOWMART, 50, 2.0, 1)

    assert result.latency_ms_p50 is not None
    assert result.latency_ms_p99 is not None
    assert 0 < result.latency_ms_p50 <= result.latency_ms_p99


def test_two_workers_do_the_job_of_one(place: Place) -> None:
    two = next(size for size in SIZES if size.workers > 1)

    result = run_growth(place, FLOWMART, two, EVENTS, 1)

    assert result.cpu_us_per_event > 0


def test_the_whole_shop_pays_writes_and_shows_its_stock(
    bootstrap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How soon is for the benchmark to say: beside tests the last may take long.
    monkeypatch.setattr("benchmarks.pipeline.run.DRAIN_S", 120.0)
    pace = Pace(rate=10, seconds=6, warm_up_s=2, workers=1)

    result = run_shop(bootstrap, tmp_path, pace)

    assert result.more["letters"] >= LETTERS_MIN * pace.orders
    assert result.more["letters_failed"] == 0
    for name in ("confirm", "notification", "stock", "api"):
        assert result.more[f"{name}_ms_p99"] > 0
