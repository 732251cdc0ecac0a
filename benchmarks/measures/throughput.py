"""From the first record to the last, as fast as it goes."""

from benchmarks.kafka import create_topics
from benchmarks.outputs import collect, judge_rows
from benchmarks.process import Watched
from benchmarks.results import Result
from benchmarks.systems.base import System
from benchmarks.task import Place, Task


def run(place: Place, task: Task, system: System, number: int) -> Result:
    """Run the system over the whole task, and judge what it left behind.

    Raises:
        BenchmarkError: it ended, got stuck, or did the job wrongly.
    """
    job = place.job(task, system, number)
    create_topics(place.bootstrap, (job.output, *system.topics(job)), job.partitions)
    with place.started(system, job) as process:
        outputs = collect(job, task, system, process)
        process.stop()
    judge_rows(job, system, task.expected_of(system))
    return _result(task, system, outputs, process)


def _result(task: Task, system: System, outputs: list[float], process: Watched) -> Result:
    """Figures between the output at which warm-up ends and the last that is measured."""
    first = int(task.warm_up / (task.warm_up + task.events) * len(outputs))
    last = int(task.measured_to * len(outputs)) - 1
    events = (task.warm_up + task.events) * (last - first + 1) / len(outputs)
    start_s, end_s = outputs[first], outputs[last]
    return Result(
        task.workload,
        system.name,
        system.guarantee,
        events_per_s=events / (end_s - start_s),
        cpu_us_per_event=process.cpu_s(start_s, end_s) / events * 1e6,
        rss_mb=process.rss_mb(),
    )
