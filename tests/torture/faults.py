"""Places in which a process can be killed: between any two things that it does to its files.

Nothing in the program knows of them. In the process that is to be killed, the functions of `os`
and `io` that change files are replaced by ones that count, and at the chosen count the process
kills itself as `kill -9` does. A write is done in two halves, with a place between them.
"""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

CALLS = ("fsync", "replace", "rename", "link", "unlink", "remove", "mkdir", "rmdir", "truncate")


class FaultPoints:
    """Counts the places that a process comes to, and kills it at one of them."""

    def __init__(self, home: Path, *, kill_at: int | None, group: bool = False) -> None:
        """home: writes to files below it count.  kill_at: from 1; None: never.

        group: all processes of the group are killed.
        """
        self._home, self._kill_at, self._group = str(home), kill_at, group
        self.count = 0
        self.last = ""

    def install(self) -> None:
        for name in CALLS:
            setattr(os, name, self._around(name, getattr(os, name)))
        fdopen, io_open = os.fdopen, io.open

        def open_handle(handle: int, mode: str = "r", *rest: Any, **named: Any) -> Any:
            return self._watched(fdopen(handle, mode, *rest, **named), mode)

        def open_path(path: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
            return self._watched(io_open(path, mode, *rest, **named), mode)

        os.fdopen = open_handle  # type: ignore[assignment]
        io.open = open_path  # type: ignore[assignment]

    def at(self, place: str) -> None:
        """The process comes to a place."""
        self.count, self.last = self.count + 1, place
        if self.count == self._kill_at:
            os.write(2, f"killed {place}\n".encode())
            if self._group:
                os.killpg(0, signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)

    def _around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self.at(f"before {name}")
            result = call(*arguments, **named)
            self.at(f"after {name}")
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

    def __init__(self, file: Any, at: Callable[[str], None]) -> None:
        self._file, self._at = file, at

    def write(self, data: Any) -> int:
        self._at("before a write")
        half = len(data) // 2
        self._file.write(data[:half])
        self._file.flush()
        self._at("within a write")
        self._file.write(data[half:])
        self._at("after a write")
        return len(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _WatchedFile:
        self._file.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._at("before a close")
        self._file.__exit__(*error)
        self._at("after a close")
