"""The pipeline that is measured: orders, inventory, fraud and payment, with their live figures.

`faust -A benchmarks.pipeline.core worker` runs it. The whole application does more with every
order: it writes to customers and sends parcels.
"""

from typing import Final

from app import agents_of, create_app
from engine.specs import AgentSpec, EffectSpec
from engine.topology import Topology
from providers.health import Clock, now_ms
from settings import Settings, settings_or_exit

CORE: Final = frozenset(
    {
        "orders", "allocation", "stock", "payments", "gateway", "fraud", "review", "pulse",
        "totals",
    }
)  # fmt: skip


def core_of(settings: Settings, clock: Clock = now_ms) -> tuple[list[AgentSpec], list[EffectSpec]]:
    """The pipeline's agents and effects."""
    agents, effects = agents_of(settings, clock)
    return [a for a in agents if a.name in CORE], [e for e in effects if e.name in CORE]


def _topology(settings: Settings) -> Topology:
    agents, effects = core_of(settings)
    return Topology(
        agents, effects, app_id=settings.app_id, env=settings.env, partitions=settings.partitions
    )


_SETTINGS: Final = settings_or_exit()
app = create_app(_SETTINGS, _topology(_SETTINGS))
