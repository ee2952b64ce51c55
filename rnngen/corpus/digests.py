"""Digests of files, remembered where a file is large and has not been written since."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from rnngen.corpus.files import identity, sha256
from rnngen.errors import FileError
from rnngen.files import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from rnngen.corpus.files import Source

LARGE = 1 << 24  # bytes; smaller files are read again in no time


class DigestCache:
    """SHA-256 of files, kept in a JSON file: what `files.identity` tells of a file -> digest.

    It saves work and nothing depends on it: if it cannot be read or written, files are read.
    """

    def __init__(self, path: Path | None = None) -> None:
        """path: None: nothing is remembered."""
        self._path = path

    def of(self, sources: Iterable[Source]) -> Iterator[bytes]:
        """The digest of each file. Raises CorpusError if one cannot be read.

        New ones are kept at the end, also if that comes early.
        """
        known, new = self._read(), dict[str, str]()
        try:
            for source in sources:
                name = identity(source) if self._path and source.size >= LARGE else ""
                if name and name in known:
                    yield bytes.fromhex(known[name])
                    continue
                found = sha256(source)
                if name and identity(source) == name:  # it was not written meanwhile
                    new[name] = found.hex()
                yield found
        finally:
            if new:
                self._write({**self._read(), **new})

    def _read(self) -> dict[str, str]:
        if self._path is None:
            return {}
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {k: v for k, v in found.items() if isinstance(v, str) and _is_digest(v)}

    def _write(self, digests: dict[str, str]) -> None:
        """Replaced in one move; of two programs that write at once, one is forgotten."""
        assert self._path is not None
        with contextlib.suppress(OSError, FileError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._path, json.dumps(digests, indent=1).encode())


def _is_digest(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")
