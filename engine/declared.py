"""What agents declare and could not work is refused before anything starts, with what to write.

Each of these mistakes would say nothing while it runs: a handler that is never awaited, a type
that nobody sends, a row that is changed where no commit sees it.
"""

import inspect
from collections.abc import Callable, Hashable, Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any, cast, get_origin

import msgspec

from engine.errors import TopologyError
from engine.specs import AgentSpec, EffectSpec, TableSpec, TopicSpec


def check_declared(agents: Iterable[AgentSpec], effects: Iterable[EffectSpec]) -> None:
    """Look at each agent's handlers and tables.

    Raises:
        TopologyError: names the agent or the table, and what to write instead.
    """
    for agent in agents:
        for source in agent.sources:
            _check_types(agent.name, source.topic, source.handlers)
            _check_handlers(agent.name, source.handlers.values())
        _check_handlers(agent.name, agent.timers.values())
        _check_handlers(agent.name, [agent.tick] if agent.tick else [])
        for table in agent.tables:
            _check_row(table)
    for effect in effects:
        _check_types(effect.name, effect.topic, effect.effects)


def _check_types(agent: str, topic: TopicSpec, wanted: Iterable[str]) -> None:
    known = [event.__name__ for event in topic.events]
    for name in wanted:
        if known and name not in known:
            near = get_close_matches(name, known, 1)
            raise TopologyError(
                f"agent {agent!r} handles {name!r}, which topic {topic.name} has not among its"
                f" events{f': is it {near[0]!r}?' if near else ''}"
            )


def _check_handlers(agent: str, handlers: Iterable[Callable[..., Any]]) -> None:
    for handler in handlers:
        if (
            inspect.iscoroutinefunction(handler)
            or inspect.isgeneratorfunction(handler)
            or inspect.isasyncgenfunction(handler)
        ):
            name = getattr(handler, "__name__", handler)
            raise TopologyError(
                f"agent {agent!r}: {name} is called and never awaited or iterated:"
                " write a plain `def` that publishes with `ctx.publish`; what has to await a"
                " service outside is an EffectSpec"
            )


def _check_row(table: TableSpec[Any]) -> None:
    flaw = _flaw(cast("Hashable", table.row))
    if flaw is not None:
        raise TopologyError(f"rows of table {table.name!r} {flaw}")


@cache
def _flaw(row: Any) -> str | None:
    """Say why values of that type cannot be rows; None: they can."""
    kind = get_origin(row) or row
    name = getattr(kind, "__name__", kind)
    if isinstance(kind, type) and _is_mutable(kind):
        return (
            f"can be changed in place ({name}), where no commit sees it and nothing undoes it:"
            " declare a frozen Struct or a tuple, and put a new row in its place"
        )
    try:
        msgspec.json.schema(row)
    except TypeError:
        return f"cannot be written as JSON: {name} is, or holds, what msgspec does not know"
    return None


def _is_mutable(kind: type[Any]) -> bool:
    if issubclass(kind, msgspec.Struct):
        return not kind.__struct_config__.frozen
    params: Any = getattr(kind, "__dataclass_params__", None)
    if params is not None:
        return not params.frozen
    return issubclass(kind, (list, dict, set, bytearray))
