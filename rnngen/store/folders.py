"""A folder that takes its place at once and whole, or not at all, also if the program is killed.

.NAME.1a2b3c.part/      locked while someone works in it, removed when no one does
    new/                being filled; renamed to NAME at the end
    old-0/              the folder that was NAME before, about to be removed
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from glob import escape
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """An empty folder to fill, which replaces `path` unless the block raises.

    Raises OSError, also if the folder around `path` is not there. What a program that was killed
    left of the same `path` is removed.
    """
    _remove_abandoned(path)
    place = path.with_name(f".{path.name}.{secrets.token_hex(3)}.part")
    place.mkdir()
    lock = _lock(place)
    try:
        (place / "new").mkdir()
        yield place / "new"
        _replace(place, path)
    finally:
        if lock is not None:
            os.close(lock)
        shutil.rmtree(place, ignore_errors=True)


def _replace(place: Path, path: Path) -> None:
    """Another program may put its own folder at `path` at the same time: the last one stays."""
    for attempt in count():
        with suppress(FileNotFoundError):
            path.rename(place / f"old-{attempt}")
        try:
            (place / "new").rename(path)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise


def _remove_abandoned(path: Path) -> None:
    for place in path.parent.glob(f".{escape(path.name)}.*.part"):
        lock = _lock(place)
        if lock is not None:
            shutil.rmtree(place, ignore_errors=True)
            os.close(lock)


def _lock(place: Path) -> int | None:
    """A lock that ends with this process, or None if another has it or there are none here."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    try:
        descriptor = os.open(place, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
