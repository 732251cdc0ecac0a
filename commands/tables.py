"""`faust -A app tables list|get|export`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from faust.cli import argument, option

from commands.base import JSON, Command, CommandError, json_of
from commands.changelog import rows_of
from commands.worker_client import ask
from engine.specs import TableSpec
from engine.views import mask


class tables(Command):  # noqa: N801 - the command's name
    """List the tables, get one row (get TABLE KEY), or export a table as lines of JSON.

    An export reads the changelog as of its end when the command begins, committed rows only.
    """

    options: ClassVar = [
        argument("action", metavar="list|get|export"),
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
        elif action == "export" and table:
            await self._export(self._spec(table), out)
        else:
            raise CommandError("usage: tables list | tables get TABLE KEY | tables export TABLE")

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
        rows = await rows_of(self, spec)
        if out == "-":
            sys.stdout.writelines(_lines(spec, rows))
            return
        _write(out, _lines(spec, rows))
        print(f"{len(rows)} rows written to {out}", file=sys.stderr)


def _write(out: str, lines: Iterator[str]) -> None:
    try:
        with Path(out).open("w", encoding="utf-8") as file:
            file.writelines(lines)
    except OSError as exc:
        raise CommandError(f"cannot write {out}: {exc.strerror}") from exc


def _lines(spec: TableSpec[Any], rows: dict[str, bytes]) -> Iterator[str]:
    for key in sorted(rows):
        value = mask(json.loads(rows[key]), spec.mask)
        yield json.dumps({"key": key, "value": value}, ensure_ascii=False) + "\n"
