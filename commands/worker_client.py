"""Asks running workers for rows: what they hold, whatever else the changelog has."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from urllib.parse import quote

import aiohttp
from yarl import URL

from commands.base import CommandError

_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
ROWS_MAX: Final = 10_000
"""Rows that are read of a table: more of them nobody looks at."""
_PAGE_ROWS: Final = 1_000
_WAIT_S: Final = 10.0
_PAUSE_S: Final = 0.2
_OK, _UNAUTHORIZED, _NOT_FOUND = 200, 401, 404
_TOKENS: Final = ("FLOWMART_PERSONAL_TOKEN", "FLOWMART_VIEW_TOKEN")
"""By which a command may read, the first that is set: it opens what the second does."""


class _NoAnswer(Exception):
    """Nobody answers there, or nobody who speaks as a worker does."""


async def ask(path: str) -> Any:
    """The JSON that a worker answers at a quoted path; None when it has no such row.

    Of several workers the first that answers is enough: it asks the others for what it lacks.

    Raises:
        CommandError: no worker listens, or it refuses.
    """
    told = os.environ.get("FLOWMART_WORKER_URL", "http://127.0.0.1:6066")
    urls = [url.strip().rstrip("/") for url in told.split(",")]
    for url in urls:
        with suppress(_NoAnswer):
            return await _ask(url, path)
    raise CommandError(
        f"no worker answers at {', '.join(urls)}: start one (`faust -A app worker`)"
        " or set FLOWMART_WORKER_URL"
    )


async def awaited(table: str, key: str, holds: Callable[[Any], object]) -> tuple[Any, bool]:
    """A row once something holds of it, or after ten seconds, and whether it does; None: no row.

    Raises:
        CommandError: no worker listens, or it refuses.
    """
    deadline = time.monotonic() + _WAIT_S
    while True:
        found = await ask(f"/tables/{table}/{quote(key, safe='')}")
        row = None if found is None else found["value"]
        does_hold = bool(holds(row))
        if does_hold or time.monotonic() > deadline:
            return row, does_hold
        await asyncio.sleep(_PAUSE_S)


async def all_rows(table: str) -> dict[str, Any]:
    """The rows of a table by key, in order, whichever workers hold them; no more than `ROWS_MAX`.

    They are read a page at a time, each as it stands then.

    Raises:
        CommandError: no worker listens, or it refuses, or some rows are nobody's now.
    """
    found: dict[str, Any] = {}
    after = ""
    while len(found) < ROWS_MAX:
        page = await ask(f"/tables/{table}/?workers=all&limit={_PAGE_ROWS}&after={after}")
        if len(page["partitions"]) < page["partitions_total"]:
            raise CommandError("the worker tells its own rows only: renew it, or ask another")
        found |= {row["key"]: row["value"] for row in page["rows"]}
        if not page["more"]:
            return found
        after = quote(next(reversed(found)), safe="")
    print(
        f"table {table} has more rows than these {len(found)}:"
        f" `faust -A app tables export {table}` reads them all from the changelog",
        file=sys.stderr,
    )
    return found


async def _ask(url: str, path: str) -> Any:
    shown = next(filter(os.environ.get, _TOKENS), None)
    headers = {"Authorization": f"Bearer {os.environ[shown]}"} if shown else {}
    try:
        async with (
            aiohttp.ClientSession(headers=headers, timeout=_TIMEOUT) as session,
            session.get(URL(url + path, encoded=True)) as response,
        ):
            if response.status == _OK:
                return await response.json()
            text = await response.text()
            if response.status == _NOT_FOUND and _is_of_a_row(text):
                return None
            if response.status == _NOT_FOUND:
                raise CommandError(
                    f"{url} is no worker's port, or that of another version (FLOWMART_WORKER_URL):"
                    f" {_detail(text)}"
                )
            if response.status == _UNAUTHORIZED:
                wants = f"takes no such {shown}" if shown else f"wants a token: set {_TOKENS[-1]}"
                raise CommandError(f"the worker at {url} {wants}")
            raise CommandError(f"{url}{path}: {response.status} {_detail(text)}")
    except (aiohttp.ClientError, TimeoutError, ValueError) as wrong:
        raise _NoAnswer from wrong


def _is_of_a_row(missing: str) -> bool:
    """Whether it says, as workers do, in which partitions it was looked for.

    Else it is no worker's, or of one that has no such table.
    """
    with suppress(ValueError, TypeError):
        return "partitions" in json.loads(missing)
    return False


def _detail(text: str) -> str:
    """What a problem says; whatever else it is as it came."""
    try:
        return str(json.loads(text)["detail"])
    except (ValueError, TypeError, KeyError):
        return text
