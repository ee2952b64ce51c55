"""Names and the folders they stand for."""

from __future__ import annotations

import os
import shlex
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL_FILE = "model.safetensors"
TRAINING_FILE = "training.safetensors"
PREVIOUS_FILE = "training.previous.safetensors"
"""The state before the last one, for the case that the last one is damaged."""
LOG_FILE = "log.jsonl"
RUN_FILES = (MODEL_FILE, TRAINING_FILE, PREVIOUS_FILE, LOG_FILE)
NEW_LOG_FILE = ".log.jsonl.part"
"""The log of a run that is to replace another, until it has saved something."""
LOCK_FILE = ".lock"
SHIPPED = "shipped"
"""Folder of the models that come with rnngen: beside the package where it was installed, or in the
checkpoints of a checkout. A run of the same name goes first, and is in another folder."""
DEFAULT = "haiku"
"""The shipped model that is meant where no model is named and none was trained yet."""
LONGEST_NAME = 255
"""Bytes of a file name that common file systems take."""


def home() -> Path:
    """The folder new runs are written to: `$RNNGEN_HOME`, else `checkpoints` right here."""
    return Path(os.environ.get("RNNGEN_HOME") or "checkpoints")


def places() -> list[Path]:
    """The folders that hold runs and models, in the order a name is looked up."""
    return list(dict.fromkeys([home(), *shipped_folders()]))


def shipped_folders() -> list[Path]:
    """Where the models that come with rnngen may be."""
    package = Path(__file__).parent.parent
    return [package / "checkpoints" / SHIPPED, package.parent / "checkpoints" / SHIPPED]


def within_shipped(name: str) -> list[Path]:
    """Where `shipped/haiku` may be, from anywhere; nowhere for another name."""
    is_within = Path(name).parts[:1] == (SHIPPED,)
    return [place.parent / name for place in shipped_folders()] if is_within else []


def is_shipped(file: Path) -> bool:
    """Whether a model file is one of those that come with rnngen."""
    return file.resolve().parent.parent in [place.resolve() for place in shipped_folders()]


def new_folder(name: str) -> Path:
    """The folder of the run called `name`. Raises ConfigError if that cannot be a folder name."""
    if (reason := _unfit(name)) is not None:
        raise ConfigError(
            f"{name!r} cannot be a run's name: {reason}. A name is that of a single folder,"
            " and RNNGEN_HOME says where it is."
        )
    return home() / name


def _unfit(name: str) -> str | None:
    """Why a run cannot have this name; None if it can."""
    if not name.strip():
        return "it is empty"
    if name.startswith((".", "-")):
        return f"it begins with a {'dot' if name[0] == '.' else 'dash'}"
    if separators := [char for char in {"/", os.sep} if char in name]:
        return f"it has a {separators[0]} in it"
    if any(unicodedata.category(char) == "Cc" for char in name):
        return "it has a control character in it"
    if len(os.fsencode(name)) > LONGEST_NAME:
        return f"it is longer than {LONGEST_NAME} bytes"
    return None


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
