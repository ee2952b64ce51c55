"""A text coloured by how much it surprises a model."""

from __future__ import annotations

import math
import os
import sys
from bisect import bisect
from typing import TYPE_CHECKING

from rnngen.console import terminal
from rnngen.controls import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rnngen.score import TokenScore

BITS = (1, 2, 4, 8)
"""Where one colour of surprise ends and the next begins."""
COLOURS = ("", *(f"color(16) on color({c})" for c in (230, 222, 215, 209)))
END_MARK, LINE_MARK = "\u220e", "\u21b5"
CONTROLS = {i: 0x2400 + i for i in range(32) if chr(i) not in "\n\t"}
"""Control characters as pictures: in a coloured text they would steer the terminal."""
TOKENS_PER_PRINT = 1000


def shows_colour() -> bool:
    """Whether stdout is a terminal that may show colours (see no-color.org)."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


def show_surprise(tokens: Iterable[TokenScore]) -> None:
    """Texts on stdout, their characters coloured by the bits of surprise in them.

    A character of several tokens has the sum of theirs.
    """
    from rich.console import Console
    from rich.text import Text

    screen, text, bits = Console(highlight=False), Text("bits: "), 0.0

    def show(text: Text, end: str = "") -> None:
        with terminal.written(ends_line=bool(end) or text.plain.endswith("\n")):
            screen.print(text, end=end, soft_wrap=True)

    for name, colour in zip(("under 1", *(f"{b} and more" for b in BITS)), COLOURS, strict=True):
        text.append(f" {name} ", colour).append(" ")
    text.append(f" end {END_MARK}\n")
    line_ended = True
    for count, token in enumerate(tokens, 1):
        bits += token.nats / math.log(2)
        if token.text or token.ends:
            shown = visible(token.text.replace("\n", f"{LINE_MARK}\n").translate(CONTROLS))
            text.append(shown or END_MARK, COLOURS[bisect(BITS, bits)])
            text.append("\n" if token.ends else "")
            bits, line_ended = 0.0, token.ends or shown.endswith("\n")
        if count % TOKENS_PER_PRINT == 0:
            show(text)
            text = Text()
    show(text, end="" if line_ended else "\n")
