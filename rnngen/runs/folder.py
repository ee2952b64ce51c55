"""The folder of a run while something is written into it.

What stands there is replaced, never taken away first: a model by a model, a state by a state. So
nothing is lost if the disk is full, or if a new run fails before it has saved anything.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from rnngen.errors import CheckpointError
from rnngen.files import hold_lock, remove_leftovers
from rnngen.runs.places import (
    LOCK_FILE,
    LOG_FILE,
    MODEL_FILE,
    NEW_LOG_FILE,
    PREVIOUS_FILE,
    TRAINING_FILE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Train the run in `folder` within the block, where no other process can begin to.

    The folder is made, and removed again if nothing was written to it.
    Raises CheckpointError if another process trains it, or the folder cannot be made.
    """
    new = [place for place in (folder, *folder.parents) if not place.exists()]
    _make_folder(folder)
    try:
        with hold_lock(folder / LOCK_FILE) as holder:
            if holder is not None:
                who = f"another process ({holder})" if holder else "another process"
                raise CheckpointError(
                    f"{folder}: {who} is training this run. Wait until it ends, or give the new "
                    "one another `name`."
                )
            yield
    finally:
        with contextlib.suppress(OSError):
            for place in new:
                place.rmdir()


def check_free(folder: Path, *, overwrite: bool, can_resume: bool = True) -> None:
    """Raises CheckpointError if a run or model stands in `folder` and must not be replaced.

    can_resume: whether to go on with it is another way to what was asked for.
    """
    if overwrite or not holds_run(folder):
        return
    what = "run; go on with `resume`," if can_resume else "model;"
    raise CheckpointError(
        f"{folder} holds a {what} replace it with `overwrite`, or give the new one another `name`."
    )


def holds_run(folder: Path) -> bool:
    """Whether a model or the state of a run stands in `folder`."""
    return any((folder / name).exists() for name in (MODEL_FILE, TRAINING_FILE))


def make_ready(folder: Path) -> None:
    """Make the folder of a new run. What an earlier run left in it stays until it is replaced.

    Raises CheckpointError if nothing can be written there.
    """
    _make_folder(folder)
    remove_leftovers(folder)
    if holds_run(folder):
        try:
            (folder / NEW_LOG_FILE).touch()
        except OSError as error:
            raise _unwritable(folder, error) from error


def is_replacing(folder: Path) -> bool:
    """Whether a new run has begun in `folder` that has not saved anything in place of the old."""
    return (folder / NEW_LOG_FILE).exists()


def complete(folder: Path) -> None:
    """Take away what an earlier run left in `folder`, now that a whole model stands there."""
    for name in (PREVIOUS_FILE, TRAINING_FILE, LOG_FILE):
        with contextlib.suppress(OSError):
            (folder / name).unlink(missing_ok=True)
    remove_leftovers(folder)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> CheckpointError:
    return CheckpointError(
        f"{folder}: cannot be written: {error.strerror}. Set RNNGEN_HOME to a folder you may write."
    )
