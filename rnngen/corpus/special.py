"""What has a name like a file and is none: pipes, devices, and views of the running system.

A pipe is read once, whole, as stdin is. The others are refused: a device may never end, and what
the system tells of itself changes from one reading to the next, or waits for ever.
"""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rnngen.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from typing import BinaryIO

KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
VIEWS = ("/proc/", "/sys/")
"""Folders of the running system."""
PATIENCE = 5.0  # seconds that a writer may be late
LOOK = 0.02  # seconds between two looks for it


def kind(mode: int) -> str:
    """What a file that is no ordinary one is."""
    return next((name for is_so, name in KINDS if is_so(mode)), "no ordinary file")


def check_file(name: str, status: os.stat_result) -> None:
    """Raises CorpusError for what is neither a file, nor a folder, nor a pipe."""
    mode = status.st_mode
    if stat.S_ISREG(mode) and os.path.realpath(name).startswith(VIEWS):
        raise CorpusError(f"{name}: a view of the running system. Copy it to a file first.")
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISFIFO(mode)):
        raise CorpusError(f"{name}: {kind(mode)}, and not a file of text.")


def check_stdin(stream: BinaryIO) -> None:
    """Raises CorpusError if stdin is a device other than a terminal, and not the empty one."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):  # not a file of the system
        return
    empty = Path(os.devnull).stat().st_rdev
    if stat.S_ISCHR(status.st_mode) and not stream.isatty() and status.st_rdev != empty:
        raise CorpusError("stdin: a device, and not a text.")


def pipe_blocks(name: str, size: int) -> Iterator[bytes]:
    """What is written to a named pipe, in blocks of `size` bytes at most.

    Raises CorpusError if no program writes to it.
    """
    with os.fdopen(os.open(name, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as stream:
        first = _first_block(stream)
        if first is None:
            raise CorpusError(
                f"{name}: a pipe that no program writes to. Start the program that does, or name a"
                " file."
            )
        os.set_blocking(stream.fileno(), True)
        if first:
            yield first
        while block := stream.read(size):
            yield block


def _first_block(stream: FileIO) -> bytes | None:
    """The first bytes, b"" if they are yet to come; None if no writer has come in time."""
    latest = time.monotonic() + PATIENCE
    while True:
        block = stream.read(1)
        if block is None:
            return b""  # a writer is there, which has written nothing yet
        if block:
            return block
        if time.monotonic() > latest:
            return None
        time.sleep(LOOK)
