"""What every command shares: one line for what went wrong, plain or JSON output."""

import getpass
import json
import logging
import os
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from aiokafka.errors import KafkaConnectionError, KafkaError
from faust.cli import AppCommand, option
from faust.cli.faust import cli
from mode import Worker

from engine.bind import LaneApp
from engine.brokers import nobody_answers
from engine.errors import EngineError
from engine.transport import client_options

_UNFIT: Final = ("clean-versions", "completion", "livecheck", "model", "models", "send")
"""They are about Faust's models, its stores and its producer, or need what is not installed."""

for _name in _UNFIT:
    cli.commands.pop(_name, None)

JSON = option("--json", "as_json", is_flag=True, default=False, help="Lines of JSON.")


_OBEYED: Final = {
    code: f"\\u{code:04x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if code != ord("\n")
}
"""Characters that a terminal takes for commands, as JSON writes them."""


def plain(text: str) -> str:
    """The text without what a terminal would obey: customers and other systems wrote some of it."""
    return text.translate(_OBEYED)


def one_line(text: str) -> str:
    """The same in one line."""
    return plain(text).replace("\n", "\\u000a")


def whoever() -> str:
    """Who runs this, by name; by number, as in a container whose user has no name there."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


class CommandError(EngineError):
    """The command cannot do what was asked; the message says why and what to do next."""


def refuse_missing(topics: Iterable[str], there: Collection[str]) -> None:
    """Refuse what needs a topic that is not there: clients would wait for it until they give up.

    Raises:
        CommandError: one is missing.
    """
    for topic in topics:
        if topic not in there:
            raise CommandError(
                f"the cluster tells of no topic {topic}: are FLOWMART_BROKER and FLOWMART_ENV those"
                " of the workers? They make their topics when they start"
            )


class _AtOnce(Worker):
    """Ends as soon as the command has."""

    async def _sentinel_task(self) -> None:
        """Mode sleeps a second here before it closes the loop; nothing is left to wait for."""


class Command(AppCommand):
    """Runs `act`; every expected failure is one line on stderr and exit code 1."""

    abstract = True
    app: LaneApp
    as_json = False
    loglevel = "WARN"
    _Worker = _AtOnce

    async def run(self, *args: Any, **kwargs: Any) -> None:
        """Run the command."""
        # What a client says about a missing broker, this says in one line.
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
        try:
            await self.act(*args, **kwargs)
            sys.stdout.flush()  # Else Python finds at its end that nobody reads it any more.
        except KafkaConnectionError:
            self._fail(nobody_answers(",".join(self.options_of_clients()["bootstrap_servers"])))
        except (EngineError, KafkaError) as exc:
            self._fail(str(exc) or type(exc).__name__)
        except BrokenPipeError:
            # Whoever read the output has enough. Python would complain again at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    async def act(self, *args: Any, **kwargs: Any) -> None:
        """What the command does."""
        raise NotImplementedError

    def _fail(self, message: str) -> None:
        print(f"error: {plain(message)}", file=sys.stderr)
        raise SystemExit(1)

    def options_of_clients(self) -> dict[str, Any]:
        """How to reach the broker."""
        return client_options(self.app)

    def show_rows(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """A table on a terminal; tab-separated lines otherwise."""
        from rich.console import Console
        from rich.table import Table

        console = Console(markup=False, emoji=False)
        if not console.is_terminal:
            for row in (columns, *rows):
                print("\t".join(map(_cell, row)))
            return
        table = Table(title=title, title_justify="left")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*map(_cell, row))
        console.print(table)

    def show_json(self, values: Sequence[Any]) -> None:
        """One line of JSON each."""
        for value in values:
            print(json_of(value))


def json_of(value: Any, indent: int | None = None) -> str:
    """JSON as people read it, with its own characters."""
    return plain(json.dumps(value, indent=indent, default=str, ensure_ascii=False))


def _cell(value: Any) -> str:
    return "" if value is None else one_line(str(value))
