"""`log.jsonl`: the events of a run, one JSON object a line, flushed as they come."""

from __future__ import annotations

import contextlib
import json
import math
from typing import TYPE_CHECKING, Self

from rnngen.errors import FileError
from rnngen.files import replace_file
from rnngen.training.events import Prepared

if TYPE_CHECKING:
    from pathlib import Path

    from rnngen.training.events import Event


class Log:
    def __init__(self, path: Path, *, keep_until: int) -> None:
        """Open the log of a run that stands at step `keep_until`.

        What a killed run logged after the state it goes on from is dropped: it happens again.
        """
        self._path = path
        kept = b"".join(_lines_until(path, keep_until)) if keep_until and path.exists() else b""
        replace_file(path, kept)
        self._file = path.open("a", encoding="utf-8")

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
        except OSError as error:
            raise FileError(f"{self._path}: cannot be written: {error.strerror}.") from error

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
