"""What is personal is emptied, what is not stays."""

from typing import Any

import msgspec
import pytest

from app import agents_of
from settings import Settings
from streams.addresses import PostalAddress
from streams.erasure.blanking import blanked
from streams.fraud.profile import Attempt, RiskProfile
from streams.fraud.profile import Place as Spot


class Door(msgspec.Struct, frozen=True):
    place: PostalAddress
    codes: tuple[str, ...]
    steps: int
    note: str | None = None
    kind: str = "house"


class Street(msgspec.Struct, frozen=True):
    doors: tuple[Door, ...]


HOME = PostalAddress("1 Main St", "Chicago", "US", state="IL")
DOOR = Door(HOME, ("1234",), 3, "ring twice", "flat")


@pytest.mark.parametrize(
    ("paths", "left"),
    [
        ((), DOOR),
        (("note",), Door(HOME, ("1234",), 3, None, "flat")),
        (("kind",), Door(HOME, ("1234",), 3, "ring twice", "house")),
        (("codes", "steps"), Door(HOME, (), 0, "ring twice", "flat")),
        (("place",), Door(PostalAddress("", "", "US"), ("1234",), 3, "ring twice", "flat")),
        (("place.state",), Door(PostalAddress("1 Main St", "Chicago", "US"), ("1234",), 3,
                                "ring twice", "flat")),
    ],
)  # fmt: skip
def test_a_field_goes_back_to_its_default_or_to_nothing(paths: tuple[str, ...], left: Door) -> None:
    assert blanked(DOOR, paths) == left


def test_lists_are_gone_through() -> None:
    street = Street((DOOR, DOOR))

    assert [door.place.line1 for door in blanked(street, ("doors.place",)).doors] == ["", ""]


def test_what_is_empty_already_is_the_very_same_row() -> None:
    once = blanked(Street((DOOR,)), ("doors.place", "doors.note"))

    assert blanked(once, ("doors.place", "doors.note")) is once
    assert blanked(RiskProfile(orders=2), ("attempts", "devices", "place")) == RiskProfile(orders=2)


def test_a_risk_profile_keeps_its_figures() -> None:
    known = RiskProfile(
        (Attempt("pay_1", 1, 2, 3),), ("phone",), 7, 100, Spot(1, 2, 3), ("chb_1",), "pay_1"
    )

    left = blanked(known, ("attempts", "devices", "place"))

    assert left == RiskProfile(orders=7, approved_minor=100, chargebacks=("chb_1",),
                               suspended_by="pay_1")  # fmt: skip


def _tables() -> list[Any]:
    agents, _ = agents_of(Settings())
    return [table for agent in agents for table in agent.tables if table.mask]


@pytest.mark.parametrize("table", _tables(), ids=lambda table: table.name)
def test_every_path_that_views_mask_leads_to_a_field(table: Any) -> None:
    """A path that led nowhere would erase nothing."""
    for path in table.mask:
        kind: Any = table.row
        for name in path.split("."):
            found = {f.name: f.type for f in msgspec.structs.fields(kind)}
            assert name in found, f"{table.name}: {path}"
            kind = _struct_in(found[name])


def _struct_in(kind: Any) -> Any:
    """The struct that a field's type is, may be, or is a list of."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    inner = [_struct_in(one) for one in getattr(kind, "__args__", ())]
    return next((one for one in inner if one is not None), None)
