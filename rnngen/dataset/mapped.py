"""Arrays that are files, read through the memory map; also many files as one array.

What is read through a map counts as memory of the process until the system takes it back, which it
does only under need. So that the memory of training can be known, a file of tokens lets go, every
so often, of what was read; what is needed again is still in the system's cache.
"""

from __future__ import annotations

import mmap
import zlib
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from rnngen.dataset.checks import BLOCK_BYTES, count_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

KEPT = 1 << 26
"""Bytes of a file of tokens that may be resident before they are let go."""
AROUND = 1 << 16
"""Bytes that a system maps with each byte that is read, at most."""


class Rows(Protocol):
    """Numbers that are read by range: an array, or many in a row."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: slice) -> NDArray[Any]: ...

    def tolist(self) -> list[int]: ...


def map_array(path: Path, dtype: str | np.dtype[Any], length: int) -> NDArray[Any]:
    """The array that is the file. Raises OSError, or ValueError if it has another length."""
    pages = _map(path, length * np.dtype(dtype).itemsize)
    return np.frombuffer(pages or b"", dtype)


def _map(path: Path, wanted: int) -> mmap.mmap | None:
    """The file in memory; None if it is empty."""
    size = path.stat().st_size
    if size != wanted:
        raise ValueError(f"{path.name} has {size} bytes, not {wanted}")
    if not size:
        return None
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


class TokenFile:
    """Token ids in a file, whose blocks are checked when they are first read."""

    def __init__(
        self, path: Path, dtype: np.dtype[Any], length: int, checks: NDArray[np.uint32]
    ) -> None:
        """checks: of the blocks of the file; see checks.py.

        Raises OSError, or ValueError if the file has another length.
        """
        self._name = path.name
        self._pages = _map(path, length * dtype.itemsize)
        self._ids = np.frombuffer(self._pages or b"", dtype)
        self._resident = 0  # bytes, at most
        self._checks = checks
        self._unchecked = bytearray(b"\1" * len(checks))

    def __len__(self) -> int:
        return len(self._ids)

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Ids [start, stop), or up to the end. Raises ValueError if they are not as written."""
        ids = self._ids[start:stop]
        size = ids.itemsize
        self._check(start * size // BLOCK_BYTES, count_blocks((start + len(ids)) * size))
        self._use(ids.nbytes + AROUND)
        return ids

    def check(self) -> None:
        """Raises ValueError if the file is not as it was written."""
        self._check(0, len(self._checks))

    def _check(self, first: int, last: int) -> None:
        """Check those of the blocks [first, last) that have not been checked yet."""
        block = self._unchecked.find(1, first, last)
        while block >= 0:
            place = block * BLOCK_BYTES
            content = memoryview(self._pages or b"")[place : place + BLOCK_BYTES]
            if zlib.crc32(content) != self._checks[block]:
                raise ValueError(f"{self._name} was changed after byte {place:,}")
            self._unchecked[block] = 0
            self._use(len(content))
            block = self._unchecked.find(1, block + 1, last)

    def _use(self, num_bytes: int) -> None:
        """Let go of what was read if it is much, with so many bytes more."""
        self._resident += num_bytes
        if self._resident > KEPT:
            self._let_go()

    def _let_go(self) -> None:
        self._resident = 0
        if self._pages is not None and hasattr(mmap, "MADV_DONTNEED"):  # not on Windows
            self._pages.madvise(mmap.MADV_DONTNEED)


def concatenate_hashes(parts: Sequence[NDArray[Any]]) -> Rows:
    """The arrays in a row."""
    return parts[0] if len(parts) == 1 else _Concatenated(parts, [0] * len(parts))


def concatenate_offsets(parts: Sequence[NDArray[Any]]) -> Rows:
    """The offsets of documents in parts that follow each other; each begins at 0."""
    if len(parts) == 1:
        return parts[0]
    before = np.cumsum([0, *(int(part[-1]) for part in parts)]).tolist()
    ends = [part[1:] for part in parts]
    return _Concatenated([parts[0][:1], *ends], [0, *before[:-1]])


class _Concatenated:
    """Arrays in a row, a number added to each."""

    def __init__(self, parts: Sequence[NDArray[Any]], added: Sequence[int]) -> None:
        self._parts = parts
        self._added = [np.uint64(number) for number in added]
        self._starts: list[int] = np.cumsum([0, *map(len, parts)]).tolist()

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, place: slice) -> NDArray[Any]:
        start, stop, step = place.indices(len(self))
        assert step == 1
        found = [np.empty(0, np.uint64)]
        index = bisect_right(self._starts, start) - 1
        while start < stop:
            begin = self._starts[index]
            part = self._parts[index][start - begin : stop - begin]
            found.append(part + self._added[index])
            start, index = start + len(part), index + 1
        return np.concatenate(found)

    def tolist(self) -> list[int]:
        numbers: list[int] = self[:].tolist()
        return numbers
