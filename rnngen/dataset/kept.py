"""What is kept of texts cut into tokens: how much room it takes, and deleting it.

The folder is the one that cache.py fills. What another process is writing at the moment is no part
of it. What a process that was killed left half-written is.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnngen.counts import count
from rnngen.errors import FileError
from rnngen.files import leftovers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FOLDER = ".tokens"


@dataclass(frozen=True)
class Kept:
    """A file or folder of tokens."""

    path: Path
    bytes: int
    used: float
    """When it was last read or written, as `time.time` gives it."""
    about: str = ""
    """What it is, for people."""

    def to_dict(self) -> dict[str, Any]:
        """The JSON object that `rnngen clean` prints; docs/scripting.md explains the keys."""
        return {
            "path": str(self.path),
            "about": self.about,
            "bytes": self.bytes,
            "used": self.used,
        }


def folder(home: Path) -> Path:
    """Where tokens are kept.  home: that of runs."""
    return home / FOLDER


def list_kept(home: Path) -> list[Kept]:
    """All that is kept, the largest first."""
    try:
        entries = [path for path in folder(home).iterdir() if not path.name.startswith(".")]
    except OSError:
        return []
    entries += leftovers(folder(home))
    return sorted(map(_measured, entries), key=lambda kept: (-kept.bytes, kept.path.name))


def delete(kept: Sequence[Kept]) -> None:
    """Delete these. Raises FileError for what cannot be, after the others are gone."""
    failed: list[OSError] = []
    for entry in kept:
        try:
            if entry.path.is_dir():
                shutil.rmtree(entry.path)
            else:
                entry.path.unlink(missing_ok=True)
        except OSError as error:
            failed.append(error)
    if failed:
        first = failed[0]
        raise FileError(f"{first.filename}: cannot be deleted: {first.strerror}.") from first
    for entry in kept[:1]:
        with contextlib.suppress(OSError):  # something else is in it
            entry.path.parent.rmdir()


def _measured(path: Path) -> Kept:
    total, used = 0, 0.0
    for file in (path, *path.rglob("*")) if path.is_dir() else (path,):
        with contextlib.suppress(OSError):  # another process deletes it
            status = file.stat()
            total += status.st_size if file.is_file() else 0
            used = max(used, status.st_atime, status.st_mtime)
    return Kept(path, total, used, _about(path))


def _about(path: Path) -> str:
    if path.name.startswith("."):
        return "left half-written"
    if path.suffix == ".shards":
        return "parts of a text"
    if path.name.startswith("tokenizer-"):
        return "a tokenizer"
    if path.suffix == ".json":
        return "digests of large files"
    try:
        facts = json.loads((path / "store.json").read_text(encoding="utf-8"))
        tokens, documents = facts["num_tokens"], facts["num_documents"]
        stream = facts["documents"] == "none"
        parts = "one stream" if stream else count(int(documents), "document")
        return f"a text of {count(int(tokens), 'token')}, {parts}"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "a damaged text"
