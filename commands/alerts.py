"""`faust -A app alerts list|resolve`: what services raised by themselves and nobody saw to yet."""

import time
from typing import Any, Final

import msgspec
from faust.cli import argument, option

from commands.base import JSON, Command, CommandError, whoever
from commands.sending import message_of, send
from commands.worker_client import all_rows, awaited
from streams.alerts.raised import RaisedAlert, resolution
from streams.moments import moment_of
from tables.pulse import RAISED

_COLUMNS: Final = ("alert", "raised", "severity", "rule", "subject", "value", "unit", "runbook")


class alerts(Command):  # noqa: N801 - the command's name
    """List what services raised and nobody saw to yet, newest first, or say that you did (resolve).

    Until then a critical one goes on in Prometheus and in the control room, for a week at most.
    Alerts on figures end by themselves and are not among them.
    """

    options = [
        argument("action", metavar="list|resolve"),
        argument("alerts", nargs=-1, metavar="[ALERT_ID...]"),
        option("--by", default=None, help="Who saw to it; default: the user who runs this."),
        JSON,
    ]

    async def act(
        self, action: str, alerts: tuple[str, ...], by: str | None, as_json: bool
    ) -> None:
        """Do what was asked."""
        if action == "list" and not alerts:
            await self._list(as_json)
        elif action == "resolve" and alerts:
            for alert_id in alerts:
                await self._resolve(alert_id, by or whoever())
        else:
            raise CommandError("usage: alerts list | alerts resolve ALERT_ID... [--by NAME]")

    @staticmethod
    async def _open() -> dict[str, RaisedAlert]:
        found = await all_rows(RAISED.name)
        rows = {key: msgspec.convert(row, RaisedAlert) for key, row in found.items()}
        return {key: row for key, row in rows.items() if not row.resolved_at_ms}

    async def _list(self, as_json: bool) -> None:
        rows = (await self._open()).values()
        if as_json:
            self.show_json([msgspec.to_builtins(row) for row in rows])
        else:
            self.show_rows("alerts", _COLUMNS, [_cells(row) for row in rows])

    async def _resolve(self, alert_id: str, by: str) -> None:
        found = [
            (key, row) for key, row in (await self._open()).items() if row.alert_id == alert_id
        ]
        if not found:
            raise CommandError(
                f"nobody waits for alert {alert_id}: `faust -A app alerts list` has those that are"
                " open"
            )
        [(key, row)] = found
        await send(self, message_of(resolution, row, by, time.time_ns() // 1_000_000))
        _, is_heard = await awaited(
            RAISED.name, key, lambda row: row is None or row["resolved_at_ms"]
        )
        if not is_heard:
            raise CommandError(f"asked for, and no worker has heard it yet: is {alert_id} listed?")
        print(f"{alert_id} is resolved: {row.rule} of {row.subject}")


def _cells(row: RaisedAlert) -> tuple[Any, ...]:
    raised = moment_of(row.raised_at_ms).isoformat(timespec="seconds")
    return (
        row.alert_id, raised, row.severity, row.rule, row.subject, f"{row.value:.10g}", row.unit,
        row.runbook,
    )  # fmt: skip
