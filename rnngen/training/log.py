"""`log.jsonl`: the events of a run, one JSON object a line, flushed as they come."""

from __future__ import annotations

import contextlib
import json
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Self

from rnngen import runs
from rnngen.counts import count
from rnngen.errors import FileError
from rnngen.files import replace_file
from rnngen.training.events import Prepared, Saved
from rnngen.untrusted_json import parse_object

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rnngen.training.events import Event

FLAT_OBJECT = re.compile(rb'\{(?:[^{}"]|"(?:[^"\\]|\\.)*+")*+\}')
"""A JSON object with none within it, as events are."""


class Log:
    """Appends the events of a run to the log in its folder.

    The log of a run that replaces another takes the place of the other's with the first state that
    is saved: until then the other is whole, and a new run that fails leaves it so.
    """

    def __init__(
        self,
        path: Path,
        *,
        keep_until: int,
        has_ended: bool = False,
        note: Callable[[str], None] | None = None,
    ) -> None:
        """Open the log of a run that stands at step `keep_until`; its folder is the run's.

        What a killed run logged after the state it goes on from is dropped: it happens again.
        has_ended: what limited the run is found out and will not be once more.
        note: called with a line if the log held what no run writes.
        Raises FileError if the log cannot be read or written.
        """
        self._place, folder = path, path.parent
        self._path = folder / runs.NEW_LOG_FILE if runs.is_replacing(folder) else path
        read = ReadLog()
        if keep_until and self._path.exists():
            read = _read(self._path)
        again = {"stopped"} if has_ended else {"stopped", "limited"}
        kept = [e for e in read.events if e.step <= keep_until and e.event not in again]
        self.has_saved = any((e.step, e.event) == (keep_until, "saved") for e in kept)
        """Whether it tells of the state that the run goes on from."""
        replace_file(self._path, b"".join(e.line for e in kept))
        if note is not None and (changes := read.changes()):
            note(f"{path}: {changes}")
        self._open()

    def _open(self) -> None:
        # The name of a file may hold bytes that are no text: \udcff is how JSON writes such a one.
        self._file = self._path.open("a", encoding="utf-8", errors="backslashreplace")

    def observe(self, event: Event) -> None:
        """Append one event. Raises FileError if the disk does not take it.

        What a run is made from, its model and its state hold.
        """
        if isinstance(event, Prepared):
            return
        fields = {
            key: value
            for key, value in event.to_json().items()
            if not (isinstance(value, float) and not math.isfinite(value))
        }
        try:
            self._file.write(json.dumps(fields, ensure_ascii=False) + "\n")
            self._file.flush()
            if isinstance(event, Saved) and self._path != self._place:
                self._take_place()
        except OSError as error:
            raise FileError(f"{self._path}: cannot be written: {error.strerror}.") from error

    def _take_place(self) -> None:
        self._file.close()  # some systems rename no open file
        self._path = self._path.replace(self._place)
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # the last write already said so
            self._file.close()


class LoggedEvent(NamedTuple):
    step: int
    event: str
    line: bytes


@dataclass
class ReadLog:
    """What a log holds."""

    events: list[LoggedEvent] = field(default_factory=list)
    foreign: int = 0
    """Lines that no run writes."""
    glued: int = 0
    """Events that stood behind others, or behind half of another."""

    def changes(self) -> str:
        """What going on makes of it, as a sentence; empty if nothing that needs to be said."""
        parts = []
        if self.foreign:
            one = "line is no event and was left out"
            parts.append(count(self.foreign, one, "lines are no events and were left out"))
        if self.glued:
            one = "event shared a line and has its own now"
            parts.append(count(self.glued, one, "events shared lines and have their own now"))
        return f"{'; '.join(parts)}. The run itself is whole." if parts else ""


def _read(path: Path) -> ReadLog:
    try:
        *lines, last = path.read_bytes().split(b"\n")
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}.") from error
    read = ReadLog()
    for line in lines:
        _add_line(read, line)
    _add_line(read, last, is_ended=False)
    return read


def _add_line(read: ReadLog, line: bytes, *, is_ended: bool = True) -> None:
    """is_ended: by a newline; else a killed process may have left half of it."""
    event = _event(line)
    found = [event] if event else [e for part in _parts(line) if (e := _event(part))]
    read.events += found
    if event is None:
        read.glued += len(found)
        read.foreign += bool(not found and is_ended and line.strip())


def _parts(line: bytes) -> list[bytes]:
    """What may be an event each, where a line is several of them or half of one and others.

    Within the text of an event these signs cannot stand: JSON escapes the quotes.
    """
    places = (found.start() for found in re.finditer(rb'\{"event"', line))
    return [found[0] for place in places if (found := FLAT_OBJECT.match(line, place))]


def _event(line: bytes) -> LoggedEvent | None:
    """The event that a line is, if it is one."""
    try:
        fields = parse_object(line.decode("utf-8"))
    except ValueError:
        return None
    step, event = fields.get("step"), fields.get("event")
    if not isinstance(event, str) or type(step) is not int or step < 0:
        return None
    return LoggedEvent(step, event, line.rstrip() + b"\n")
