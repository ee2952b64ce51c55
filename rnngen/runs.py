"""Where runs live, and what a user may call them."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.errors import CheckpointError, ConfigError
from rnngen.files import LFS_POINTER, hold_lock
from rnngen.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODEL_FILE = "model.safetensors"
TRAINING_FILE = "training.safetensors"
LOG_FILE = "log.jsonl"
LOCK_FILE = ".lock"
SHIPPED = "shipped"
"""Folder of the models that come with rnngen: beside the package where it was installed, or in the
checkpoints of a checkout. A run of the same name goes first, and is in another folder."""
DEFAULT = "haiku"
"""The shipped model that is meant where no model is named and none was trained yet."""


def home() -> Path:
    """The folder new runs are written to: `$RNNGEN_HOME`, else `checkpoints` right here."""
    return Path(os.environ.get("RNNGEN_HOME") or "checkpoints")


def new_folder(name: str) -> Path:
    """The folder of the run called `name`. Raises ConfigError if that cannot be a folder name."""
    if not name or name.startswith((".", "-")) or "/" in name or os.sep in name:
        raise ConfigError(
            f"`name` {name!r} cannot be a run's name; use letters, digits, - and _. "
            "Set RNNGEN_HOME to write runs elsewhere."
        )
    return home() / name


def folder_at(path: Path) -> Path:
    """The folder of a run that is wanted at `path`. Raises ConfigError if that cannot be one."""
    if path.suffix == ".safetensors" or path.is_file():
        raise ConfigError(f"`output` {path}: name a folder; the model is written into it.")
    return path if path.name not in ("", "..") else path.resolve()


def folder_of(name: str | None, output: Path | None, usual_name: Callable[[], str]) -> Path:
    """The folder of the run that has this name or is at `output`, else of its usual name.

    Raises ConfigError for both at once, or for what cannot be a folder.
    """
    if output is None:
        return new_folder(usual_name() if name is None else name)
    if name is not None:
        raise ConfigError(
            "`name` and `output` both say where the model goes; leave one of them out."
        )
    return folder_at(output)


def option_for(folder: Path) -> str:
    """What names the run of a folder on a command line."""
    name = name_for(folder)
    return f"{'-o' if os.sep in name else '--name'} {name}"


def name_for(folder: Path) -> str:
    """What a command line calls the run of a folder, quoted for a shell."""
    is_named = folder == home() / folder.name and not folder.name.startswith("-")
    return shlex.quote(folder.name if is_named else str(folder))


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


def check_free(folder: Path, *, overwrite: bool) -> None:
    """Raises CheckpointError if a run stands in `folder` and must not be replaced."""
    taken = any((folder / name).exists() for name in (MODEL_FILE, TRAINING_FILE))
    if taken and not overwrite:
        raise CheckpointError(
            f"{folder} holds a run; go on with `resume`, replace it with `overwrite`, "
            "or give the new one another `name`."
        )


def make_ready(folder: Path) -> None:
    """Make the folder of a new run, and take away what an earlier run left in it."""
    _make_folder(folder)
    try:
        for name in (TRAINING_FILE, MODEL_FILE, LOG_FILE):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
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


def remove_leftovers(folder: Path) -> None:
    """Delete what a killed process left half-written in `folder`."""
    for leftover in folder.glob(".*.part"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def find_model(name: str) -> Path:
    """The model file that `name` stands for.

    name: of a run under `home()`, of one under `checkpoints` here, of a model shipped with the
    package, or a path of a run's folder or model file, looked up in this order. With a separator
    or the suffix of a model file it is a path first.
    Raises CheckpointError that says what there is.
    """
    for folder in _candidates(name):
        if folder.is_file() and (_is_path(name) or _looks_like_a_model(folder)):
            return folder
        if (folder / MODEL_FILE).is_file():
            return folder / MODEL_FILE
        if (folder / TRAINING_FILE).is_file():
            raise CheckpointError(
                f"{folder}: the run has not been evaluated yet, so it has no model; "
                f"go on with: rnngen train --resume {option_for(folder)}"
            )
    raise CheckpointError(f"no model called {name!r}.{_hint(name, models())}")


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
    is_text = Path(name).is_file() and not _looks_like_a_model(Path(name))
    text = f" {name} in this folder is not a model." if is_text else ""
    return f"{text}{did_you_mean(name, known)} There are: {', '.join(known)}."


def models() -> list[str]:
    """Names of all models that can be found, the last written first."""
    return list(model_files())


def model_files() -> dict[str, Path]:
    """Name -> model file of all models that can be found, the last written first."""
    return _each_run(MODEL_FILE)


def log_files() -> dict[str, Path]:
    """Name -> log of all runs that can be found, the last written first."""
    return _each_run(LOG_FILE)


def peek(file: Path) -> tuple[dict[str, Any], str]:
    """The facts of a model file, read from its head, and what is wrong with it, "" if nothing is.

    A safetensors file begins with the length of its JSON header, 8 bytes little-endian. The header
    says where the tensors end, so a file that was cut off shows; their bytes are not checked.
    """
    try:
        size = file.stat().st_size
        with file.open("rb") as opened:
            head = opened.read(8)
            length = int.from_bytes(head, "little")
            if damage := _not_safetensors(head, length, size):
                return {}, damage
            header = json.loads(opened.read(length))
        metadata = header.pop("__metadata__")
        if metadata["rnngen"] != "model":
            return {}, f"holds a {metadata['rnngen']} state, not a model"
        facts = json.loads(metadata["facts"])
        end = 8 + length + max(entry["data_offsets"][1] for entry in header.values())
        if not all(isinstance(facts[key], dict) for key in ("model", "tokenizer")):
            raise TypeError
    except OSError as error:
        return {}, f"cannot be read: {(error.strerror or str(error)).lower()}"
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return {}, "damaged or not a model of rnngen"
    return (facts, "") if end == size else (facts, f"cut off: {size} bytes of {end}")


def _not_safetensors(head: bytes, length: int, size: int) -> str:
    """What a file is that cannot begin as a safetensors file does."""
    if not size:
        return "an empty file"
    if head == LFS_POINTER[:8]:
        return "a Git LFS pointer; fetch the model with: git lfs pull"
    return "damaged or not a model of rnngen" if 8 + length > size else ""


def latest_log() -> Path:
    """The log last written to. Raises CheckpointError if there is none."""
    logs = list(log_files().values())
    if not logs:
        raise CheckpointError("there is no run yet; train one with: rnngen train FILE")
    return logs[0]


def latest() -> str:
    """The model trained last, else the shipped DEFAULT. Raises CheckpointError if neither is."""
    shipped = set(_shipped_folders())
    for name, file in model_files().items():
        if file.parent.parent not in shipped:
            return name
    find_model(DEFAULT)
    return DEFAULT


def _each_run(file_name: str) -> dict[str, Path]:
    """Name of a run -> its file of that name, the last written first."""
    found: dict[str, Path] = {}
    for place in _places():
        for file in place.glob(f"*/{file_name}"):
            found.setdefault(file.parent.name, file)
    return dict(sorted(found.items(), key=lambda item: (-item[1].stat().st_mtime, item[0])))


def _candidates(name: str) -> Iterator[Path]:
    """Where `name` is looked up, in this order; they need not be there.

    A file that happens to be called like a model does not stand in its way.
    """
    if _is_path(name):
        yield Path(name)
    for place in _places():
        yield place / name
    if Path(name).parts[:1] == (SHIPPED,):  # as `checkpoints/shipped/haiku`, from anywhere
        for place in _shipped_folders():
            yield place.parent / name
    if not _is_path(name):
        yield Path(name)


def _is_path(name: str) -> bool:
    """Whether `name` says a place, and is no mere name."""
    return "/" in name or os.sep in name or name.endswith((".safetensors", ".jsonl"))


def _looks_like_a_model(file: Path) -> bool:
    """Whether a file begins as safetensors do: the length of its header, then JSON."""
    try:
        with file.open("rb") as opened:
            return opened.read(9)[8:] == b"{"
    except OSError:
        return False


def _places() -> list[Path]:
    return list(dict.fromkeys([home(), Path("checkpoints"), *_shipped_folders()]))


def _shipped_folders() -> list[Path]:
    package = Path(__file__).parent
    return [package / "checkpoints" / SHIPPED, package.parent / "checkpoints" / SHIPPED]
