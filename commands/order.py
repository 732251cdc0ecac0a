"""`faust -A app order ORDER_ID`: one order's life, from the tables of a running worker."""

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from faust.cli import argument

from commands.base import JSON, Command, CommandError, one_line
from commands.worker_client import ask
from events.payment_ids import payment_id_of
from streams.moments import moment_of

if TYPE_CHECKING:
    from rich.text import Text

_STYLES = {"paid": "green", "delivered": "green", "cancelled": "red", "rejected": "red",
           "on_hold": "yellow", "backordered": "yellow"}  # fmt: skip

_CLOCK_MS_MIN = 1_000_000_000_000
"""A field of milliseconds from here on is a moment (2001), not a duration."""


class order(Command):  # noqa: N801 - the command's name
    """Print an order's life: what was ordered, each step, payment, risk, stock and parcels."""

    options = [argument("order_id"), JSON]

    async def act(self, order_id: str, as_json: bool) -> None:
        """Ask for the order's rows and print them."""
        if not order_id:  # As of a script whose variable is not set: it would ask for all orders.
            raise CommandError("usage: order ORDER_ID [--json]")
        found = await ask(_path("orders", order_id))
        if found is None:
            raise CommandError(
                f"no order is called {order_id}: it was never placed, or it is in"
                " the dead letters (`faust -A app dead-letters list`)"
            )
        order_row = found["value"]
        payment_id = order_row.get("payment_id") or payment_id_of(order_id)
        lines, parcels = len(order_row["lines"]), order_row.get("parcels", ())
        payment, risk, *others = await asyncio.gather(
            _row("payments", payment_id),
            _row("fraud", payment_id),
            *(_row("reservations", f"{order_id}:{line}") for line in range(1, lines + 1)),
            *(_row("shipments", parcel[0]) for parcel in parcels),
        )
        life = {"order": order_row, "payment": payment, "fraud": risk,
                "reservations": [hold for hold in others[:lines] if hold is not None],
                "shipments": [one for one in others[lines:] if one is not None]}  # fmt: skip
        if as_json:
            self.show_json([life])
        else:
            _print(order_id, life)


async def _row(table: str, key: str) -> Any | None:
    found = await ask(_path(table, key))
    return None if found is None else found["value"]


def _path(table: str, key: str) -> str:
    return f"/tables/{table}/{quote(key, safe='')}"


def _print(order_id: str, life: dict[str, Any]) -> None:
    from rich.console import Console

    # What customers wrote is no markup, and one thing is one line, also for a program that reads.
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    row = life["order"]
    total = f"{row['total_minor'] / 100:.2f} {row['currency']}"
    whose = f"  {total}  of {one_line(row['user_id'])}"
    console.print(f"order {one_line(order_id)}  ", _status(row["status"]), whose)
    for number, line in enumerate(row["lines"], start=1):
        console.print(f"  line {number}: {_brief(line)}")
    for at_ms, status, reason in row.get("history", ()):
        console.print(f"  {_clock(at_ms)}  ", _status(f"{status:<12}"), f" {one_line(reason)}")
    for name in ("payment", "fraud"):
        if life[name] is not None:
            console.print(f"{name}: {_brief(life[name])}")
    for hold in life["reservations"]:
        console.print(f"stock: {_brief(hold)}")
    for shipment in life["shipments"]:
        console.print(f"parcel: {_brief(shipment)}")


def _status(status: str) -> "Text":
    from rich.text import Text

    return Text(status, style=_STYLES.get(status.strip(), "bold"))


def _clock(at_ms: int) -> str:
    return moment_of(at_ms).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"


def _brief(row: Any) -> str:
    """The plain fields of a row in one line; times read as clocks."""
    if not isinstance(row, dict):
        return one_line(str(row))
    parts = []
    for key, value in row.items():
        if key.endswith("_ms") and isinstance(value, int) and value > _CLOCK_MS_MIN:
            parts.append(f"{key.removesuffix('_ms').removesuffix('_at')}={_clock(value)}")
        elif isinstance(value, str | int | float) and value not in ("", 0):
            parts.append(f"{key}={one_line(str(value))}")
    return " ".join(parts)
