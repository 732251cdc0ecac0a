"""The list: which rows there are, and how much of each a dose holds."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal

from faults.broker_gone import broker_gone
from faults.kills import kills
from faults.logs import logs
from faults.members import members
from faults.nodes import ROLES, nodes
from faults.poison import poison
from faults.races import races
from faults.scene import Result
from faults.slow import slow
from faults.soak import soak
from faults.stores import stores
from faults.zombies import zombies

Dose = Literal["tiny", "small", "full"]

ROWS: Final[Mapping[str, Callable[..., Awaitable[Result]]]] = {
    "kills": kills,
    "members": members,
    "zombies": zombies,
    "broker_gone": broker_gone,
    "nodes": nodes,
    "races": races,
    "stores": stores,
    "poison": poison,
    "slow": slow,
    "logs": logs,
    "soak": soak,
}
"""In the order of the list."""


ROUND: Final = (*(f"kill {role}" for role in ROLES), "roll", "elect")
"""Of three nodes each role is lost once, then all are renewed one by one."""

DOSES: Final[Mapping[Dose, Mapping[str, Mapping[str, Any]]]] = {
    # What runs inside `make test`, beside the deterministic tests and without measuring speed.
    "tiny": {
        "kills": {"kills": 6},
        "members": {"cycles": 4, "restarts": 1, "step_s": 3.0},
        "zombies": {"freezes": 1},
        "broker_gone": {"kills": 1, "freezes_s": ()},
        "nodes": {"steps": ("kill leader",)},
        "races": {"rounds": 1, "tests": False},
        "stores": {"damages": 3},
        "poison": {"count": 2_000},
        "slow": {"backlog": 30_000},
        "logs": {},
        "soak": {"seconds": 15, "rate": 10.0, "kill_every_s": 5.0},
    },
    # Minutes.
    "small": {
        "kills": {"kills": 18},
        "members": {"cycles": 8, "restarts": 3},
        "zombies": {"freezes": 3},
        "broker_gone": {"kills": 2, "freezes_s": (5.0,)},
        "nodes": {"steps": (*ROUND, "freeze leader 5")},
        "races": {"rounds": 1},
        "stores": {"damages": 6},
        "poison": {"count": 4_000},
        "slow": {"backlog": 40_000},
        "logs": {},
        "soak": {"seconds": 60, "rate": 25.0, "kill_every_s": 15.0},
    },
    # The whole list.
    "full": {
        "kills": {"kills": 100},
        "members": {"cycles": 60, "restarts": 9},
        "zombies": {"freezes": 20},
        "broker_gone": {"kills": 10, "freezes_s": (5.0, 15.0, 70.0)},
        "nodes": {
            "steps": (
                *ROUND * 2,
                *(f"freeze {role} {seconds}" for seconds in (5, 20) for role in ROLES),
            )
        },
        "races": {"rounds": 5},
        "stores": {"damages": 30},
        "poison": {"count": 20_000},
        "slow": {"backlog": 40_000},
        "logs": {},
        "soak": {"seconds": 1_800, "rate": 200.0, "kill_every_s": 60.0, "sent": False},
    },
}
