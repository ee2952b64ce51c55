"""`log.jsonl`: the events of a run, one JSON object a line, flushed as they come."""

from __future__ import annotations

import contextlib
import json
import math
from typing import TYPE_CHECKING, Self

from rnngen import runs
from rnngen.errors import FileError
from rnngen.files import replace_file
from rnngen.training.events import Prepared, Saved

if TYPE_CHECKING:
    from pathlib import Path

    from rnngen.training.events import Event


class Log:
    """Appends the events of a run to the log in its folder.

    The log of a run that replaces another takes the place of the other's with the first state that
    is saved: until then the other is whole, and a new run that fails leaves it so.
    """

    def __init__(self, path: Path, *, keep_until: int) -> None:
        """Open the log of a run that stands at step `keep_until`; its folder is the run's.

        What a killed run logged after the state it goes on from is dropped: it happens again.
        """
        self._place, folder = path, path.parent
        self._path = folder / runs.NEW_LOG_FILE if runs.is_replacing(folder) else path
        is_kept = keep_until and self._path.exists()
        replace_file(self._path, b"".join(_lines_until(self._path, keep_until)) if is_kept else b"")
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


def _lines_until(path: Path, step: int) -> list[bytes]:
    kept = []
    for line in path.read_bytes().splitlines(keepends=True):
        try:
            fields = json.loads(line)
        except ValueError:  # a line the killed process did not finish
            continue
        if fields["step"] <= step and fields["event"] != "stopped":
            kept.append(line)
    return kept
