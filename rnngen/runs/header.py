"""What a model or a training state says of itself, read from the head of its file, without NumPy.

A safetensors file begins with the length of its JSON header, 8 bytes little-endian. The header says
where the tensors end, so a file that was cut off shows; their bytes are not checked. A file may be
anybody's: whatever it holds, it is described in a line and raises nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnngen.files import LFS_POINTER
from rnngen.runs.places import LOCK_FILE, TRAINING_FILE
from rnngen.untrusted_json import MOST_HEADER_BYTES, parse_object

if TYPE_CHECKING:
    from pathlib import Path

SECTIONS = ("model", "tokenizer", "metrics", "corpus", "training")
"""Facts that are JSON objects where they are there."""
DAMAGED = "damaged or not a model of rnngen"


def peek(file: Path) -> tuple[dict[str, Any], str]:
    """The facts of a model file, and what is wrong with it, "" if nothing is."""
    facts, damage = _facts(file, "model")
    is_whole = {"model", "tokenizer"} <= facts.keys()
    if is_whole and all(isinstance(facts.get(key, {}), dict) for key in SECTIONS):
        return facts, damage
    return {}, damage or DAMAGED


def is_finished(folder: Path) -> bool:
    """Whether the run in `folder` has come to its end, as its saved state says.

    A model without a state was copied or shrunk: it is what it was meant to be. Only a run that has
    just begun has a model and no state, too, and it has its lock.
    """
    state = folder / TRAINING_FILE
    if not state.is_file():
        return not (folder / LOCK_FILE).exists()
    progress = _facts(state, "training")[0].get("progress")
    return isinstance(progress, dict) and bool(progress.get("stopped"))


def looks_like_model(file: Path) -> bool:
    """Whether a file begins as safetensors do: the length of its header, then JSON."""
    try:
        with file.open("rb") as opened:
            return opened.read(9)[8:] == b"{"
    except OSError:
        return False


def _facts(file: Path, kind: str) -> tuple[dict[str, Any], str]:
    """The facts of a file of this kind, and what is wrong with it."""
    try:
        size = file.stat().st_size
        with file.open("rb") as opened:
            head = opened.read(8)
            length = int.from_bytes(head, "little")
            if damage := _not_safetensors(head, length, size):
                return {}, damage
            header = parse_object(opened.read(length).decode("utf-8"))
        metadata = header.pop("__metadata__")
        if (found := metadata["rnngen"]) != kind and isinstance(found, str):
            return {}, f"holds a {found[:20]} state, not a model"
        facts = parse_object(metadata["facts"])
        ends = [entry["data_offsets"][1] for entry in header.values()]
        if (
            found != kind
            or not isinstance(facts, dict)
            or not all(type(end) is int and end >= 0 for end in ends)
        ):
            return {}, DAMAGED
    except OSError as error:
        return {}, f"cannot be read: {(error.strerror or str(error)).lower()}"
    # ValueError: also for a number of more digits than Python reads.
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return {}, DAMAGED
    end = 8 + length + max(ends, default=0)
    if end < size:
        return {}, DAMAGED
    return facts, "" if end == size else f"cut off: {size} bytes of {end}"


def _not_safetensors(head: bytes, length: int, size: int) -> str:
    """What a file is that cannot begin as a safetensors file does."""
    if not size:
        return "an empty file"
    if head == LFS_POINTER[:8]:
        return "a Git LFS pointer; fetch the model with: git lfs pull"
    return DAMAGED if 8 + length > size or length > MOST_HEADER_BYTES else ""
