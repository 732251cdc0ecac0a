"""A worker for one agent, with the policy that the shop's workers have."""

from typing import Final

from benchmarks.job import Job
from engine.bind import LaneApp, WorkerOptions, create_worker_app
from engine.policy import Policy
from engine.specs import AgentSpec
from engine.topology import Topology

JOB: Final = Job.told()


def worker(agent: AgentSpec) -> LaneApp:
    """The app that Faust's command line runs."""
    policy = Policy()
    if JOB.commit_ms is not None:
        policy = Policy(linger_s=JOB.commit_ms / 1000, bulk_linger_s=JOB.commit_ms / 1000)
    topology = Topology([agent], app_id=JOB.app_id, env="dev", partitions=JOB.partitions)
    options = WorkerOptions(broker=JOB.broker, data_dir=JOB.data_dir)
    return create_worker_app(topology, policy, options, web_enabled=False)
