"""A process that reads case after case, and is ended from outside where one does not end.

What it says goes into a small file that both processes map, so that nothing is lost if it crashes:

    number of the case it reads    accepted    refused    failed        int64 each, little-endian
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import importlib.util
import io
import mmap
import os
import random
import struct
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from rnngen.errors import RnngenError
from tests.fuzz.cases import mutated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fuzz.base import Reader

BOARD = struct.Struct("<4q")
MOST_MEMORY = 1 << 30
"""Bytes beyond those that the program takes once it is loaded."""
NO_CASE = -1
READERS = {
    "model": "readers:ModelReader",
    "state": "readers:StateReader",
    "subword": "readers:SubwordReader",
    "store": "readers:StoreReader",
    "tokenizer": "readers:TokenizerReader",
    "log": "small_readers:LogReader",
    "preset": "small_readers:PresetReader",
    "form": "small_readers:FormReader",
    "config": "small_readers:ConfigReader",
    "text": "text_readers:TextReader",
    "csv": "text_readers:CsvReader",
    "tsv": "text_readers:TsvReader",
    "jsonl": "text_readers:JsonLinesReader",
    "markdown": "text_readers:MarkdownReader",
    "srt": "text_readers:SubtitlesReader",
    "vtt": "text_readers:WebSubtitlesReader",
    "html": "text_readers:HtmlReader",
    "epub": "text_readers:EpubReader",
    "gzip": "text_readers:GzipReader",
    "xz": "text_readers:XzReader",
    "bzip2": "text_readers:Bzip2Reader",
    "zstandard": "text_readers:ZstandardReader",
}
"""Name -> module:Class. A process imports what its reader needs, and no more."""
OPTIONAL = {"state": "torch", "zstandard": "zstandard"}
"""Readers that need a package."""
KINDS = ("mutated", "structured")


def available() -> list[str]:
    """The readers whose packages are installed."""
    return [
        name
        for name in READERS
        if name not in OPTIONAL or importlib.util.find_spec(OPTIONAL[name]) is not None
    ]


def reader_class(name: str) -> type[Reader]:
    """The reader of that name, or the class at `module:Class`."""
    module, _, own = READERS.get(name, name).partition(":")
    found: type[Reader] = getattr(importlib.import_module(f"tests.fuzz.{module}"), own)
    return found


def short_name(name: str) -> str:
    """What the files of a reader's failures are called."""
    return name.rpartition(":")[2]


def case(reader: Reader, kind: str, seed: int, number: int) -> bytes:
    """The content of a case; the same for ever but for changes of the format."""
    rng = random.Random(f"{seed} {type(reader).__name__} {kind} {number}")
    return mutated(reader.seeds, rng) if kind == "mutated" else reader.structured(rng)


def complaint(reader: Reader, content: bytes) -> str | None:
    """What is wrong with how the reader takes a file; "" if it refuses it, None if it accepts."""
    path = reader.place / f"case{reader.suffix}"
    path.write_bytes(content)
    try:
        reader.read(path)
    except RnngenError as error:
        return "" if "\n" not in str(error).strip() else f"an error of several lines: {error}"
    except BaseException:
        return traceback.format_exc()
    return None


def main() -> None:
    faulthandler.enable()
    name, kind, board_name, kept, seed, first, count = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, open(board_name, "r+b") as file:  # noqa: PTH123
        os.chdir(folder)
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            reader = reader_class(name)(Path(folder))
            complaint(reader, reader.seeds[0])  # imports what it needs
        _limit_memory()
        board = mmap.mmap(file.fileno(), BOARD.size)
        numbers = range(int(first), int(first) + int(count))
        for number, found in _read_all(reader, kind, int(seed), numbers, board):
            keep(Path(kept), f"{short_name(name)}-{kind}-{seed}-{number}{reader.suffix}", found)


def _read_all(
    reader: Reader, kind: str, seed: int, numbers: range, board: mmap.mmap
) -> Iterator[tuple[int, tuple[bytes, str]]]:
    """Read the cases; gives the number, content and complaint of those that fail."""
    counts = [0, 0, 0]
    for number in numbers:
        BOARD.pack_into(board, 0, number, *counts)
        content = case(reader, kind, seed, number)
        found = complaint(reader, content)
        counts[0 if found is None else 1 if not found else 2] += 1
        if found:
            yield number, (content, found)
    BOARD.pack_into(board, 0, NO_CASE, *counts)


def keep(folder: Path, name: str, found: tuple[bytes, str]) -> None:
    """Save a case that failed, and why."""
    folder.mkdir(parents=True, exist_ok=True)
    content, why = found
    (folder / name).write_bytes(content)
    (folder / f"{name}.why").write_text(why, encoding="utf-8", errors="backslashreplace")


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    statm = Path("/proc/self/statm")
    if statm.exists():
        taken = int(statm.read_text().split()[0]) * resource.getpagesize()
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (taken + MOST_MEMORY, most))


if __name__ == "__main__":
    main()
