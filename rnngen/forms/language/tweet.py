"""How long a text is as Twitter counts: version 3 of its published rules, as weights.

After NFC, a character weighs 1 in U+0000-10FF, 2000-200D, 2010-201F and 2032-2037, else 2; an emoji
weighs 2 however many code points it is made of; an address weighs 23.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from rnngen.forms.language.addresses import addresses

LIMIT = 280
URL_WEIGHT = 23

_LIGHT = ((0x0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
_PICTURE = (
    "[\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f004-\U0001faff]"
)
_EMOJI = re.compile(
    "[0-9#*]\ufe0f?\u20e3"  # keycaps
    "|[\U0001f1e6-\U0001f1ff]{2}"  # flags
    "|\U0001f3f4[\U000e0061-\U000e007a]+\U000e007f"  # flags of England, Scotland and Wales
    f"|{_PICTURE}\ufe0f?[\U0001f3fb-\U0001f3ff]?"
    f"(?:\u200d{_PICTURE}\ufe0f?[\U0001f3fb-\U0001f3ff]?)*"
    "|[\u00a9\u00ae]\ufe0f?"
)


def weight(text: str) -> int:
    """The weighted length of a whole text; it fits a tweet up to `LIMIT`.

    >>> weight("see example.com"), weight("日本"), weight("🤷‍♂️")
    (27, 4, 2)
    """
    text = re.sub(r"\r\n?", "\n", unicodedata.normalize("NFC", text))
    units = [(first, stop, URL_WEIGHT) for first, stop in addresses(text)]
    units += [(*found.span(), 2) for found in _EMOJI.finditer(text)]
    total = place = 0
    for first, stop, weighs in sorted(units, key=lambda unit: (unit[0], -unit[2])):
        if first >= place:  # one that begins inside another is part of it
            total += _weight_of(text[place:first]) + weighs
            place = stop
    return total + _weight_of(text[place:])


def most(char: str) -> int:
    """What one more character can add at most, whatever stands around it, if no address is made."""
    if char in "\u00a9\u00ae":
        return 2
    return _weight_of(unicodedata.normalize("NFC", char))


def _weight_of(text: str) -> int:
    return sum(_weigh(char) * count for char, count in Counter(text).items())


def _weigh(char: str) -> int:
    return 1 if any(low <= ord(char) <= high for low, high in _LIGHT) else 2
