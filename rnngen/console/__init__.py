"""What people see: notes, progress and results on stderr. stdout belongs to the product.

Rich is imported when a terminal is there to show it; into files and pipes go plain lines.
"""

from __future__ import annotations

import os
import re
from typing import Any

from rnngen.console.terminal import end_line, put, say
from rnngen.controls import visible

__all__ = ["end_line", "put", "visible"]

JOINERS = "\u3000\u00a0\u200c\u200d"
"""Characters that Python escapes and that break no line."""
UNUSUAL = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What JSON may hold as it is, but ends a line for some readers or steers a terminal."""


def is_first_process() -> bool:
    """Whether this process speaks for all that torchrun started, or is alone."""
    return os.environ.get("RANK", "0") == "0"


def note(message: str) -> None:
    """One line for the person at the terminal."""
    say(message)


def translated_note(message: str) -> None:
    """One line that the library says, with its settings as options."""
    from rnngen.console.spelling import as_options

    note(as_options(message))


def remark(message: str) -> None:
    """One line that the person should know and need not act on."""
    note(f"rnngen: note: {one_line(message)}")


def error(message: str) -> None:
    """What went wrong, in one line."""
    note(f"rnngen: {one_line(message.strip())}")


def one_line(text: str) -> str:
    r"""`text` with what would break or hide in a line written as Python does: \t, \n, \x1b."""
    return "".join(
        char if char.isprintable() or char in JOINERS else repr(char)[1:-1] for char in text
    )


def wrap(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` characters; an indent is that of all lines."""
    import textwrap

    indent = " " * (len(text) - len(text.lstrip()))
    return textwrap.wrap(text, width, subsequent_indent=indent)


def to_json(facts: dict[str, Any]) -> str:
    """The facts as JSON in one line, also for readers that end lines at U+2028 and the like.

    Characters that steer a terminal are escaped, which changes nothing that is read from it.
    """
    import json

    text = json.dumps(facts, ensure_ascii=False)
    return UNUSUAL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def table(facts: dict[str, Any]) -> str:
    """Facts as aligned lines; nested ones are indented by their key."""
    flat = {
        f"{key}.{inner}" if inner else key: value
        for key, outer in facts.items()
        for inner, value in (outer.items() if isinstance(outer, dict) else [("", outer)])
    }
    width = max(map(len, flat))
    return "\n".join(f"{key:<{width}}  {shown_value(value)}" for key, value in flat.items())


def clock(seconds: float) -> str:
    """A time as a clock shows it.

    >>> clock(3725)
    '1:02:05'
    """
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def shown_value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return one_line(", ".join(map(str, value)))
    return f"{value:g}" if isinstance(value, float) else one_line(str(value))
