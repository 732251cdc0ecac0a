"""The process before a collector that is played here, and none or a broken Kafka behind it."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

import traces.telling
from tests.e2e.harness import ROOT, environment, until
from tests.traces.collector import Collector
from tests.traces.records import AT_MS, CAUSED_MS, TRACE, record
from traces.__main__ import main
from traces.ids import span_id_of
from traces.telling import Teller


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with Collector() as listening:
        for name in [name for name in os.environ if name.startswith("OTEL_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", listening.url)
        yield listening


async def test_what_the_collector_gets_is_the_span_of_the_record(collector: Collector) -> None:
    teller = Teller(1.0)

    assert await teller.tell([record()])

    [got] = collector.got
    assert got[:7] == (
        "payment-service", "PaymentProcessed", f"{TRACE:032x}", f"{span_id_of('evt_2'):016x}",
        f"{span_id_of('evt_1'):016x}", CAUSED_MS, AT_MS,
    )  # fmt: skip
    assert got.attributes["flowmart.order_id"] == "ord_1"
    assert teller.spans == 1


async def test_services_of_one_batch_come_as_services(collector: Collector) -> None:
    sources = ["orders-service", "payment-service", "orders-service"]

    await Teller(1.0).tell([record(source=source, eventId=source) for source in sources])

    assert sorted(got.service for got in collector.got) == sorted(sources)
    assert collector.requests == 1


async def test_a_batch_waits_until_the_collector_takes_it(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces.telling, "_AGAIN_S", 0.01)
    collector.status = 400
    telling = asyncio.create_task(Teller(1.0).tell([record()]))
    await asyncio.to_thread(until, lambda: collector.requests > 1, 60, "it asks again")
    assert not telling.done()

    collector.status = 200

    assert await telling
    assert len(collector.got) == 1


async def test_a_batch_that_nobody_takes_is_not_told_when_the_process_ends(
    collector: Collector,
) -> None:
    collector.status = 503
    teller = Teller(1.0)
    telling = asyncio.create_task(teller.tell([record()]))
    await asyncio.to_thread(until, lambda: collector.requests, 60, "it asks")

    begun = time.monotonic()
    teller.stop()

    assert not await telling
    assert time.monotonic() - begun < 5
    assert teller.spans == 0


async def test_nothing_is_sent_of_traces_that_are_not_sampled(collector: Collector) -> None:
    assert await Teller(0.0).tell([record()])

    assert collector.requests == 0


def ended(**otel: str) -> subprocess.CompletedProcess[str]:
    """The process, with a Kafka that is not there."""
    env = {k: v for k, v in environment(broker="127.0.0.1:1").items() if not k.startswith("OTEL_")}
    return subprocess.run(
        [sys.executable, "-m", "traces"], env=env | otel, cwd=ROOT,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_without_a_collector_it_says_where_it_looked(collector: Collector) -> None:
    collector.status = 404

    done = ended(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"error: no collector takes spans at {collector.url}: start one that speaks OTLP over"
        " HTTP, or name it in OTEL_EXPORTER_OTLP_ENDPOINT"
    )


def test_without_a_broker_it_says_which(collector: Collector) -> None:
    done = ended(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)

    assert done.returncode == 1
    assert done.stderr == (
        "error: no Kafka broker answers at 127.0.0.1:1: start one (`make broker`) or set"
        " FLOWMART_BROKER\n"
    )


@pytest.mark.parametrize("given", ["2", "h", "-1h", "2w", "1.5h"])
def test_a_time_that_is_none_is_refused(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main([f"--since={given}"])

    assert refused.value.code == 2
    assert "such as 2h" in capsys.readouterr().err
