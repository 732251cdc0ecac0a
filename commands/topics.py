"""`faust -A app topics create|check`."""

from typing import Any

from faust.cli import argument

from commands.base import JSON, Command, CommandError
from engine.admin import check_topics, ensure_topics


class topics(Command):  # noqa: N801 - the command's name
    """Create the application's topics (create), or say where the cluster differs (check)."""

    options = [argument("action", metavar="create|check"), JSON]

    async def act(self, action: str, as_json: bool) -> None:
        """Create or check; exit code 1 when a topic is missing or has other partitions."""
        topology, options = self.app.lanes.topology, self.options_of_clients()
        if action == "create":
            states = await ensure_topics(options, topology, replication=self.app.replication)
        elif action == "check":
            states = await check_topics(options, topology)
        else:
            raise CommandError(f"topics {action}: expected create or check")
        rows: list[dict[str, Any]] = [
            {"topic": s.name, "partitions": s.partitions, "found": s.found, "ok": s.ok}
            for s in states
        ]
        if as_json:
            self.show_json(rows)
        else:
            self.show_rows("topics", list(rows[0]), [list(row.values()) for row in rows])
        wrong = [s.name for s in states if not s.ok]
        if wrong:
            raise CommandError(
                f"{len(wrong)} topics are not as they must be: {', '.join(wrong)}: `faust -A app"
                " topics create` makes those that are missing, FLOWMART_PARTITIONS says how many"
                " partitions the others must have"
            )
