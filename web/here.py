"""What this worker's own lanes hold of a table."""

from collections.abc import Iterator
from typing import Any

from engine.bind import LaneApp
from engine.specs import TableSpec
from engine.views import committed_rows


def rows_here(
    app: LaneApp, table: TableSpec[Any], *, first: str = "", limit: int
) -> Iterator[tuple[str, Any]]:
    """Up to `limit` committed rows a lane, from `first` on; none where no agent keeps the table."""
    if table.name in app.lanes.topology.tables:
        for lane in app.lanes.open_lanes().values():
            yield from committed_rows(lane.processor, table, first=first, limit=limit)


def named(key: str) -> tuple[str, str]:
    """The two parts of a figure's or an alert's key: its name, and of what it is."""
    name, _, group = key.partition("|")
    return name, group
