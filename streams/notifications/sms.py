"""Texts of SMS: how many parts they take, and how they are cut (G-35).

GSM-7 takes 160 characters, or 153 a part of several; its extension characters count twice.
Any other character makes the whole text UCS-2: 70, or 67 a part, in UTF-16 units.
"""

from typing import Final

GSM_7: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_7_TWICE: Final = frozenset("^{}\\[~]|€\f")

_GSM_7_LENGTHS: Final = (160, 153)
_UCS_2_LENGTHS: Final = (70, 67)


def is_gsm_7(text: str) -> bool:
    """Whether every character is GSM-7's."""
    return all(char in GSM_7 or char in GSM_7_TWICE for char in text)


def parts(text: str) -> int:
    """How many parts a text takes; a character is never split over two."""
    gsm_7 = is_gsm_7(text)
    single, several = _GSM_7_LENGTHS if gsm_7 else _UCS_2_LENGTHS
    widths = [_width(char, gsm_7=gsm_7) for char in text]
    if sum(widths) <= single:
        return 1
    count, room = 1, several
    for width in widths:
        if width > room:
            count, room = count + 1, several
        room -= width
    return count


def fitted(text: str, parts_max: int, link: str) -> str:
    """The text if it takes at most so many parts, else as much of it as fits before the link."""
    if parts(text) <= parts_max:
        return text
    tail = f"... {link}"
    low, high = 0, len(text)
    while low < high:  # The longest head that fits: parts never fall as a text grows.
        middle = (low + high + 1) // 2
        if parts(text[:middle] + tail) <= parts_max:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + tail


def _width(char: str, *, gsm_7: bool) -> int:
    if gsm_7:
        return 2 if char in GSM_7_TWICE else 1
    return 2 if ord(char) > 0xFFFF else 1  # noqa: PLR2004 - UTF-16 takes two units from there on
