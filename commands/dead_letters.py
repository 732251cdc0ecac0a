"""`faust -A app dead-letters list|show|replay`."""

import asyncio
import sys
from typing import Any

from faust.cli import argument, option

from commands.base import JSON, Command, CommandError, json_of
from commands.letters import Letters, OnProgress
from commands.personal import masked
from engine.dead_letters import SUFFIX, DeadLetter
from engine.masking import mask_text

LIST_DEFAULT = 50


class dead_letters(Command):  # noqa: N801 - the command's name
    """List dead letters, show one (show TOPIC@OFFSET), or replay them (replay TOPIC@OFFSET|all).

    A replay puts the record back on its topic as it came, in one transaction with the note
    that it was replayed: `replay all` takes each letter once, and none that was replayed singly.
    """

    options = [
        argument("action", metavar="list|show|replay"),
        argument("letter", required=False, metavar="[TOPIC@OFFSET|all]"),
        option("--topic", default=None, help="Only letters of this topic."),
        option("--limit", type=int, default=LIST_DEFAULT, help="How many to list, newest last."),
        option(
            "--personal",
            is_flag=True,
            default=False,
            help="Show names, addresses, telephone numbers, notes and tokens in full.",
        ),
        JSON,
    ]

    _personal = False

    async def act(
        self,
        action: str,
        letter: str | None,
        topic: str | None,
        limit: int,
        as_json: bool,
        personal: bool,
    ) -> None:
        """Do what was asked."""
        self._personal = personal
        topics = self._letter_topics(topic)
        if action == "list" and letter is None:
            await self._list(topics, max(1, limit), as_json)
        elif action == "show" and letter:
            found = self._shown(await self._one(letter))
            print(json_of(found, None if as_json else 2))
        elif action == "replay" and letter == "all":
            await self._replay_all(topics)
        elif action == "replay" and letter:
            await self._replay_one(letter)
        else:
            raise CommandError(
                "usage: dead-letters list [--topic TOPIC] | dead-letters show TOPIC@OFFSET |"
                " dead-letters replay TOPIC@OFFSET|all"
            )

    @property
    def _letters(self) -> Letters:
        return self._letters_seen()

    def _letters_seen(self, *by: OnProgress) -> Letters:
        return Letters(self.options_of_clients(), self.app.conf.id, *by)

    def _letter_topics(self, topic: str | None) -> list[str]:
        known = sorted(n for n in self.app.lanes.topology.topic_specs() if n.endswith(SUFFIX))
        if topic is None:
            return known
        name = topic if topic.endswith(SUFFIX) else topic + SUFFIX
        if name not in known:
            raise CommandError(f"{topic} has no dead letters; topics that have: {', '.join(known)}")
        return [name]

    async def _list(self, topics: list[str], limit: int, as_json: bool) -> None:
        letters = self._letters
        found = await asyncio.gather(*(letters.newest(topic, limit) for topic in topics))
        newest = [(letter, letter in told.replayed) for told in found for letter in told.letters]
        shown = sorted(newest, key=lambda item: item[0].timestamp_ms)[-limit:]
        count = sum(told.total for told in found)
        if len(shown) < count:
            more = count - len(shown)
            print(f"{more} older letters: see all with --limit {count}", file=sys.stderr)
        if as_json:
            self.show_json([self._shown(letter) | {"replayed": done} for letter, done in shown])
            return
        self.show_rows(
            f"dead letters ({count})",
            ["letter", "at", "key", "agent", "error", "reason", "replayed"],
            [
                [_name(x), x.at.isoformat(timespec="seconds"), _text(x.key), x.agent, x.error,
                 self._seen(x.reason), _put_back(x, done)]
                for x, done in shown
            ],
        )  # fmt: skip

    def _shown(self, letter: DeadLetter) -> dict[str, Any]:
        found = _as_dict(letter)
        found["reason"] = self._seen(found["reason"])
        if found["value"] is not None and not self._personal:
            found["value"] = masked(found["value"])
        return found

    def _seen(self, reason: str) -> str:
        return reason if self._personal else mask_text(reason)

    async def _one(self, name: str) -> DeadLetter:
        topic, _, offset = name.rpartition("@")
        if not topic or not offset.isdecimal():
            raise CommandError(f"{name}: expected TOPIC@OFFSET, as `dead-letters list` shows it")
        [dlq] = self._letter_topics(topic)
        async for letter in self._letters.read(dlq, int(offset)):
            if letter.letter_offset == int(offset):
                return letter
            break
        raise CommandError(
            f"{name}: there is no such dead letter: `faust -A app dead-letters list` names them"
        )

    async def _replay_one(self, name: str) -> None:
        letter = await self._one(name)
        if letter.truncated_from is not None:
            raise CommandError(
                f"{name} was cut, {letter.truncated_from} bytes were too large for a dead letter:"
                f" the whole record is {letter.read_from}-{letter.partition}@{letter.offset}"
            )
        await self._letters.replay_one(letter, letter.topic + SUFFIX)
        print(f"{_name(letter)} replayed to {letter.topic}")

    async def _replay_all(self, topics: list[str]) -> None:
        from rich.progress import Progress

        with Progress(disable=not sys.stderr.isatty(), transient=True) as progress:
            tasks = {name: progress.add_task(name, total=None) for name in topics}

            def show(topic: str, at: int, end: int) -> None:
                progress.update(tasks[topic], completed=at, total=end)

            letters = self._letters_seen(show)
            done = []
            for name in topics:
                done.append(await letters.replay_all(name))
                progress.update(tasks[name], completed=1, total=1)
        count, cut = (sum(each) for each in zip(*done, strict=True))
        left_out = f", {cut} left out that were cut: see `dead-letters list`" if cut else ""
        print(f"{count} dead letters replayed{left_out}")


def _name(letter: DeadLetter) -> str:
    return f"{letter.topic}@{letter.letter_offset}"


def _put_back(letter: DeadLetter, done: bool) -> str:
    if letter.truncated_from is not None:
        return "cut"
    return "yes" if done else ""


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("utf-8", "backslashreplace")


def _as_dict(letter: DeadLetter) -> dict[str, Any]:
    return {
        "letter": _name(letter),
        "at": letter.at.isoformat(),
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "agent": letter.agent,
        "error": letter.error,
        "reason": letter.reason,
        "key": _text(letter.key),
        "headers": {key: _text(value) for key, value in letter.headers},
        "value": _text(letter.value),
        "truncated_from": letter.truncated_from,
    }
