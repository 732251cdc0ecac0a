"""Every message that an agent writes is read back, and compared with what is remembered of it."""

from typing import Any

import pytest

import events
from events.memo import Memo


@pytest.fixture(autouse=True)
def remembered_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A memo that reads what it is to remember."""
    keep = Memo.keep

    def checked(memo: Memo, raw: bytes, envelope: events.Envelope[Any]) -> None:
        assert events.decode(raw, record_timestamp_ms=0) == envelope
        keep(memo, raw, envelope)

    monkeypatch.setattr(Memo, "keep", checked)
