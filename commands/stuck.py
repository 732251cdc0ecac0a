"""`faust -A app stuck list|resolve`: payments that a person must look at."""

from typing import Any, Final
from urllib.parse import quote

import msgspec
from faust.cli import argument, option

from commands.base import JSON, Command, CommandError, whoever
from commands.sending import message_of, send
from commands.worker_client import all_rows, ask, awaited
from events.books import ResolveStuckPayment
from streams.moments import moment_of
from streams.payments.books import Stuck
from streams.payments.resolving import entries_of, is_refund, wants_word
from streams.payments.states import Owed
from tables.payments import STUCK

_COLUMNS: Final = ("payment", "since", "on", "order", "provider", "charge", "captured", "refunded")
_USAGE: Final = (
    "usage: stuck list | stuck resolve PAYMENT_ID --note TEXT [--by NAME] [--only ENTRY]"
    " [--captured | --not-captured] [--refunded | --not-refunded]"
)


class stuck(Command):  # noqa: N801 - the command's name
    """List the payments that a person must look at, or take one off that is settled (resolve).

    Resolving moves no money and asks no provider: it keeps who says so, when and why in the
    payment's row. What a provider tells afterwards counts as ever. Only a capture whose outcome
    nobody knows goes on by it: it was made, or it is asked for again, or its hold is let go.
    """

    options = [
        argument("action", metavar="list|resolve"),
        argument("payment", required=False, metavar="[PAYMENT_ID]"),
        option("--by", default=None, help="Who settled it; default: the user who runs this."),
        option("--note", default=None, help="How, for the record; at most 500 characters."),
        option("--only", default=None, metavar="ENTRY", help="One of several entries."),
        option(
            "--captured/--not-captured",
            default=None,
            help="Of a capture: whether the provider has taken the money.",
        ),
        option(
            "--refunded/--not-refunded",
            default=None,
            help="Of a refund: whether the provider has given the money back.",
        ),
        JSON,
    ]

    async def act(  # noqa: PLR0913, PLR0917 - one argument an option
        self,
        action: str,
        payment: str | None,
        by: str | None,
        note: str | None,
        only: str | None,
        captured: bool | None,
        refunded: bool | None,
        as_json: bool,
    ) -> None:
        """Do what was asked."""
        if action == "list" and payment is None:
            await self._list(as_json)
        elif action == "resolve" and payment and note:
            listed = await _listed(payment)
            words = {"captured": captured, "refunded": refunded}
            entries = settled(payment, listed, only, **words)
            said = {"resolved_by": by or whoever(), "note": note, **words}
            await self._resolve(payment, listed, entries, said)
        else:
            raise CommandError(_USAGE)

    async def _list(self, as_json: bool) -> None:
        found = await all_rows(STUCK.name)
        rows = {key: _stuck(row) for key, row in found.items()}
        oldest = sorted(rows, key=lambda key: rows[key].since_ms)
        if as_json:
            self.show_json([{"key": key} | msgspec.to_builtins(rows[key]) for key in oldest])
        else:
            self.show_rows("stuck payments", _COLUMNS, [_cells(key, rows[key]) for key in oldest])

    async def _resolve(
        self, payment_id: str, listed: Stuck, entries: tuple[str, ...], said: dict[str, Any]
    ) -> None:
        command = message_of(
            ResolveStuckPayment,
            payment_id=payment_id,
            entries=entries,
            listed_at=moment_of(listed.since_ms),
            **said,
        )
        await send(self, command)
        left = await _after(payment_id, listed)
        if left is None:
            print(f"{payment_id} is off the list: {', '.join(entries)}")
        else:
            print(f"{', '.join(entries)} of {payment_id} resolved; left: {_on(left)}")


def settled(
    payment_id: str,
    listed: Stuck,
    only: str | None,
    *,
    captured: bool | None,
    refunded: bool | None,
) -> tuple[str, ...]:
    """The entries that a person may take off, or the one of them that was asked for.

    Raises:
        CommandError: there is none.
    """
    standing = entries_of(listed)
    if only is not None and only not in standing:
        raise CommandError(f"{payment_id} is not stuck on {only}, but on {_on(listed)}")
    wanted = standing if only is None else (only,)
    if captured is not None and Owed.CAPTURE not in wanted:
        raise CommandError(f"{payment_id} is not stuck on capture, but on {_on(listed)}")
    if refunded is not None and not any(map(is_refund, wanted)):
        raise CommandError(f"{payment_id} is not stuck on a refund, but on {_on(listed)}")
    entries = tuple(
        [one for one in wanted if not wants_word(one, captured=captured, refunded=refunded)]
    )
    if not entries:
        what, done = ("capture", "captured") if Owed.CAPTURE in wanted else ("refund", "refunded")
        raise CommandError(
            f"{payment_id} waits for its {what}: look for it at the provider, then say"
            f" --{done} or --not-{done}"
        )
    return entries


async def _listed(payment_id: str) -> Stuck:
    """Its row.

    Raises:
        CommandError: there is none.
    """
    found = await ask(f"/tables/{STUCK.name}/{quote(payment_id, safe='')}")
    if found is None:
        raise CommandError(
            f"payment {payment_id} is not stuck: `faust -A app stuck list` has those that are"
        )
    return _stuck(found["value"])


async def _after(payment_id: str, seen: Stuck) -> Stuck | None:
    """The row once it has changed.

    Raises:
        CommandError: it has not, or by something else that a person must look at.
    """

    def is_shorter(row: Any) -> bool:
        return row is None or len(entries_of(_stuck(row))) < len(entries_of(seen))

    row, _ = await awaited(
        STUCK.name, payment_id, lambda row: is_shorter(row) or _stuck(row).since_ms != seen.since_ms
    )
    if not is_shorter(row):
        raise CommandError(
            f"asked for, and {payment_id} is still stuck on {_on(_stuck(row))}: look again with"
            " `faust -A app stuck list`"
        )
    return None if row is None else _stuck(row)


def _stuck(row: Any) -> Stuck:
    return msgspec.convert(row, Stuck)


def _on(listed: Stuck) -> str:
    return ", ".join(entries_of(listed))


def _cells(payment_id: str, row: Stuck) -> tuple[Any, ...]:
    since = moment_of(row.since_ms).isoformat(timespec="seconds")
    money = [
        f"{minor / 100:.2f} {row.currency}" for minor in (row.captured_minor, row.refunded_minor)
    ]
    return payment_id, since, _on(row), row.order_id, row.provider, row.charge_id, *money
