"""Timers as rows: their keys, and who is called when they come due; agents' own ticks."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice

from engine.errors import BadRecord, TopologyError, blamed, ends_the_worker
from engine.seldom import is_told
from engine.specs import AgentSpec, Context, Timer
from engine.stats import Stats
from engine.tables import JournalEntry, LaneTable

LOG = logging.getLogger(__name__)
"""Is given errors as text: `worker.OneLine` takes an error of the engine for the worker's end."""

_DUE_DIGITS = 14
"""Of a due time in ms: good until the year 5138."""
TIMERS_A_TICK_MAX = 1000
"""Timers fired in one transaction; the next one follows at once."""
RETRY_MS = 60_000
"""Until a timer is tried again whose handler raised."""


def timer_key(due_ms: int, agent: str, kind: str, key: str) -> str:
    """Key of a timer's row: byte order is the order of due times."""
    return f"{due_ms:0{_DUE_DIGITS}d}|{agent}|{kind}|{key}"


def split_timer_key(row_key: str) -> tuple[str, Timer]:
    """The agent and the timer of a row's key."""
    due, agent, kind, key = row_key.split("|", 3)
    return agent, Timer(kind, key, int(due))


class Timers:
    """Fires what is due in one lane, in the order of due times.

    A timer whose handler raises is undone and kept: it is tried again a minute later, or by
    the next version of the program, and its neighbours go on. So is one that another version set
    and this one knows nothing of.
    """

    def __init__(
        self,
        rows: LaneTable[bool],
        agents: Mapping[str, AgentSpec],
        contexts: Mapping[str, Context],
        journal: list[JournalEntry],
    ) -> None:
        self._rows = rows
        self._agents = agents
        self._contexts = contexts
        self._journal = journal
        self._not_before: dict[str, int] = {}
        """By row key: when a timer is tried again that failed; the next one first."""
        self._told: Counter[tuple[str, str]] = Counter()
        """Timers that failed, by agent and kind."""
        self._first = ""
        """Before this key are timers that failed alone. A store keeps traces of what was deleted
        for long, and a look that began before them all would walk over every timer there was."""

    def set(self, agent: str, kind: str, key: str, due_ms: int) -> None:
        """Keep a timer.

        Raises:
            TopologyError: the agent has no handler of that kind.
        """
        if kind not in self._agents[agent].timers:
            raise TopologyError(
                f"agent {agent!r} sets timers {kind!r} but has no handler for them:"
                " add one to its `timers`"
            )
        row_key = timer_key(due_ms, agent, kind, key)
        self._first = min(self._first, row_key)
        self._rows[row_key] = True

    def cancel(self, agent: str, kind: str, key: str, due_ms: int) -> None:
        """Forget a timer."""
        del self._rows[timer_key(due_ms, agent, kind, key)]

    def due(self, now_ms: int) -> list[str]:
        """Row keys of timers to fire at now_ms, at most TIMERS_A_TICK_MAX.

        Call it with nothing to undo: what it finds to be gone must not come back by itself.
        """
        end = f"{now_ms + 1:0{_DUE_DIGITS}d}"
        return sorted(self._again(now_ms, end) + self._fresh(end))[:TIMERS_A_TICK_MAX]

    def _again(self, now_ms: int, end: str) -> list[str]:
        """Timers that failed a minute ago, in the order in which they did."""
        found = []
        for key, at_ms in list(islice(self._not_before.items(), TIMERS_A_TICK_MAX)):
            # A wait longer than that is one of before the clock was set back.
            if 0 < at_ms - now_ms <= RETRY_MS:
                break
            if self._rows.get(key) is None:
                del self._not_before[key]  # It was cancelled meanwhile.
            elif key < end:
                found.append(key)
        return found

    def _fresh(self, end: str) -> list[str]:
        """Timers that did not fail; those before them that did are not read again."""
        first, fresh, is_more = self._first, list[str](), True
        while is_more and len(fresh) < TIMERS_A_TICK_MAX:
            page = [key for key, _ in self._rows.scan(first, end, TIMERS_A_TICK_MAX)]
            fresh += [key for key in page if key not in self._not_before]
            is_more = len(page) == TIMERS_A_TICK_MAX
            first = page[-1] + "\0" if page else end
        self._first = fresh[0] if fresh else max(self._first, end)
        return fresh

    def fire(self, row_key: str, now_ms: int, stats: Stats) -> bool:
        """Call a timer's handler; False when it raised and all it did has to be undone."""
        agent, timer = split_timer_key(row_key)
        if row_key in self._rows.dirty and self._rows.get(row_key) is None:
            return True  # Cancelled by a timer that fired in the same tick.
        del self._rows[row_key]
        try:
            if agent not in self._agents or timer.kind not in self._agents[agent].timers:
                raise BadRecord("another version set it: this one has no handler for it")  # noqa: TRY301 - as if one had raised
            self._agents[agent].timers[timer.kind](self._contexts[agent], timer, now_ms)
            for table, key, _, _ in self._journal:
                table.check(key)
        except Exception as exc:
            if ends_the_worker(exc):
                raise
            self._failed(row_key, agent, timer, exc, now_ms)
            stats.count_failed_timer(agent, timer.kind)
            return False
        self._not_before.pop(row_key, None)
        stats.count_timer(agent, timer.kind)
        return True

    def _failed(self, row_key: str, agent: str, timer: Timer, exc: Exception, now_ms: int) -> None:
        if self._not_before.pop(row_key, None) is None:
            self._told[agent, timer.kind] += 1
            if is_told(self._told[agent, timer.kind]):
                LOG.error(
                    "%s: timer %s of %r failed and is tried again every %d s: %s",
                    agent, timer.kind, timer.key, RETRY_MS // 1000, blamed(exc),
                )  # fmt: skip
        self._not_before[row_key] = now_ms + RETRY_MS


class Ticks:
    """Calls agents that want to be called every so often, in one lane.

    One that raises is told of once and called again at its next tick; the others go on.
    """

    def __init__(
        self,
        agents: Iterable[AgentSpec],
        contexts: Mapping[str, Context],
        journal: list[JournalEntry],
    ) -> None:
        self._calls = {
            spec.name: (spec.tick, spec.tick_every_ms) for spec in agents if spec.tick is not None
        }
        self._contexts = contexts
        self._journal = journal
        self._last_ms: dict[str, int] = {}
        self._failing: set[str] = set()

    def due(self, now_ms: int) -> list[str]:
        """Agents whose last tick is long enough ago.

        One that lies ahead does not count: the clock was set back.
        """
        return [
            agent
            for agent, (_, every_ms) in self._calls.items()
            if not 0 <= now_ms - self._last_ms.get(agent, 0) < every_ms
        ]

    def fire(self, agent: str, now_ms: int, stats: Stats) -> bool:
        """Call an agent's handler; False when it raised and all it did has to be undone."""
        self._last_ms[agent] = now_ms
        try:
            self._calls[agent][0](self._contexts[agent], now_ms)
            for table, key, _, _ in self._journal:
                table.check(key)
        except Exception as exc:
            if ends_the_worker(exc):
                raise
            self._failed(agent, exc)
            stats.count_failed_timer(agent, "tick")
            return False
        self._failing.discard(agent)
        return True

    def _failed(self, agent: str, exc: Exception) -> None:
        if agent not in self._failing:
            LOG.error("%s: its tick failed and is called again each time: %s", agent, blamed(exc))
        self._failing.add(agent)
