"""The files of folders and patterns: each once, by device and inode, whatever links lead to it.

What is no file to read (a pipe, a device, a link to nothing) is left out, and said.
"""

from __future__ import annotations

import glob
import os
import stat
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rnngen.corpus import special

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MOST_NAMED = 5
ANY_DEPTH = "**"


@dataclass
class LeftOut:
    """What was met and is not read, each with the reason."""

    reasons: list[str] = field(default_factory=list)

    def add(self, path: Path | str, reason: str) -> None:
        name = str(path)
        self.reasons.append(f"{name if name.isprintable() else repr(name)} ({reason})")

    def note(self) -> str:
        """One sentence, "" if there is nothing to say."""
        if not self.reasons:
            return ""
        more = len(self.reasons) - MOST_NAMED
        rest = f" and {more} more" if more > 0 else ""
        return f"left out: {', '.join(self.reasons[:MOST_NAMED])}{rest}."


def in_folder(path: str, is_wanted: Callable[[str], bool], left_out: LeftOut) -> list[str]:
    """The files below a folder whose names are wanted, sorted; hidden ones are left out.

    Raises OSError for a folder that cannot be read.
    """
    found = [
        folder / name
        for folder, names in _folders(Path(path), left_out)
        for name in names
        if is_wanted(name) and not _is_hidden(name)
    ]
    return [str(file) for file in sorted(_files(sorted(found), left_out))]


def matching(pattern: str, left_out: LeftOut) -> list[str]:
    """The files that match a pattern, sorted. Raises OSError for a folder that cannot be read."""
    found = _files(map(Path, sorted(set(_glob(pattern)))), left_out)
    # A Path has lost a leading "./", which the user may have typed.
    return sorted(map(str, found))


def _glob(pattern: str) -> Iterator[str]:
    """As glob.glob, whose `**` reads a folder again for each way that leads there."""
    parts = Path(pattern).parts
    if ANY_DEPTH not in parts:
        yield from glob.glob(pattern)  # noqa: PTH207 (Path.glob: relative only)
        return
    at = parts.index(ANY_DEPTH)
    rest = parts[at + 1 :] or ("*",)
    heads = glob.glob(str(Path(*parts[:at]))) if at else ["."]  # noqa: PTH207
    for head in heads:
        for folder, _ in _folders(Path(head), LeftOut()):
            yield from _glob(str(Path(glob.escape(str(folder)), *rest)))


def _folders(root: Path, left_out: LeftOut) -> Iterator[tuple[Path, list[str]]]:
    """A folder and those below it, each with the names of its files; links are followed last."""
    waiting, seen = deque([root]), set[tuple[int, int]]()
    while waiting:
        begin = waiting.popleft()
        for folder, inner, names in os.walk(begin, onerror=_raise):
            status = Path(folder).stat()
            if (status.st_dev, status.st_ino) in seen:
                if Path(folder) == begin:
                    left_out.add(begin, "a link to a folder that is read already")
                inner.clear()
                continue
            seen.add((status.st_dev, status.st_ino))
            inner[:] = sorted(name for name in inner if not _is_hidden(name))
            waiting += [Path(folder, name) for name in inner if Path(folder, name).is_symlink()]
            yield Path(folder), names


def _files(paths: Iterable[Path], left_out: LeftOut) -> Iterable[Path]:
    """Those of the paths that can be read as files, each file once."""
    found: dict[tuple[int, int], Path] = {}
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            if not path.is_symlink():
                raise
            left_out.add(path, "a link to nothing")
            continue
        if stat.S_ISDIR(status.st_mode):
            continue
        if not stat.S_ISREG(status.st_mode):
            left_out.add(path, special.kind(status.st_mode))
            continue
        key = (status.st_dev, status.st_ino)
        first = found.setdefault(key, path)
        if first is not path:
            found[key] = path if _is_link(first) and not _is_link(path) else first
            other = first if found[key] is path else path
            left_out.add(other, f"the same file as {found[key]}")
    return found.values()


def _is_link(path: Path) -> bool:
    """Whether a link is on the way to it."""
    return path.resolve() != Path(os.path.abspath(path))  # noqa: PTH100 (follows no link)


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def _raise(error: OSError) -> None:
    raise error
