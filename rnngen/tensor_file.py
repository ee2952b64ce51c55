"""Arrays and facts in one safetensors file that names its kind and is checked when it is read.

    8 bytes     length N of the header, little-endian
    N bytes     JSON: name -> dtype, shape and place of each tensor, and `__metadata__`
    the rest    the tensors' bytes, without gaps

The metadata are `rnngen` (what the file is), `format_version`, `facts` (one JSON object) and
`digest`, a SHA-256 over the facts and every tensor's name, type, shape and bytes. Nothing in a
file is ever executed. A file may come from anyone, so its header is read here, within limits, and
only then are its tensors.
"""

from __future__ import annotations

import hashlib
import json
import math
import mmap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from safetensors.numpy import save

from rnngen.errors import CheckpointError, DamagedError, FileError
from rnngen.files import LFS_POINTER, replace_file
from rnngen.untrusted_json import (
    MOST_HEADER_BYTES,
    MOST_JSON_PARTS,
    count_parts,
    parse_object,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Tensors = Mapping[str, NDArray[Any]]

FORMAT_VERSION = 1
MOST_TENSORS = 4096
MOST_DIMENSIONS = 4
DTYPES = {
    "BOOL": np.bool_,
    "U8": np.uint8,
    "I8": np.int8,
    "U16": np.uint16,
    "I16": np.int16,
    "U32": np.uint32,
    "I32": np.int32,
    "U64": np.uint64,
    "I64": np.int64,
    "F16": np.float16,
    "F32": np.float32,
    "F64": np.float64,
}
"""Those of safetensors that NumPy has."""


@dataclass(frozen=True)
class TensorEntry:
    """One tensor, and where its bytes lie after the header, [start, stop)."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int
    stop: int


@dataclass(frozen=True)
class Header:
    """What a file says it holds; its tensors have not been read."""

    path: Path
    kind: str
    facts: dict[str, Any]
    entries: dict[str, TensorEntry]
    length: int
    """Bytes before the first tensor."""
    facts_text: str
    digest: str

    def read_tensors(self) -> dict[str, NDArray[Any]]:
        """All tensors. Raises DamagedError if they are not those that were written."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.length)
                tensors = {
                    name: np.fromfile(file, each.dtype, math.prod(each.shape)).reshape(each.shape)
                    for name, each in sorted(self.entries.items(), key=lambda item: item[1].start)
                }
        except (OSError, ValueError) as error:  # the file was replaced since
            raise _damaged(self.path, error) from error
        return self._checked(tensors)

    def map_tensors(self) -> dict[str, NDArray[Any]]:
        """All tensors as read-only views of the file, which is replaced but never changed.

        The digest passes over the bytes once, and no copy of them is made.
        Raises CheckpointError if they are not those that were written.
        """
        try:
            with self.path.open("rb") as file:
                pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            content = np.frombuffer(pages, np.uint8)[self.length :]
            tensors = {
                name: content[each.start : each.stop].view(each.dtype).reshape(each.shape)
                for name, each in self.entries.items()
            }
        except (OSError, ValueError) as error:  # the file was replaced since
            raise _damaged(self.path, error) from error
        return self._checked(tensors)

    def _checked(self, tensors: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        if _digest(self.kind, self.facts_text, tensors) != self.digest:
            raise DamagedError(f"{self.path}: damaged: its content does not match its digest.")
        return tensors


def save_tensors(path: Path, kind: str, tensors: Tensors, facts: Mapping[str, Any]) -> None:
    """Replace the file at `path` in one move, after its bytes are on the disk.

    A reader sees the old file or the new one, never a part; so does the machine after a power cut.
    Raises CheckpointError if it cannot be written; the old file is then intact.
    """
    # safetensors writes arrays that are not C-contiguous wrongly, and silently.
    tensors = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    text = json.dumps(facts, sort_keys=True, allow_nan=False)  # no reader would take it
    if len(text) > MOST_HEADER_BYTES // 2 or count_parts(text) > MOST_JSON_PARTS // 2:
        raise CheckpointError(
            f"{path}: the text has too many files to list in one file. Join some of them."
        )
    metadata = {"rnngen": kind, "format_version": str(FORMAT_VERSION), "facts": text}
    metadata["digest"] = _digest(kind, text, tensors)
    try:
        replace_file(path, _with_sorted_header(save(dict(tensors), metadata)))
    except FileError as error:
        raise CheckpointError(str(error)) from error


def _with_sorted_header(content: bytes) -> bytes:
    """The same file with its header in order: safetensors writes metadata in a random one."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of 8
    return b"".join([len(text).to_bytes(8, "little"), text, memoryview(content)[8 + length :]])


def load_tensors(path: Path, kind: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The tensors and facts of a file that `save_tensors` made, checked against its digest."""
    header = read_header(path, kind)
    return header.read_tensors(), header.facts


def read_header(path: Path, kind: str | None) -> Header:
    """The header of a file of this kind, checked in itself and against the file's size.

    kind: None for any.
    Raises CheckpointError for a file that is missing, of another kind or newer; DamagedError for
    one that cannot be read within the limits above.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file.")
    try:
        with path.open("rb") as file:
            content = _read_content(file, path)
        header = parse_object(content.decode("utf-8"))
        metadata = header.pop("__metadata__", {})
        _check_kind(path, kind, metadata)
        length = 8 + len(content)
        entries = _entries(header, path.stat().st_size - length)
        facts_text, digest = metadata["facts"], metadata["digest"]
        facts = parse_object(facts_text)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(path, error) from error
    return Header(path, metadata["rnngen"], facts, entries, length, facts_text, digest)


def _read_content(file: BinaryIO, path: Path) -> bytes:
    """The bytes of the header's JSON."""
    head = file.read(8)
    if head + file.read(len(LFS_POINTER) - 8) == LFS_POINTER:
        raise CheckpointError(
            f"{path}: a Git LFS pointer, which stands for the file itself. Fetch that with: "
            "git lfs pull"
        )
    length = int.from_bytes(head, "little")
    if len(head) < 8 or length > MOST_HEADER_BYTES:
        raise ValueError("it does not begin as a safetensors file does")
    file.seek(8)
    content = file.read(length)
    if len(content) < length:
        raise ValueError("it ends within its header")
    return content


def _check_kind(path: Path, kind: str | None, metadata: Any) -> None:
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ValueError("its metadata are not texts")
    found = metadata.get("rnngen")
    if found is None:
        raise CheckpointError(f"{path}: a safetensors file, but not one of rnngen's.")
    version = metadata.get("format_version", "")
    if version != str(FORMAT_VERSION):
        raise CheckpointError(
            f"{path}: format {version[:20]}, this rnngen reads up to {FORMAT_VERSION}; "
            "update rnngen."
        )
    if kind is not None and found != kind:
        raise CheckpointError(f"{path}: holds a {found} state, a {kind} file is needed here.")


def _entries(header: Mapping[str, Any], size: int) -> dict[str, TensorEntry]:
    """The tensors of a header, which together fill `size` bytes. Raises ValueError, KeyError."""
    if len(header) > MOST_TENSORS:
        raise ValueError(f"it lists {len(header)} tensors, more than {MOST_TENSORS}")
    entries = {name: _entry(name, values) for name, values in header.items()}
    end = 0
    for name, each in sorted(entries.items(), key=lambda item: (item[1].start, item[1].stop)):
        if each.start != end:
            raise ValueError(f"tensor {name} does not begin where the one before it ends")
        end = each.stop
    if end != size:
        raise ValueError(f"its tensors take {end} bytes, it has {size}")
    return entries


def _entry(name: str, values: Any) -> TensorEntry:
    shape, place = values["shape"], values["data_offsets"]
    for numbers in (shape, place):
        if not isinstance(numbers, list) or not all(type(n) is int and n >= 0 for n in numbers):
            raise ValueError(f"tensor {name} has no shape or place")
    if values["dtype"] not in DTYPES or len(shape) > MOST_DIMENSIONS or len(place) != 2:
        raise ValueError(f"tensor {name} is of a type or shape that no file of rnngen has")
    dtype = np.dtype(DTYPES[values["dtype"]])
    if place[1] - place[0] != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"tensor {name} has another size than its shape says")
    return TensorEntry(dtype, tuple(shape), *place)


def _damaged(path: Path, error: BaseException) -> DamagedError:
    reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
    return DamagedError(f"{path}: damaged or not a checkpoint: {reason.rstrip('.')}.")


def _digest(kind: str, facts: str, tensors: Tensors) -> str:
    hasher = hashlib.sha256(f"{kind}\n{facts}\n".encode())
    for name, array in sorted(tensors.items()):
        hasher.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        hasher.update(np.ascontiguousarray(array).data)
    return hasher.hexdigest()
