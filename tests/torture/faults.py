"""Places in which things go wrong: between any two things that a process does to its files.

Nothing in the program knows of them. In a process of a test, the functions of `os` and `io` that
change files are replaced by ones that count. At the chosen count the process is killed, as by
`kill -9`; or it gets a signal; or from there on the system refuses what a full disk, a read-only
one, lost permissions or a lack of file descriptors refuse. A write is done in two halves, with a
place between them.
"""

from __future__ import annotations

import errno
import io
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CALLS = ("fsync", "replace", "rename", "link", "unlink", "remove", "mkdir", "rmdir", "truncate")
GROWS = ("fsync", "link", "mkdir", "a write", "open")
"""What a full disk refuses."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong."""

    name: str
    signals: tuple[int, ...] = ()
    """Sent at the place, and at those that follow."""
    refuses: tuple[str, ...] = ()
    """What fails from the place on."""
    reason: int = 0
    """The number of the error it then is."""


KILL = Fault("killed", (signal.SIGKILL,))
FAULTS = (
    Fault("disk full", refuses=GROWS, reason=errno.ENOSPC),
    Fault("device fails", refuses=("fsync", "a write"), reason=errno.EIO),
    Fault("read-only", refuses=(*CALLS, "open", "a write"), reason=errno.EROFS),
    Fault("permission lost", refuses=(*CALLS, "open"), reason=errno.EACCES),
    Fault("no descriptors", refuses=("open",), reason=errno.EMFILE),
    Fault("SIGINT", (signal.SIGINT,)),
    Fault("SIGINT twice", (signal.SIGINT, signal.SIGINT)),
    Fault("SIGTERM", (signal.SIGTERM,)),
    Fault("SIGHUP", (signal.SIGHUP,)),
)


class FaultPoints:
    """Counts the places that a process comes to, and lets one thing go wrong at one of them."""

    def __init__(
        self, home: Path, fault: Fault, place: int | None, *, is_of_group: bool = False
    ) -> None:
        """home: files below it count.  place: from 1; None: never.

        is_of_group: all processes of the group are killed.
        """
        self._home, self._fault, self._place = str(home), fault, place
        self._is_of_group = is_of_group
        self.count = 0

    def install(self) -> None:
        for name in CALLS:
            setattr(os, name, self._around(name, getattr(os, name)))
        os_open, fdopen, io_open = os.open, os.fdopen, io.open

        def open_place(path: Any, flags: int, *rest: Any, **named: Any) -> int:
            if self._is_ours(path):
                self.at("before", "open")
            return os_open(path, flags, *rest, **named)

        def open_handle(handle: int, mode: str = "r", *rest: Any, **named: Any) -> Any:
            return self._watched(fdopen(handle, mode, *rest, **named), mode)

        def open_path(path: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
            if set(mode) & set("wax+") and self._is_ours(path):
                self.at("before", "open")
            return self._watched(io_open(path, mode, *rest, **named), mode)

        os.open = open_place
        os.fdopen = open_handle  # type: ignore[assignment]
        io.open = open_path  # type: ignore[assignment]

    def at(self, when: str, what: str) -> None:
        """The process comes to a place: `before`, `within` or `after` something."""
        self.count += 1
        if self._place is None or self.count < self._place:
            return
        if self.count < self._place + len(self._fault.signals):
            number = self._fault.signals[self.count - self._place]
            if number == signal.SIGKILL:
                os.write(2, f"killed {when} {what}\n".encode())
            (os.killpg if self._is_of_group else os.kill)(
                0 if self._is_of_group else os.getpid(), number
            )
        if what in self._fault.refuses and when != "after":
            raise OSError(self._fault.reason, os.strerror(self._fault.reason))

    def _is_ours(self, path: Any) -> bool:
        return isinstance(path, str | os.PathLike) and os.fspath(path).startswith(self._home)

    def _around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self.at("before", name)
            result = call(*arguments, **named)
            self.at("after", name)
            return result

        return counted

    def _watched(self, file: Any, mode: str) -> Any:
        if not set(mode) & set("wax+"):
            return file
        try:
            path = str(Path(f"/proc/self/fd/{file.fileno()}").readlink())
        except OSError:
            return file
        return _WatchedFile(file, self.at) if path.startswith(self._home) else file


class _WatchedFile:
    """A file that is written in halves."""

    def __init__(self, file: Any, at: Callable[[str, str], None]) -> None:
        self._file, self._at = file, at

    def write(self, data: Any) -> int:
        self._at("before", "a write")
        half = len(data) // 2
        self._file.write(data[:half])
        self._file.flush()
        self._at("within", "a write")
        self._file.write(data[half:])
        self._at("after", "a write")
        return len(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _WatchedFile:
        self._file.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._at("before", "a close")
        self._file.__exit__(*error)
        self._at("after", "a close")
