"""Arrays and facts in one safetensors file that names its kind and is checked when it is read.

Every file carries, as safetensors metadata: `rnngen` (what the file is), `format_version`,
`facts` (one JSON object) and `digest`, a SHA-256 over the facts and every tensor's name, type,
shape and bytes. Nothing in a file is ever executed.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from rnngen.errors import CheckpointError, FileError
from rnngen.files import LFS_POINTER, replace_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Tensors = Mapping[str, NDArray[Any]]

FORMAT_VERSION = 1


def save_tensors(path: Path, kind: str, tensors: Tensors, facts: Mapping[str, Any]) -> None:
    """Replace the file at `path` in one move, after its bytes are on the disk.

    A reader sees the old file or the new one, never a part; so does the machine after a power cut.
    Raises CheckpointError if it cannot be written; the old file is then intact.
    """
    # safetensors writes arrays that are not C-contiguous wrongly, and silently.
    tensors = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    text = json.dumps(facts, sort_keys=True)
    metadata = {"rnngen": kind, "format_version": str(FORMAT_VERSION), "facts": text}
    metadata["digest"] = _digest(kind, text, tensors)
    try:
        replace_file(path, save(dict(tensors), metadata))
    except FileError as error:
        raise CheckpointError(str(error)) from error


def load_tensors(path: Path, kind: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The tensors and facts of a file that `write` made, checked against its digest."""
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file.")
    try:
        with path.open("rb") as opened:
            if opened.read(len(LFS_POINTER)) == LFS_POINTER:
                raise CheckpointError(
                    f"{path}: a Git LFS pointer, which stands for the file itself. Fetch that "
                    "with: git lfs pull"
                )
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            _check_header(path, kind, metadata)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        facts = json.loads(metadata["facts"])
    except RecursionError as error:
        raise CheckpointError(f"{path}: damaged: its facts are nested too deep.") from error
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: damaged or not a checkpoint: {error}") from error
    if _digest(kind, metadata["facts"], tensors) != metadata.get("digest"):
        raise CheckpointError(f"{path}: damaged: its content does not match its digest.")
    if not isinstance(facts, dict):
        raise CheckpointError(f"{path}: damaged: its facts are no JSON object.")
    return tensors, facts


def _check_header(path: Path, kind: str, metadata: Mapping[str, str]) -> None:
    found = metadata.get("rnngen")
    if found is None:
        raise CheckpointError(f"{path}: a safetensors file, but not one of rnngen's.")
    version = metadata.get("format_version", "")
    if not version.isdecimal() or int(version) > FORMAT_VERSION:
        raise CheckpointError(
            f"{path}: format {version}, this rnngen reads up to {FORMAT_VERSION}; update rnngen."
        )
    if found != kind:
        raise CheckpointError(f"{path}: holds a {found} state, a {kind} file is needed here.")


def _digest(kind: str, facts: str, tensors: Tensors) -> str:
    hasher = hashlib.sha256(f"{kind}\n{facts}\n".encode())
    for name, array in sorted(tensors.items()):
        hasher.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        hasher.update(np.ascontiguousarray(array).data)
    return hasher.hexdigest()
