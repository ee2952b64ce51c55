"""What a run is made from, before it begins: its text and its settings, each with a reason."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from rnngen.console import note, one_line, shown_value
from rnngen.console.spelling import as_options
from rnngen.counts import count

if TYPE_CHECKING:
    from rnngen.training.recipe import Recipe


def show_corpus(facts: dict[str, Any]) -> None:
    """What will be trained on."""
    pieces = "one continuous text"
    if facts["documents"] != "none":
        pieces = count(facts["num_documents"], "document")
    names = one_line(", ".join(facts["names"])) or "the text"
    _note_wrapped(
        f"{names}: {count(facts['bytes'], 'byte')}, {count(facts['tokens'], 'token')}, {pieces}; "
        f"{count(facts['held_out_tokens'], 'token')} held out"
    )
    if facts["bytes_reason"]:
        _note_wrapped(f"bytes: {facts['bytes_reason']}")
    reason = facts["documents_reason"]
    asked = reason == "as asked"
    _note_wrapped(f"documents: {'one a ' + facts['documents'] + ', as asked' if asked else reason}")


def _note_wrapped(line: str) -> None:
    """A line that a terminal shows without a word broken; elsewhere it stays one line."""
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns
        line = textwrap.fill(line, width, subsequent_indent="  ", break_on_hyphens=False)
    note(line)


def show_recipe(recipe: Recipe) -> None:
    """The settings of a run, one a line, each with its reason."""
    settings = recipe.model.to_dict() | recipe.train.to_dict()
    width = max(map(len, recipe.reasons))
    for name, reason in recipe.reasons.items():
        note(f"  {name:<{width}}  {shown_value(settings[name]):>7}  {as_options(reason)}")
