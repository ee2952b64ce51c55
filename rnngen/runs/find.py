"""The models and logs that a name may stand for."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from rnngen.errors import CheckpointError
from rnngen.runs.header import looks_like_model
from rnngen.runs.places import (
    LOG_FILE,
    MODEL_FILE,
    RUN_FILES,
    TRAINING_FILE,
    home,
    option_for,
    places,
    within_shipped,
)
from rnngen.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def find_model(name: str) -> Path:
    """The model file that `name` stands for.

    name: of a run under `home()`, of a model shipped with the package, or a path of a run's folder
    or model file, looked up in this order. With a separator or the suffix of a model file it is a
    path first.
    Raises CheckpointError that says what there is.
    """
    for folder in _candidates(name):
        if folder.is_file() and (_is_path(name) or looks_like_model(folder)):
            return folder
        if (folder / MODEL_FILE).is_file():
            return folder / MODEL_FILE
        if (folder / TRAINING_FILE).is_file():
            raise CheckpointError(
                f"{folder}: the run has not been evaluated yet, so it has no model; "
                f"go on with: rnngen train --resume {option_for(folder)}"
            )
    raise CheckpointError(f"no model called {name!r}.{_hint(name, models())}")


def run_files(name: str) -> list[Path]:
    """The files of the run or model that `name` stands for, or the one file that it is a path of.

    Raises CheckpointError that says what there is.
    """
    for place in _candidates(name):
        if place.is_file() and (_is_path(name) or looks_like_model(place)):
            return [place]
        if found := [place / file for file in RUN_FILES if (place / file).is_file()]:
            return found
    raise CheckpointError(f"no model or run called {name!r}.{_hint(name, models())}")


def find_log(name: str) -> Path:
    """The log of the run that `name` stands for.

    name: as of `find_model`, or the path of a log itself.  The run may still be without a model.
    Raises CheckpointError that says what there is.
    """
    without = ""
    for place in _candidates(name):
        folder = place.parent if place.is_file() else place
        if place.is_file() and place.suffix == ".jsonl":
            return place
        if (folder / LOG_FILE).is_file():
            return folder / LOG_FILE
        if place.is_file() or any(
            (folder / file).is_file() for file in (MODEL_FILE, TRAINING_FILE)
        ):
            without = without or f"{folder}: the run has no {LOG_FILE}"
    raise CheckpointError(
        f"{without or f'no run called {name!r}'}.{_hint(name, list(log_files()))}"
    )


def _hint(name: str, known: list[str]) -> str:
    """What could be named instead."""
    if not known:
        return " Train one with: rnngen train FILE"
    is_text = Path(name).is_file() and not looks_like_model(Path(name))
    text = f" {name} in this folder is not a model." if is_text else ""
    return f"{text}{did_you_mean(name, known)} There are: {', '.join(known)}."


def models() -> list[str]:
    """Names of all models that can be found, the last written first."""
    return list(model_files())


def model_files() -> dict[str, Path]:
    """Name -> model file of all models that can be found, the last written first."""
    return _each_run(MODEL_FILE, places())


def log_files() -> dict[str, Path]:
    """Name -> log of all runs that can be found, the last written first."""
    return _each_run(LOG_FILE, places())


def resumable() -> list[str]:
    """Names of the runs that can go on, the last saved first."""
    return list(_each_run(TRAINING_FILE, [home()]))


def latest_log() -> Path:
    """The log last written to. Raises CheckpointError if there is none."""
    logs = list(log_files().values())
    if not logs:
        raise CheckpointError("there is no run yet; train one with: rnngen train FILE")
    return logs[0]


def _each_run(file_name: str, among: Sequence[Path]) -> dict[str, Path]:
    """Name of a run -> its file of that name, the last written first."""
    found: dict[str, tuple[float, Path]] = {}
    for place in among:
        for file in place.glob(f"*/{file_name}"):
            if file.parent.name.startswith(".") or file.parent.name in found:
                continue
            with contextlib.suppress(OSError):  # it may have gone just now
                found[file.parent.name] = (file.stat().st_mtime, file)
    newest_first = sorted(found.items(), key=lambda item: (-item[1][0], item[0]))
    return {name: file for name, (_, file) in newest_first}


def _candidates(name: str) -> Iterator[Path]:
    """Where `name` is looked up, in this order; they need not be there.

    A file that happens to be called like a model does not stand in its way.
    """
    if _is_path(name):
        yield Path(name)
    for place in places():
        yield place / name
    yield from within_shipped(name)
    if not _is_path(name):
        yield Path(name)


def _is_path(name: str) -> bool:
    """Whether `name` says a place, and is no mere name."""
    return "/" in name or os.sep in name or name.endswith((".safetensors", ".jsonl"))
