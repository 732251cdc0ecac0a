"""What `faust -A app erase` says of an erasure."""

from typing import Any

import pytest

from commands.erase import _told


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (None, "asked for; `faust -A app tables get erasures cus_1` tells how far it is"),
        ({"erased_at_ms": 1, "rows": 7}, "erased: 7 rows"),
        ({"erased_at_ms": 1}, "erased: 0 rows: no table knows anything of 'cus_1', or no more"),
        ({"next_ms": 1, "rows": 7}, "7 rows erased; looked through once more in a minute"),
        ({"next_ms": 1, "open": 2}, "0 rows erased; 2 orders or subscriptions are open"),
    ],
)
def test_how_far_an_erasure_is(row: dict[str, Any] | None, said: str) -> None:
    assert _told("cus_1", row).startswith(said)
