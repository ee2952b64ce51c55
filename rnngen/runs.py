"""Where runs live, and what a user may call them."""

from __future__ import annotations

import os
from pathlib import Path

from rnngen.checkpoint import LOG_FILE, MODEL_FILE, TRAINING_FILE, remove_leftovers
from rnngen.errors import CheckpointError, ConfigError

SHIPPED = Path(__file__).parent / "checkpoints"


def home() -> Path:
    """The folder new runs are written to: `$RNNGEN_HOME`, else `checkpoints` right here."""
    return Path(os.environ.get("RNNGEN_HOME") or "checkpoints")


def new_folder(name: str) -> Path:
    """The folder of the run called `name`. Raises ConfigError if that cannot be a folder name."""
    if not name or name in (".", "..") or name.startswith(".") or "/" in name or os.sep in name:
        raise ConfigError(
            f"--name {name!r} cannot be a run's name; use letters, digits, - and _. "
            "Set RNNGEN_HOME to write runs elsewhere."
        )
    return home() / name


def check_free(folder: Path, *, overwrite: bool) -> None:
    """Raises CheckpointError if a run stands in `folder` and must not be replaced."""
    taken = any((folder / name).exists() for name in (MODEL_FILE, TRAINING_FILE))
    if taken and not overwrite:
        raise CheckpointError(
            f"{folder} holds a run; go on with --resume, replace it with --overwrite, "
            "or give the new one another --name."
        )


def make_ready(folder: Path) -> None:
    """Make the folder of a new run, and take away what an earlier run left in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (TRAINING_FILE, MODEL_FILE, LOG_FILE):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise CheckpointError(
            f"{folder}: cannot be written: {error.strerror}. "
            "Set RNNGEN_HOME to a folder you may write."
        ) from error
    remove_leftovers(folder)


def find_model(name: str) -> Path:
    """The model file that `name` stands for.

    name: a path (of a run's folder or a model file), or the name of a run under `home()`, under
    `checkpoints` here, or shipped with the package, looked up in this order.
    Raises CheckpointError that says what there is.
    """
    for folder in (Path(name), *(place / name for place in _places())):
        if folder.is_file():
            return folder
        if (folder / MODEL_FILE).is_file():
            return folder / MODEL_FILE
        if (folder / TRAINING_FILE).is_file():
            raise CheckpointError(
                f"{folder}: the run has not been evaluated yet, so it has no model; "
                "go on with: rnngen train --resume --name " + folder.name
            )
    known = ", ".join(models())
    hint = f"there are: {known}." if known else "train one with: rnngen train FILE"
    raise CheckpointError(f"no model called {name!r}; {hint}")


def models() -> list[str]:
    """Names of all models that can be found, the last written first."""
    found: dict[str, float] = {}
    for place in _places():
        for model in place.glob(f"*/{MODEL_FILE}"):
            found.setdefault(model.parent.name, model.stat().st_mtime)
    return sorted(found, key=lambda name: (-found[name], name))


def latest() -> str:
    """The model last written. Raises CheckpointError if there is none."""
    names = models()
    if not names:
        raise CheckpointError("there is no model yet; train one with: rnngen train FILE")
    return names[0]


def _places() -> list[Path]:
    return list(dict.fromkeys([home(), Path("checkpoints"), SHIPPED]))
