"""What is written where a person may sit: no text steers the terminal, no moving line gets in it.

stdout and stderr are often one terminal. So whatever is written there passes through here: a line
that moves, such as a progress, is taken away first, and comes back only where a line begins.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from rnngen.controls import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ERASE = "\r\x1b[K"


class _Screen:
    """What stands on the terminal now."""

    def __init__(self) -> None:
        self.begun = False  # the last line on stdout has not ended
        self.line: Callable[[], str] | None = None  # gives the moving line, if there is one
        self.is_drawn = False  # it stands on stderr

    def draw(self) -> None:
        """Draw the moving line, unless it would run into a line of text."""
        if self.line is None or (self.begun and sys.stdout.isatty()):
            return
        text = visible(self.line())[: max(1, _columns(sys.stderr) - 1)]
        self.is_drawn = True  # before it is written: Ctrl-C may come just after that
        _tell(ERASE + text)

    def erase(self) -> None:
        if self.is_drawn:
            _tell(ERASE)
            self.is_drawn = False


_screen = _Screen()


def put(text: str, *, raw: bool = False, flush: bool = True) -> None:
    """Write a part of the product to stdout.

    raw: a terminal gets control characters as they are, too. A file or a pipe always does.
    """
    try:
        _put(text, raw=raw, flush=flush)
    except OSError as error:
        error.filename = "stdout"  # for who tells of it
        raise


def _put(text: str, *, raw: bool, flush: bool) -> None:
    if not sys.stdout.isatty():
        sys.stdout.write(text)
        if flush:
            sys.stdout.flush()
        return
    with written(ends_line=text.endswith("\n") if text else not _screen.begun):
        sys.stdout.write(text if raw else visible(text))
        sys.stdout.flush()


@contextmanager
def written(*, ends_line: bool) -> Iterator[None]:
    """Write to the terminal within the block; the moving line is away, and comes back after it.

    ends_line: what is written ends with a newline.
    """
    _screen.erase()
    yield
    _screen.begun = not ends_line
    _screen.draw()


def say(line: str) -> None:
    """Write a line to stderr, below what stands there."""
    if not sys.stderr.isatty():
        _tell(line + "\n")
        return
    _screen.erase()
    end_line()
    _tell(visible(line) + "\n")
    _screen.draw()


def _tell(text: str) -> None:
    """Write to stderr, if it can be."""
    with to_people():
        sys.stderr.write(text)
        sys.stderr.flush()


@contextmanager
def to_people() -> Iterator[None]:
    """Write to stderr within the block. If nobody can read that any more, the work goes on.

    The reader of a pipe may have ended, the terminal may be gone, a disk may be full: a run that
    trains must not be lost for it. What comes after is not written.
    """
    try:
        yield
    except OSError:
        with suppress(OSError, ValueError):  # ValueError: it is no file
            _discard(sys.stderr)


def _discard(stream: TextIO) -> None:
    handle = os.open(os.devnull, os.O_WRONLY)
    os.dup2(handle, stream.fileno())
    os.close(handle)


def end_line() -> None:
    """Begin a new line on a terminal if the last one on stdout has not ended."""
    if _screen.begun and sys.stdout.isatty():
        sys.stdout.write("\n")
        sys.stdout.flush()
    _screen.begun = False


def can_move() -> bool:
    """Whether stderr is a terminal that can take a line away again."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def show_line(line: Callable[[], str]) -> None:
    """Keep a line below all else on the terminal, as stderr.  line: what it says now."""
    _screen.line = line
    _screen.draw()


def remove_line() -> None:
    """Take the moving line away, if there is one."""
    _screen.erase()
    _screen.line = None


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
