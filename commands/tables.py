"""`faust -A app tables list|get|rows|export`."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from faust.cli import argument, option

from commands.base import JSON, Command, CommandError, json_of
from commands.changelog import rows_of
from commands.worker_client import all_rows, ask
from engine.specs import TableSpec
from engine.views import mask


class tables(Command):  # noqa: N801 - the command's name
    """List the tables, get one row (get TABLE KEY), or a table's rows as lines of JSON.

    `rows` asks running workers and takes as long as the table has rows, 10,000 at most. An export
    has them all, as of the changelog's end when the command begins, committed rows only: it reads
    the changelog of all tables, gigabytes where there are millions of orders.
    """

    options = [
        argument("action", metavar="list|get|rows|export"),
        argument("table", required=False),
        argument("key", required=False),
        option("--out", default="-", help="File for an export; - is standard output."),
        JSON,
    ]

    async def act(
        self, action: str, table: str | None, key: str | None, out: str, as_json: bool
    ) -> None:
        """Do what was asked."""
        if action == "list" and table is None:
            self._list(as_json)
        elif action == "get" and table and key:
            row = await ask(f"/tables/{self._spec(table).name}/{quote(key, safe='')}")
            if row is None:
                raise CommandError(f"table {table} has no row {key}")
            print(json_of(row, None if as_json else 2))
        elif action == "rows" and table:
            spec = self._spec(table)
            found = (await all_rows(spec.name)).items()
            self.show_json([{"key": key, "value": mask(row, spec.mask)} for key, row in found])
        elif action == "export" and table:
            await self._export(self._spec(table), out)
        else:
            raise CommandError(
                "usage: tables list | tables get TABLE KEY | tables rows TABLE"
                " | tables export TABLE"
            )

    def _list(self, as_json: bool) -> None:
        specs = self.app.lanes.topology.tables.values()
        rows = [{"table": t.name, "key": t.key, "help": t.help} for t in specs]
        if as_json:
            self.show_json(rows)
        else:
            self.show_rows("tables", ["table", "key", "help"], [list(r.values()) for r in rows])

    def _spec(self, name: str) -> TableSpec[Any]:
        known = self.app.lanes.topology.tables
        if name not in known:
            raise CommandError(f"no table is called {name}; there are: {', '.join(sorted(known))}")
        return known[name]

    async def _export(self, spec: TableSpec[Any], out: str) -> None:
        async with rows_of(self, spec) as rows:
            lines = _lines(spec, ((key, json.loads(raw)) for key, raw in rows))
            if out == "-":
                sys.stdout.writelines(lines)
            else:
                print(f"{_write(out, lines)} rows written to {out}", file=sys.stderr)


def _write(out: str, lines: Iterator[str]) -> int:
    """Write the lines and say how many there were."""
    count = 0
    try:
        with Path(out).open("w", encoding="utf-8") as file:
            for count, line in enumerate(lines, 1):  # noqa: B007 - it is what is told
                file.write(line)
    except OSError as exc:
        raise CommandError(f"cannot write {out}: {exc.strerror}") from exc
    return count


def _lines(spec: TableSpec[Any], rows: Iterable[tuple[str, Any]]) -> Iterator[str]:
    for key, value in rows:
        shown = {"key": key, "value": mask(value, spec.mask)}
        yield json.dumps(shown, ensure_ascii=False) + "\n"
