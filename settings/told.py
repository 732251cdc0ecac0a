"""What whoever starts a program is told of settings that are wrong, or that are none."""

import dataclasses
import json
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Final

from pydantic import ValidationError
from pydantic_settings import SettingsError

from settings.model import Settings
from settings.names import PREFIX, nearest

_AS_JSON: Final = 'expected JSON, such as ["..."] or {"...": "..."}'
_OF_SEVERAL: Final = frozenset({"dict", "frozen_set", "list", "mapping", "set", "tuple"})
"""The library's names of what it misses."""


def settings_or_exit() -> Settings:
    """The environment's settings; a wrong one ends the program with a line that names it.

    A name that is none of them is told on standard error, and left aside.
    """
    try:
        found = Settings()
    except ValidationError as error:
        raise SystemExit("\n".join(_complaints(error))) from None
    except SettingsError as error:
        raise SystemExit(_not_json(error)) from None
    except RuntimeError:  # As of Path.expanduser.
        raise SystemExit("error: set FLOWMART_DATA_DIR: this user has no home directory") from None
    for line in strangers(os.environ):
        told = (
            json.dumps({"level": "warning", "event": line}) if found.log_format == "json" else line
        )
        sys.stderr.write(told + "\n")
    return found


def strangers(names: Iterable[str]) -> Iterator[str]:
    """A line for each name with our prefix that is no setting, with the nearest that is one."""
    known = [name.upper() for name in _flat()]
    for name in sorted(name for name in names if name.upper().startswith(PREFIX)):
        bare = name.upper().removeprefix(PREFIX)
        if bare.partition("__")[0].lower() not in Settings.model_fields:
            yield f"warning: {name} is no setting{nearest(bare, known, PREFIX)}"


def _flat() -> Iterator[str]:
    """Every setting's name, and those of single figures of rules."""
    for name, field in Settings.model_fields.items():
        yield name
        if dataclasses.is_dataclass(field.annotation):
            yield from (f"{name}__{each.name}" for each in dataclasses.fields(field.annotation))


def _complaints(error: ValidationError) -> Iterator[str]:
    """One line each, without the values: they may be secrets."""
    for found in error.errors():
        name = PREFIX + "__".join(map(str, found["loc"])).upper()
        what = found["msg"].removeprefix("Value error, ")
        if found["type"].removesuffix("_type") in _OF_SEVERAL:
            what = _AS_JSON
        yield f"error: {name}: {what}" if found["loc"] else f"error: {what}"


def _not_json(error: SettingsError) -> str:
    """The line for a setting that had to be JSON; the library names it in its words only."""
    name = str(error).partition('"')[2].partition('"')[0]
    return f"error: FLOWMART_{name.upper()}: {_AS_JSON}"
