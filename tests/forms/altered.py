"""Human haiku as other people would have typed them: figures, contractions, other apostrophes.

Every change keeps how a line is read aloud, so each text has the form as much as before.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from rnngen.forms.language.letters import APOSTROPHES

Alter = Callable[[str, random.Random], str]
_SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_FIGURES = {word: str(n) for n, word in enumerate(_SMALL)} | {
    "eleven": "11",
    "twelve": "12",
    "twenty": "20",
    "thirty": "30",
    "fifty": "50",
    "first": "1st",
    "second": "2nd",
    "third": "3rd",
}
_SIGNS = {"and": "&", "at": "@", "percent": "%", "mister": "Mr.", "doctor": "Dr.", "okay": "OK"}
_BRITISH = {"color": "colour", "gray": "grey", "neighbor": "neighbour", "harbor": "harbour"}


def figures(text: str, choose: random.Random) -> str:
    """twelve -> 12, third -> 3rd."""
    return _words(text, _FIGURES)


def signs(text: str, choose: random.Random) -> str:
    """and -> &, at -> @."""
    return _words(text, _SIGNS)


def british(text: str, choose: random.Random) -> str:
    """color -> colour, in any form of the word."""
    for here, there in _BRITISH.items():
        text = text.replace(here, there)
    return text


def apostrophes(text: str, choose: random.Random) -> str:
    return text.replace("'", choose.choice(APOSTROPHES))


def capitals(text: str, choose: random.Random) -> str:
    return choose.choice([str.upper, str.title, str.capitalize])(text)


def styled(text: str, choose: random.Random) -> str:
    """Letters of the mathematical alphabets."""
    first = choose.choice([0x1D41A, 0x1D5EE, 0x1D68A])
    return "".join(chr(first + ord(c) - 97) if "a" <= c <= "z" else c for c in text)


def hyphenated(text: str, choose: random.Random) -> str:
    """Soft hyphens in the middle of long words."""
    return re.sub(r"\b([a-z]{3})([a-z]{3,})\b", "\\1\u00ad\\2", text)


def layout(text: str, choose: random.Random) -> str:
    lines = text.split("\n")
    numbered = "\n".join(f"{n}. {line}" for n, line in enumerate(lines, 1))
    return choose.choice(
        [*(end.join(lines) for end in (" / ", "<br>", "\u2028", "\r\n")), numbered]
    )


def dropped(text: str, choose: random.Random) -> str:
    """running -> runnin'."""
    return re.sub(r"\b([a-z]{2,}[a-z])ing\b", r"\1in'", text)


ALTERATIONS: tuple[Alter, ...] = (
    *(figures, signs, british, apostrophes, capitals, styled, hyphenated, layout, dropped),
)


def altered(haiku: list[str], size: int, seed: int) -> list[tuple[str, str]]:
    """(before, after) of `size` texts, each changed in one or two ways that change it at all."""
    choose = random.Random(seed)
    found: list[tuple[str, str]] = []
    order = choose.sample(haiku, len(haiku))
    for place, text in enumerate(order):
        alter = ALTERATIONS[place % len(ALTERATIONS)]
        after = alter(text, choose)
        if after != text and len(found) < size:
            second = choose.choice([figures, apostrophes, hyphenated])
            found.append((text, second(after, choose) if alter is not layout else after))
    return found


def _words(text: str, table: dict[str, str]) -> str:
    return re.sub(r"[a-z]+", lambda match: table.get(match[0], match[0]), text)
