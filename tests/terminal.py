"""The program at a terminal, as a person sits there: keys go in, and a screen shows what came out.

pyte emulates the screen, so a test sees what a person sees and not which bytes were sent.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from typing import Any

import pyte

from tests.conftest import ROOT

LIMIT = 120.0
"""Seconds after which what is waited for will not come."""


class Terminal:
    """A terminal of its own with a program in it; stdin, stdout and stderr are the terminal."""

    def __init__(
        self,
        arguments: list[Any],
        *,
        lines: int = 24,
        columns: int = 80,
        env: dict[str, str] | None = None,
        **streams: Any,
    ) -> None:
        """streams: other files in place of the terminal, as of Popen."""
        self._outer, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.bytes = b""
        """All that the program has written to the terminal."""
        self.screen = pyte.HistoryScreen(columns, lines, history=1000)
        self._stream = pyte.ByteStream(self.screen)
        pathed = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **(env or {})}
        pathed.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rnngen", *map(str, arguments)],
            env=pathed,
            preexec_fn=_take_terminal,
            **{"stdin": inner, "stdout": inner, "stderr": inner, **streams},
        )
        os.close(inner)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.go_away()

    def go_away(self) -> None:
        """As when its window is closed: whoever reads or writes there fails, and is told so."""
        if self._outer >= 0:
            os.close(self._outer)
        self._outer = -1

    @property
    def text(self) -> str:
        """What the screen shows, with what has scrolled off it; no blanks at the ends."""
        scrolled = [
            "".join(row[column].data for column in range(self.screen.columns))
            for row in self.screen.history.top
        ]
        rows = [row.rstrip() for row in (*scrolled, *self.screen.display)]
        return "\n".join(rows).rstrip("\n")

    def type(self, keys: str) -> None:
        """Press these keys; "\\x03" is Ctrl-C, "\\x04" is Ctrl-D, "\\x1b[A" the arrow up."""
        os.write(self._outer, keys.encode())

    def wait_for(self, what: str | Callable[[str], bool]) -> str:
        """Read until the screen shows `what`; returns what it shows then."""
        shows = what if callable(what) else lambda text: what in text
        end = time.monotonic() + LIMIT
        while not shows(self.text):
            assert time.monotonic() < end, f"waited for {what!r}, saw\n{self.text}"
            assert self._read(1.0) or self.process.poll() is None, (
                f"the program ended before {what!r}, the screen shows\n{self.text}"
            )
        return self.text

    def end(self) -> int:
        """Read to the end of the program; returns its exit code."""
        end = time.monotonic() + LIMIT
        while self._read(1.0) or self.process.poll() is None:
            assert time.monotonic() < end, f"it does not end; the screen shows\n{self.text}"
        return self.process.wait()

    def _read(self, seconds: float) -> bool:
        """Read what there is, waiting so long for it at most; whether there was something."""
        ready, _, _ = select.select([self._outer], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._outer, 65536)
        except OSError:  # Linux: the program has closed the other end
            return False
        self.bytes += data
        self._stream.feed(data)
        return bool(data)


def _take_terminal() -> None:
    """In the new process: a session of its own, so that Ctrl-C reaches it and nothing else."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup` may have begun the tests
    os.setsid()
    fcntl.ioctl(0 if os.isatty(0) else 1 if os.isatty(1) else 2, termios.TIOCSCTTY, 0)


def shown(text: str, *, lines: int = 24, columns: int = 80) -> str:
    """What a screen shows of a text, if it has room for all of it."""
    screen = pyte.Screen(columns, lines)
    pyte.Stream(screen).feed(text.replace("\n", "\r\n"))
    return "\n".join(row.rstrip() for row in screen.display).rstrip("\n")
