"""Models renamed and removed."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from rnngen.errors import CheckpointError, ConfigError
from rnngen.files import hold_lock, remove_leftovers
from rnngen.runs.choice import default_model, set_default, unset_default
from rnngen.runs.find import find_model
from rnngen.runs.folder import holds_run
from rnngen.runs.places import (
    LOCK_FILE,
    LOG_FILE,
    MODEL_FILE,
    PREVIOUS_FILE,
    TRAINING_FILE,
    home,
    is_shipped,
    new_folder,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = (PREVIOUS_FILE, TRAINING_FILE, LOG_FILE, MODEL_FILE)


def files_of(name: str) -> list[Path]:
    """The files of the run or model `name`, which `remove` deletes.

    Raises CheckpointError if there is no such model, or it came with rnngen.
    """
    if (folder := _run_folder(name)) is None:
        file = find_model(name)
        _check_own(name, file)
        if file.name != MODEL_FILE:
            return [file]
        folder = file.parent
    return [folder / file for file in FILES if (folder / file).is_file()]


def remove(name: str) -> None:
    """Delete the files of a run or model; its folder too, unless it holds others.

    Raises CheckpointError as `files_of`, and if the run is being trained.
    """
    files = files_of(name)
    folder = files[0].parent
    with _unused(folder):
        for file in files:
            file.unlink()
        if files[-1].name == MODEL_FILE:
            remove_leftovers(folder)
    with contextlib.suppress(OSError):
        folder.rmdir()
    if default_model() == name:
        unset_default()


def rename(name: str, new_name: str) -> Path:
    """Give a run another name; returns its new folder.

    Raises CheckpointError if there is no such run, it is being trained, it came with rnngen, or
    another has the new name; ConfigError for a name that cannot be.
    """
    target = new_folder(new_name)
    if (folder := _run_folder(name)) is None:
        file = find_model(name)
        _check_own(name, file)
        folder = file.parent
    if folder.parent.resolve() != home().resolve():
        raise ConfigError(
            f"{folder}: only a model in {home()} has a name to change. Move the folder instead."
        )
    if target.exists():
        raise CheckpointError(f"{target} is there already. Remove it first, or take another name.")
    was_default = default_model() == name
    with _unused(folder):
        folder.rename(target)
    (target / LOCK_FILE).unlink(missing_ok=True)  # the lock has moved along
    if was_default:
        set_default(new_name)
    return target


def _run_folder(name: str) -> Path | None:
    """The folder of the run under `home()` with this name, also of one without a model."""
    is_name = name not in ("", ".", "..") and Path(name).name == name
    return home() / name if is_name and holds_run(home() / name) else None


def _check_own(name: str, file: Path) -> None:
    if is_shipped(file):
        raise CheckpointError(f"{name} comes with rnngen and stays as it is.")


@contextlib.contextmanager
def _unused(folder: Path) -> Iterator[None]:
    """No process can train the run in `folder` within the block."""
    with hold_lock(folder / LOCK_FILE) as holder:
        if holder is not None:
            who = f"another process ({holder})" if holder else "another process"
            raise CheckpointError(
                f"{folder}: {who} is training this run. Stop it first, or wait until it ends."
            )
        yield
