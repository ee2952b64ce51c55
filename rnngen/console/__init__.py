"""What people see: notes, progress and results on stderr. stdout belongs to the product.

Rich is imported when a terminal is there to show it; into files and pipes go plain lines.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rnngen.training.recipe import Recipe


JOINERS = "\u3000\u00a0\u200c\u200d"
"""Characters that Python escapes and that break no line."""
UNUSUAL_LINE_ENDS = re.compile("[\u0085\u2028\u2029]")


def is_first_process() -> bool:
    """Whether this process speaks for all that torchrun started, or is alone."""
    return os.environ.get("RANK", "0") == "0"


def note(message: str) -> None:
    """One line for the person at the terminal."""
    print(message, file=sys.stderr, flush=True)


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
    """The facts as JSON in one line, also for readers that end lines at U+2028 and the like."""
    import json

    text = json.dumps(facts, ensure_ascii=False)
    return UNUSUAL_LINE_ENDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def table(facts: dict[str, Any]) -> str:
    """Facts as aligned lines; nested ones are indented by their key."""
    flat = {
        f"{key}.{inner}" if inner else key: value
        for key, outer in facts.items()
        for inner, value in (outer.items() if isinstance(outer, dict) else [("", outer)])
    }
    width = max(map(len, flat))
    return "\n".join(f"{key:<{width}}  {_value(value)}" for key, value in flat.items())


@contextmanager
def counting(what: str, unit: str, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A function to call with a growing count; on a terminal the count is seen moving."""
    if quiet or not sys.stderr.isatty():
        yield lambda count: None
        return
    yield lambda count: print(f"\r{what}: {count:,} {unit}", end="", file=sys.stderr, flush=True)
    print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def show_corpus(facts: dict[str, Any]) -> None:
    """What will be trained on."""
    pieces = "one continuous text"
    if facts["documents"] != "none":
        pieces = f"{facts['num_documents']:,} documents, one a {facts['documents']}"
    names = one_line(", ".join(facts["names"]))
    note(
        f"{names}: {facts['bytes']:,} bytes, {facts['tokens']:,} tokens, {pieces}; "
        f"{facts['held_out_tokens']:,} tokens held out"
    )
    note(f"documents: {facts['documents_reason']}")


def show_recipe(recipe: Recipe) -> None:
    """The settings of a run, one a line, each with its reason."""
    settings = recipe.model.to_dict() | recipe.train.to_dict()
    width = max(map(len, recipe.reasons))
    from rnngen.console.spelling import as_options

    for name, reason in recipe.reasons.items():
        note(f"  {name:<{width}}  {_value(settings[name]):>7}  {as_options(reason)}")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
