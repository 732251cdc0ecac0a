"""`faust -A app reset`: Faust's own would look through its tables, and there are none."""

from commands.base import Command


class reset(Command):  # noqa: N801 - the command's name
    """Say what to delete to have a worker's state rebuilt: this deletes nothing.

    Every row comes back from the changelog, which no command deletes.
    """

    async def act(self) -> None:
        """Say what to do."""
        lanes = self.app.lanes
        stores = lanes.data_dir.absolute() / lanes.topology.app_id
        print(
            f"stop the worker and delete {stores}: its rows come back from the changelog at the"
            " next start"
        )
