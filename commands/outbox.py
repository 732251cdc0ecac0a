"""`faust -A app outbox [show ID]`: the letters that customers were sent, and what is in them."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from faust.cli import argument, option

from commands.base import JSON, Command, CommandError, one_line, plain
from commands.worker_client import ask

LIMIT_DEFAULT: Final = 20
_COLUMNS: Final = ("sentAt", "channel", "templateId", "userId", "to", "provider", "notificationId")


class outbox(Command):  # noqa: N801 - the command's name
    """List letters, newest first, or show one (show ID).

    Letters of a running worker's partitions; with --customer, of whichever worker has them.
    Addresses and numbers are masked, unless FLOWMART_PERSONAL_TOKEN gives the right to see them.
    """

    options = [
        argument("action", required=False, default="list", metavar="list|show"),
        argument("letter", required=False, metavar="[ID]"),
        option("--customer", default=None, help="Only letters to this customer."),
        option("--limit", type=int, default=LIMIT_DEFAULT, help="How many to list, at most 100."),
        option("--html", default=None, metavar="FILE", help="Save the letter's HTML there."),
        JSON,
    ]

    async def act(
        self,
        action: str,
        letter: str | None,
        customer: str | None,
        limit: int,
        html: str | None,
        as_json: bool,
    ) -> None:
        """Do what was asked."""
        if action == "list" and letter is None:
            await self._list(customer, limit, as_json)
        elif action == "show" and letter:
            await self._show(letter, html, as_json)
        else:
            raise CommandError("usage: outbox [--customer ID] | outbox show ID [--html FILE]")

    async def _list(self, customer: str | None, limit: int, as_json: bool) -> None:
        whose = "" if customer is None else f"&customer={quote(customer, safe='')}"
        found = await ask(f"/outbox/?limit={limit}{whose}")
        letters: list[dict[str, Any]] = found["letters"]
        if as_json:
            self.show_json(letters)
            return
        rows = [[_cell(one[name]) for name in _COLUMNS] for one in letters]
        self.show_rows("letters", _COLUMNS, rows)

    async def _show(self, letter: str, html: str | None, as_json: bool) -> None:
        found = await ask(f"/outbox/{quote(letter, safe='')}")
        if found is None:
            raise CommandError(f"there is no letter {letter}: `faust -A app outbox` lists them")
        if html is not None:
            _save(html, found)
        elif as_json:
            self.show_json([found])
        else:
            to, subject = one_line(_cell(found["to"])), one_line(found["subject"])
            print(f"To: {to}\nSubject: {subject}\n\n{plain(found['text'])}")


def _cell(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value


def _save(path: str, letter: dict[str, Any]) -> None:
    if not letter["html"]:
        raise CommandError(f"a letter by {letter['channel']} has no HTML")
    try:
        Path(path).write_text(letter["html"], encoding="utf-8")
    except OSError as exc:
        raise CommandError(f"cannot write {path}: {exc.strerror}") from exc
    print(f"written to {path}")
