"""The model that is taken when none is named."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from rnngen.errors import CheckpointError
from rnngen.files import replace_file
from rnngen.runs.find import find_model, model_files
from rnngen.runs.header import is_finished
from rnngen.runs.places import DEFAULT, MODEL_FILE, home, is_shipped, places

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = "RNNGEN_MODEL"
DEFAULT_FILE = ".default"
"""Under `home()`: the name that `set_default` was given."""


class Chosen(NamedTuple):
    name: str
    reason: str
    """Why it was taken, to stand behind "using NAME,"."""


def choose_model() -> Chosen:
    """`$RNNGEN_MODEL`, else the default that was set, the newest finished one, or the shipped one.

    Raises CheckpointError if there is none, or the default is gone.
    """
    if name := os.environ.get(ENVIRONMENT):
        return Chosen(name, f"as {ENVIRONMENT} says")
    if name := default_model():
        _check_default(name)
        return Chosen(name, "your default")
    own = [(name, file) for name, file in model_files().items() if not is_shipped(file)]
    for number, (name, file) in enumerate(own):
        if is_finished(file.parent):
            return Chosen(name, "the newest that is finished" if number else "the newest")
    find_model(DEFAULT)
    unfinished = f", as {own[0][0]} is not finished" if own else ""
    return Chosen(DEFAULT, f"which comes with rnngen{unfinished}")


def default_model() -> str | None:
    """The name that `set_default` was given last, None if there is none."""
    try:
        return os.fsdecode(_default_file().read_bytes()).strip() or None
    except FileNotFoundError:
        return None


def set_default(name: str) -> None:
    """Take the model `name` where none is named, under this home of runs.

    Raises CheckpointError if there is no such model, FileError if it cannot be noted.
    """
    file = find_model(name)
    is_name = file in [place / name / MODEL_FILE for place in places()]
    kept = name if is_name else str(file.absolute())
    home().mkdir(parents=True, exist_ok=True)
    replace_file(_default_file(), os.fsencode(kept) + b"\n")


def unset_default() -> None:
    """Take what was taken before `set_default`."""
    _default_file().unlink(missing_ok=True)


def _check_default(name: str) -> None:
    try:
        find_model(name)
    except CheckpointError as error:
        raise CheckpointError(
            f"the default model {name!r} is gone. Set another with: rnngen models default NAME,"
            " or none with: rnngen models default --unset"
        ) from error


def _default_file() -> Path:
    return home() / DEFAULT_FILE
