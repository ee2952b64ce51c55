"""Characters that steer what shows them: a terminal, a page, a report."""

from __future__ import annotations

import re

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What a terminal obeys: C0 (escape, carriage return, ...) but newline and tab, DEL and C1, and
the characters that turn the direction of text, so that it reads as it is not."""
LINE_ENDS = re.compile("[\n\u2028\u2029]")


def visible(text: str) -> str:
    r"""`text` with what would steer a terminal as Python writes it: \x1b, \r, \u202e.

    >>> visible("old\x1b[2J pond\n")
    'old\\x1b[2J pond\n'
    """
    return CONTROLS.sub(lambda found: repr(found[0])[1:-1], text)


def title(text: str) -> str:
    """`text` in one line that shows what it holds, for a heading or a label."""
    return visible(LINE_ENDS.sub(" ", text))
