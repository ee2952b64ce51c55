"""Where files are being read, for whoever shows it: loading takes long, and no one else knows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    OnRead = Callable[[str, int], None]

_watchers: list[OnRead] = []


@contextmanager
def watch_reading(on_read: OnRead) -> Iterator[None]:
    """Call `on_read` within the block with each file's path and place, as it is read.

    The place is in bytes on disk, packed as they are.
    """
    _watchers.append(on_read)
    try:
        yield
    finally:
        _watchers.remove(on_read)


def watched(stream: BinaryIO, path: str) -> BinaryIO:
    """The same stream, whose reading is told to those who watch; itself if no one does."""
    return cast("BinaryIO", _Watched(stream, path)) if _watchers else stream


class _Watched:
    """A stream that passes everything on. `gzip` and its like ask for `read` and `seek` only."""

    def __init__(self, stream: BinaryIO, path: str) -> None:
        self._stream, self._path, self._place = stream, path, 0

    def __enter__(self) -> _Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        self._place += len(block)
        for on_read in _watchers:
            on_read(self._path, self._place)
        return block

    def seek(self, offset: int, whence: int = 0) -> int:
        self._place = self._stream.seek(offset, whence)
        return self._place
