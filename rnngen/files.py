"""Files and folders that take their place at once and whole, or not at all, and are on the disk.

A folder is filled beside the place it is for:

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

from rnngen.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""How a file begins that stands for another, which Git has not fetched."""


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` at `path`: whole, on the disk, or not at all (FileError)."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise FileError(
            f"{path}: cannot be written: {error.strerror}. What was saved before is intact."
        ) from error


def check_new(path: Path | None, *, overwrite: bool) -> None:
    """Raises FileError if a file at `path` would be replaced and must not be, or is a folder."""
    if path is not None and path.exists() and (path.is_dir() or not overwrite):
        hint = "Name a file." if path.is_dir() else "Replace it with `overwrite`."
        raise FileError(f"{path} exists. {hint}")


def keep_as(path: Path, kept: Path) -> bool:
    """Have the file at `path` also at `kept`, as a second name of it; whether that can be done.

    It stays there when `path` is replaced. Some file systems have no second names.
    """
    temporary = kept.with_name(f".{kept.name}.{secrets.token_hex(4)}.part")
    try:
        os.link(path, temporary)
        temporary.replace(kept)
    except OSError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself durable, where the system lets a folder be opened."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def replace_folder(path: Path) -> Iterator[Path]:
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


@contextmanager
def hold_lock(path: Path) -> Iterator[str | None]:
    """Hold the lock that the file `path` stands for; it ends with this process, however that ends.

    Gives None while it is held, else who holds it: the number of a process, "" if unknown. The
    file is removed with the lock. Where there are no such locks (Windows, some network file
    systems), nothing is locked.
    """
    handle = _open_locked(path)
    if isinstance(handle, str):
        yield handle
        return
    try:
        yield None
    finally:
        if handle is not None:
            with suppress(OSError):
                path.unlink()
            os.close(handle)


def _open_locked(path: Path) -> int | str | None:
    """The file opened and locked; who has locked it; None if it cannot be locked here."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(handle, 20).decode("ascii", "replace").strip()
            os.close(handle)
            return holder if error.errno in (errno.EAGAIN, errno.EACCES) else None
        if _is_at(path, handle):
            os.truncate(handle, 0)
            os.write(handle, str(os.getpid()).encode())
            return handle
        os.close(handle)  # whoever held it has just removed it


def _is_at(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except OSError:
        return False


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
