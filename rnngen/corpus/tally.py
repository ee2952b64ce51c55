"""What was left out or replaced while a file was read, counted so that it can be said."""

from __future__ import annotations

import codecs
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnngen.counts import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

REPLACEMENT = "\ufffd"
HANDLERS = {"replace": "rnngen-replace", "skip": "rnngen-skip"}
_active = threading.local()
"""Its `tally` is that of the block this thread decodes: a handler is given nothing else."""


@dataclass
class Tally:
    """Of one file, or of the part of it that was read."""

    name: str = ""
    """The file, as messages show it."""
    rows: int = 0
    empty_rows: int = 0
    """Rows of a table without text in the column: no such key, null, empty or blank."""
    first_empty: int = 0
    """The line of the first one."""
    bad_bytes: int = 0
    """Bytes that are not in the file's encoding."""
    first_bad: tuple[int, int] = (0, 0)
    """The line and the value of the first one."""
    lines: int = 0
    """Line ends read before the block that is being decoded."""
    lines_before: Callable[[], int] = lambda: 0
    """Counts those of the file before the part that is read; asked only to name a place."""
    is_ascii: bool = True
    """Nothing but ASCII has been read."""
    unlabelled_rows: int = 0
    """Rows with text, but without label."""
    messages: int = 0
    """Of a chat."""
    silent_messages: int = 0
    """Those without text: pictures, calls, what was deleted."""
    other_lines: int = 0
    """Lines of a chat that nobody said."""
    held: str = ""
    """Text before the block that may belong to a line end."""

    def add_row(self, line: int, *, is_empty: bool) -> None:
        self.rows += 1
        if is_empty:
            self.first_empty = self.first_empty or line + self.lines_before()
            self.empty_rows += 1

    def decode(self, decoder: codecs.IncrementalDecoder, block: bytes) -> str:
        """The text of the next block. Bytes that the decoder's handler meets are counted here."""
        outer = getattr(_active, "tally", None)
        _active.tally = self
        try:
            return decoder.decode(block, final=not block)
        finally:
            _active.tally = outer

    def add_bad(self, error: UnicodeDecodeError) -> None:
        if not self.bad_bytes:
            before = self.held + error.object[: error.start].decode(error.encoding, "ignore")
            lines = before.replace("\r\n", "\n").replace("\r", "\n").count("\n")
            line = 1 + self.lines_before() + self.lines + lines
            self.first_bad = line, error.object[error.start]
        self.bad_bytes += error.end - error.start


def remarks(tallies: Iterable[Tally], *, column: str | None, encoding: str, mode: str) -> list[str]:
    """What there is to say of some files, a sentence each."""
    found = list(tallies)
    said = []
    if lacking := [tally for tally in found if tally.empty_rows]:
        first, rows = lacking[0], sum(tally.rows for tally in found)
        empty = sum(tally.empty_rows for tally in lacking)
        said.append(
            f"{empty:,} of {rows:,} rows had no {column!r} and were left out; "
            f"the first: {first.name}, line {first.first_empty}."
        )
    if bad := [tally for tally in found if tally.bad_bytes]:
        first, number = bad[0], sum(tally.bad_bytes for tally in bad)
        was = "were replaced by U+FFFD" if mode == "replace" else "were left out"
        line, byte = first.first_bad
        said.append(
            f"{count(number, 'byte')} not {encoding} "
            f"{was if number > 1 else was.replace('were', 'was', 1)}; "
            f"the first: 0x{byte:02x} in {first.name}, line {line}."
        )
    if unlabelled := sum(tally.unlabelled_rows for tally in found):
        rows = sum(tally.rows - tally.empty_rows for tally in found)
        said.append(f"{unlabelled:,} of {rows:,} texts have no label; '' stands for it.")
    if messages := sum(tally.messages for tally in found):
        silent = sum(tally.silent_messages for tally in found)
        others = sum(tally.other_lines for tally in found)
        said.append(
            f"{count(messages, 'message')} read. Left out: "
            f"{count(silent, 'message')} without text, "
            f"{count(others, 'line')} that nobody said."
        )
    return said


def _replace(error: UnicodeError) -> tuple[str, int]:
    return REPLACEMENT, _counted(error)


def _skip(error: UnicodeError) -> tuple[str, int]:
    return "", _counted(error)


def _counted(error: UnicodeError) -> int:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    _active.tally.add_bad(error)
    return error.end


codecs.register_error(HANDLERS["replace"], _replace)
codecs.register_error(HANDLERS["skip"], _skip)
