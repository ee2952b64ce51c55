"""Files and folders that take their place at once and whole, or not at all, and are on the disk.

Both are filled beside the place they are for, under a name that nobody can foresee, and locked
while someone works on them. What is not locked was left by a program that was killed:

    .NAME.1a2b3c4d.part     a file; renamed to NAME at the end
    .NAME.1a2b3c4d.part/    a folder
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
    from typing import BinaryIO

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""How a file begins that stands for another, which Git has not fetched."""
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
HELD = (errno.EAGAIN, errno.EACCES)
"""How a system says that another program has a lock."""


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` at `path`: whole, on the disk, or not at all (FileError)."""
    try:
        with _new_file(path) as (temporary, file):
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            file.close()  # some systems rename no open file
            temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        kept = " What was saved before is intact." if path.exists() else ""
        raise FileError(f"{path}: cannot be written: {error.strerror}.{kept}") from error


@contextmanager
def _new_file(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """An empty file beside `path` and its name, locked; removed if the block raises."""
    temporary, handle, lock = _create_file(path)
    try:
        with os.fdopen(handle, "wb") as file:
            yield temporary, file
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    finally:
        if lock is not None:
            os.close(lock)


def _create_file(path: Path) -> tuple[Path, int, int | None]:
    """A new file beside `path`, opened for writing, and its lock. Never one that is there."""
    while True:
        temporary = _beside(path)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW | getattr(os, "O_BINARY", 0)
        try:
            handle = os.open(temporary, flags, 0o666)
        except FileExistsError:
            continue
        try:
            lock = _lock(temporary)
            if _is_at(temporary, handle):
                return temporary, handle, lock
            if lock is not None:
                os.close(lock)
        except BlockingIOError:
            pass
        os.close(handle)  # between its making and its locking it was taken for a leftover


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")


def leftovers(folder: Path, name: str = "*") -> list[Path]:
    """What killed programs left half-written in `folder`, in place of `name` or of anything.

    Also what versions left that named such files by the number of a process.
    """
    return [place for place in sorted(folder.glob(f".{name}.part")) if not _is_held(place)]


def remove_leftovers(folder: Path, *, is_own: bool = True) -> None:
    """Delete what killed programs left half-written in `folder`.

    is_own: no other program writes there. Else what cannot be locked stays, as it may be in use.
    """
    for place in leftovers(folder):
        _remove_abandoned(place, is_own=is_own)


def _remove_abandoned(place: Path, *, is_own: bool = False) -> None:
    """Delete a leftover, if it still is one when it is locked."""
    with suppress(OSError):  # BlockingIOError: someone works on it
        lock = _lock(place)
        try:
            if lock is None and not is_own:
                return
            if place.is_dir() and not place.is_symlink():
                shutil.rmtree(place, ignore_errors=True)
            else:
                place.unlink()
        finally:
            if lock is not None:
                os.close(lock)


def _is_held(place: Path) -> bool:
    """Whether a program works on it now."""
    try:
        lock = _lock(place)
    except BlockingIOError:
        return True
    if lock is not None:
        os.close(lock)
    return False


def check_new(path: Path | None, *, overwrite: bool) -> None:
    """Raises FileError if a file at `path` would be replaced and must not be, or is a folder."""
    if path is not None and path.exists() and (path.is_dir() or not overwrite):
        hint = "Name a file." if path.is_dir() else "Replace it with `overwrite`."
        raise FileError(f"{path} exists. {hint}")


def keep_as(path: Path, kept: Path) -> bool:
    """Have the file at `path` also at `kept`, as a second name of it; whether that can be done.

    It stays there when `path` is replaced. Some file systems have no second names.
    """
    temporary = _beside(kept)
    try:
        os.link(path, temporary)
        temporary.replace(kept)
    except OSError:
        return False
    finally:
        with suppress(OSError):  # two names of one file: to rename one to the other does nothing
            temporary.unlink()
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
    for place in leftovers(path.parent, f"{escape(path.name)}.*"):
        _remove_abandoned(place)
    place, lock = _create_folder(path)
    try:
        (place / "new").mkdir()
        yield place / "new"
        _replace(place, path)
    finally:
        if lock is not None:
            os.close(lock)
        shutil.rmtree(place, ignore_errors=True)


def _create_folder(path: Path) -> tuple[Path, int | None]:
    """A new folder beside `path`, and its lock."""
    while True:
        place = _beside(path)
        try:
            place.mkdir()
            lock = _lock(place)
        except (FileExistsError, BlockingIOError):
            continue
        if place.is_dir() and (lock is None or _is_at(place, lock)):
            return place, lock
        if lock is not None:  # between its making and its locking it was taken for a leftover
            os.close(lock)


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
            handle = os.open(path, os.O_RDWR | os.O_CREAT | NO_FOLLOW, 0o666)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise FileError(f"{path}: a link, which no lock is. Remove it.") from error
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(handle, 20).decode("ascii", "replace").strip()
            os.close(handle)
            return holder if error.errno in HELD else None
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


def _lock(place: Path) -> int | None:
    """A lock that ends with this process, or None if there are none here.

    Raises BlockingIOError if another program has it.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    try:
        descriptor = os.open(place, os.O_RDONLY | NO_FOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in HELD:
            raise BlockingIOError(*error.args) from error
        return None
    return descriptor
