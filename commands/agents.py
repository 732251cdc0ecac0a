"""`faust -A app agents`: Faust's own knows neither an agent's tables nor what it publishes."""

from commands.base import JSON, Command
from engine.bind import agent_topics
from engine.specs import AgentSpec


class agents(Command):  # noqa: N801 - the command's name
    """List the agents: what each reads, which tables it keeps, where it publishes."""

    options = [JSON]

    async def act(self, as_json: bool) -> None:
        """Tell what the topology declares; neither the broker nor a worker is asked."""
        topology = self.app.lanes.topology
        rows = [
            {
                "agent": spec.name,
                "help": spec.help,
                "reads": read,
                "tables": [t.name for t in spec.tables] if isinstance(spec, AgentSpec) else [],
                "publishes": [topology.real_name(topic) for topic in spec.outputs],
            }
            for spec, read in sorted(agent_topics(topology), key=lambda found: found[0].name)
        ]
        if as_json:
            self.show_json(rows)
        else:
            cells = [[c if isinstance(c, str) else ", ".join(c) for c in r.values()] for r in rows]
            self.show_rows("agents", list(rows[0]), cells)
