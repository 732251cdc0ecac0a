"""`faust -A app erase CUSTOMER_ID`: a customer's personal data goes from every table (G-55)."""

from typing import Any

from faust.cli import argument, option

from commands.base import JSON, Command, CommandError, whoever
from commands.sending import message_of, send
from commands.worker_client import awaited
from events.erasure import EraseCustomer
from tables.erasure import ERASURES


class erase(Command):  # noqa: N801 - the command's name
    """Erase what every table knows of a customer; amounts, ids and times stay.

    Business that is open keeps the address it needs, and is erased when it has ended. Records on
    topics go when their topic's time is over.
    """

    options = [
        argument("customer_id"),
        option("--by", default=None, help="Who asks for it; default: the user who runs this."),
        option("--reason", default=None, help="Why, for the record."),
        JSON,
    ]

    async def act(
        self, customer_id: str, by: str | None, reason: str | None, as_json: bool
    ) -> None:
        """Ask for the erasure and tell how far it is after a few seconds."""
        who = by or whoever()
        command = message_of(
            EraseCustomer, customer_id=customer_id, requested_by=who, reason=reason
        )
        cause_id = await send(self, command)
        row = await _after_a_round(customer_id, cause_id)
        if as_json:
            self.show_json([{"customerId": customer_id, "erasure": row}])
        else:
            print(_told(customer_id, row))


async def _after_a_round(customer_id: str, cause_id: str) -> dict[str, Any] | None:
    """How far the erasure is once every partition has answered; None: nobody can tell.

    An erasure that was under way before is this one; one that had ended is not.
    """

    def is_answered(row: dict[str, Any] | None) -> object:
        if row is None:
            return False
        ended = row.get("erased_at_ms") and row["cause_id"] == cause_id
        return ended or row.get("next_ms")

    try:
        row, answered = await awaited(ERASURES.name, customer_id, is_answered)
    except CommandError:
        return None
    return row if answered else None


def _told(customer_id: str, row: dict[str, Any] | None) -> str:
    see = f"`faust -A app tables get {ERASURES.name} {customer_id}` tells how far it is"
    if row is None:
        return f"asked for; {see}"
    if row.get("erased_at_ms") and not row.get("rows"):
        return f"erased: 0 rows: no table knows anything of {customer_id!r}, or no more"
    if row.get("erased_at_ms"):
        return f"erased: {row['rows']} rows"
    if row.get("open"):
        return (
            f"{row.get('rows', 0)} rows erased; {row['open']} orders or subscriptions are open and"
            f" keep what they need until they end; {see}"
        )
    return f"{row.get('rows', 0)} rows erased; looked through once more in a minute; {see}"
