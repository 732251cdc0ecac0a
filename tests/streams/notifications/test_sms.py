"""Lengths of SMS: GSM-7 and UCS-2, parts, and how a text is cut (G-35)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.notifications.sms import fitted, is_gsm_7, parts

LINK = "https://flowmart.example/o/ord_1"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("é" * 160, 1),
        ("€" * 80, 1),  # counts twice
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # an extension character is never split
        ("я" * 70, 1),
        ("я" * 71, 2),
        ("я" * 134, 2),
        ("я" * 135, 3),
        ("😀" * 35, 1),  # two UTF-16 units each
        ("😀" * 36, 2),
    ],
)
def test_a_text_takes_so_many_parts(text: str, count: int) -> None:
    assert parts(text) == count


def test_one_character_makes_a_text_ucs_2() -> None:
    assert is_gsm_7("Grüße {€}")
    assert not is_gsm_7("Grüße ✓")


def test_a_text_that_fits_stays_as_it_is() -> None:
    assert fitted("a" * 459, 3, LINK) == "a" * 459


@settings(max_examples=60)
@given(st.text(min_size=1, max_size=800))
def test_a_text_that_was_cut_fits_and_ends_in_the_link(text: str) -> None:
    cut = fitted(text, 3, LINK)

    assert parts(cut) <= 3
    assert cut == text or cut.endswith(f"... {LINK}")
