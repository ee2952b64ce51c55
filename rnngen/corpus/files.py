"""From what the user named to blocks of bytes: files, folders, globs, `-`, and compressed files.

A path with `://` is on another machine (see remote.py).
"""

from __future__ import annotations

import atexit
import errno
import glob
import hashlib
import stat
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from rnngen.corpus import folders, remote, special
from rnngen.corpus.folders import LeftOut
from rnngen.corpus.malloc import release_free_memory
from rnngen.corpus.watch import watched
from rnngen.errors import CorpusError, install_hint
from rnngen.suggest import similar_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rnngen.corpus.layout import TableLayout

BLOCK = 1 << 19  # bytes read at once
BETWEEN = 64  # blocks after which free memory is given back
ZSTD_BLOCK = 1 << 12  # compressed bytes; 4 KiB unpack to at most 128 MiB, whatever the file holds
ZSTD_WINDOW = 1 << 27  # bytes of memory that any file may take, and a large one more
GROWTH = 250  # times its size that a compressed file may unpack to; text shrinks 2 to 30 times
FREE_GROWTH = 1 << 26  # bytes that any may unpack to
COMPRESSED = {".gz": "gzip", ".xz": "lzma", ".bz2": "bz2", ".zst": "zstandard"}
MARKUP = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".srt": "subtitles",
    ".vtt": "subtitles",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".epub": "epub",
}
"""Endings of texts with markup, and what it is: see markup.py."""
TEXTS = (".txt", *MARKUP)
"""Endings of the files that a folder stands for."""
NAMED_TEXTS = ".txt, .md, .srt, .vtt, .html or .epub"
STDIN = "-"
SETTLED = 2.0  # seconds; some file systems tell times no better


@dataclass(frozen=True)
class Source:
    """One file to read, as often as wanted."""

    name: str  # as messages show it
    path: str  # absolute
    size: int  # bytes on disk; 0 if a far machine does not tell
    spooled: bool = False  # a temporary copy of what can be read only once
    start: int = 0  # the bytes that are read of a file that is not packed, [start, stop)
    stop: int | None = None
    table: TableLayout | None = None
    """How its rows are found; None: it is a text."""
    markup: str = ""
    """One of the values of `MARKUP`, "" for plain text."""
    is_found: bool = False
    """It was not named itself, but is in a folder or matches a pattern."""
    growth: int = GROWTH
    """How many times its size it may unpack to."""

    @property
    def compression(self) -> str:
        """The ending that says how to unpack it, "" if there is nothing to unpack."""
        suffix = Path(self.path).suffix.lower()
        return suffix if suffix in COMPRESSED else ""

    def describe(self) -> str:
        """What `reopen` finds the file by."""
        return STDIN if self.spooled else self.path


def find(
    paths: Sequence[str], left_out: LeftOut | None = None, *, growth: int | None = None
) -> list[Source]:
    """The files that `paths` mean, in the order given; folders and globs sorted.

    left_out: where what is not read of folders and globs is noted.
    growth: how many times its size a file may unpack to; `GROWTH` if omitted.
    Raises CorpusError if one of them means no readable file.
    """
    if not paths or "" in paths:
        raise CorpusError("no corpus given. Name a text file, a folder, or - for stdin.")
    if list(paths).count(STDIN) > 1:
        raise CorpusError("stdin (-) is named twice, and it can be read only once.")
    left_out = left_out or LeftOut()
    found = [source for path in paths for source in _expand(path, left_out)]
    return [replace(each, growth=growth or GROWTH) for each in found]


def source(name: str) -> Source:
    """The file `name`, checked to be there and readable."""
    if remote.is_remote(name):
        return Source(name, name, remote.size(name))
    try:
        path = Path(name).absolute()
        status = path.stat()
        special.check_file(name, status)
        if stat.S_ISFIFO(status.st_mode):
            # A pipe, such as the shell's <(command), can be read only once, as stdin.
            return _spool(special.pipe_blocks(str(path), BLOCK))
        with path.open("rb"):
            return Source(name, str(path), status.st_size)
    except OSError as error:
        if error.errno == errno.ENOENT and Path(name).is_symlink():
            target = str(Path(name).readlink())
            raise CorpusError(f"{name}: a link to {target!r}, which is not there.") from error
        meant = similar_file(name) if error.errno == errno.ENOENT else ""
        raise CorpusError(f"{name}: {_explain(error)}.{meant}") from error
    except ValueError as error:  # a NUL in the name
        raise CorpusError(f"{name!r}: no such file.") from error


def blocks(source: Source) -> Iterator[bytes]:
    """The unpacked bytes of a file, in blocks, none empty.

    Raises CorpusError if the file cannot be read, is damaged or is cut off.
    """
    packed = source.compression
    try:
        unpacked = _unpack_zstd(source) if packed == ".zst" else _unpack(source)
        for number, block in enumerate(within_growth(source, unpacked) if packed else unpacked):
            yield block
            if number % BETWEEN == BETWEEN - 1:
                release_free_memory()
    except (MemoryError, CorpusError):
        raise
    except Exception as error:  # EOFError, zlib.error, LZMAError, ZstdError: no common base
        if isinstance(error, OSError) and error.errno:
            raise CorpusError(f"{source.name}: {_explain(error)}.") from error
        if remote.is_remote(source.path):
            raise remote.explain(source.name, error) from error
        if not packed:
            raise
        if "too much memory" in str(error):
            raise CorpusError(
                f"{source.name}: needs more memory to unpack than a file of its size may take. If"
                " you trust the file, raise `max_growth`."
            ) from error
        raise CorpusError(
            f"{source.name}: damaged or cut off ({str(error).rstrip('.')}); "
            f"make or fetch the {packed} file again."
        ) from error


def within_growth(source: Source, unpacked: Iterable[bytes]) -> Iterator[bytes]:
    """The blocks that a file unpacks to. Raises CorpusError if they are more than any text's.

    A small file that unpacks without end would keep a machine busy for days.
    """
    size = 0
    for block in unpacked:
        size += len(block)
        check_growth(source, size)
        yield block


def check_growth(source: Source, size: int) -> None:
    """Raises CorpusError if a file should not unpack to so many bytes. One that does not tell its
    size, on a far machine, may unpack to `FREE_GROWTH` times `growth`."""
    if size > FREE_GROWTH + source.growth * (source.size or FREE_GROWTH):
        raise CorpusError(
            f"{source.name}: unpacks to more than {source.growth} times its size, which hardly any"
            " text does. If you trust the file, raise `max_growth`."
        )


def sha256(source: Source) -> bytes:
    """The digest of a file as it is on disk."""
    hasher = hashlib.sha256()
    try:
        with open_binary(source) as stream:
            while block := stream.read(BLOCK):
                hasher.update(block)
    except OSError as error:
        raise CorpusError(f"{source.name}: {_explain(error)}.") from error
    return hasher.digest()


def identity(source: Source) -> str:
    """What changes when the file does: its name, size, and when it was last written.

    "" where that cannot be known, or if it was written so lately that it may be again unnoticed.
    """
    if remote.is_remote(source.path):
        return remote.identity(source.path)
    try:
        status = Path(source.path).stat()
    except OSError:
        return ""
    is_settled = time.time() - status.st_mtime > SETTLED
    return f"{source.path} {status.st_size} {status.st_mtime_ns}" if is_settled else ""


def open_binary(source: Source) -> BinaryIO:
    """The file as it is on disk, opened to read."""
    if remote.is_remote(source.path):
        return watched(remote.open_remote(source.path), source.path)
    return watched(Path(source.path).open("rb", buffering=0), source.path)


def _explain(error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return "no such file or folder"
    return (error.strerror or str(error)).lower()


def ending(path: str, endings: tuple[str, ...]) -> str:
    """Which of `endings` the path has, before the ending of a compression; "" if none."""
    inner = Path(path)
    if inner.suffix.lower() in COMPRESSED:
        inner = inner.with_suffix("")
    suffix = inner.suffix.lower()
    return suffix if suffix in endings else ""


def _is_text(name: str) -> bool:
    return bool(ending(name, TEXTS))


def _expand(path: str, left_out: LeftOut) -> list[Source]:
    if path == STDIN:
        special.check_stdin(sys.stdin.buffer)
        return [_spool(iter(partial(sys.stdin.buffer.read, BLOCK), b""))]
    if remote.is_remote(path):
        names = remote.find(path, _is_text, NAMED_TEXTS)
        return [_found(name) if name != path else source(name) for name in names]
    before = len(left_out.reasons)
    try:
        if Path(path).is_dir():
            names = folders.in_folder(path, _is_text, left_out)
            missing = (
                f"no {NAMED_TEXTS} file in this folder. Name other files with a pattern, "
                f"such as '{Path(path) / '*.log'}'"
            )
        elif glob.has_magic(path) and not Path(path).exists():
            names = folders.matching(path, left_out)
            missing = "no file matches this pattern"
        else:
            return [source(path)]
    except OSError as error:
        raise CorpusError(f"{error.filename or path}: {_explain(error)}.") from error
    if not names:
        seen = LeftOut(left_out.reasons[before:]).note()
        raise CorpusError(f"{path}: {missing}." + (f" It was {seen}" if seen else ""))
    return [_found(name) for name in names]


def _found(name: str) -> Source:
    return replace(source(name), is_found=True)


def _spool(blocks: Iterator[bytes]) -> Source:
    """Copy what comes to a temporary file, deleted when the program ends."""
    try:
        with tempfile.NamedTemporaryFile(prefix="rnngen-", suffix=".txt", delete=False) as copy:
            atexit.register(Path(copy.name).unlink, missing_ok=True)
            copy.writelines(blocks)
            return Source("stdin", copy.name, copy.tell(), spooled=True)
    except OSError as error:
        raise CorpusError(f"stdin: {_explain(error)}.") from error


def _unpack(source: Source) -> Iterator[bytes]:
    with open_binary(source) as stream:
        if source.compression:
            with _module(source).open(stream, "rb") as unpacked:
                while block := unpacked.read(BLOCK):
                    yield block
        else:
            yield from _range(stream, source.start, source.stop)


def _range(stream: BinaryIO, start: int, stop: int | None) -> Iterator[bytes]:
    """Bytes [start, stop). Blocks end where they do if all of the file is read: see shards.py."""
    if start:
        stream.seek(start)
    place = start
    while stop is None or place < stop:
        size = BLOCK - place % BLOCK
        block = stream.read(size if stop is None else min(size, stop - place))
        if not block:
            break
        yield block
        place += len(block)


def _unpack_zstd(source: Source) -> Iterator[bytes]:
    """zstandard's own reader ends quietly where a file is cut off, so frames are walked here."""
    zstandard = _module(source)
    window = min(max(ZSTD_WINDOW, source.growth * source.size), 1 << 31)
    start = zstandard.ZstdDecompressor(max_window_size=window).decompressobj
    frame, inside = start(), False
    with open_binary(source) as stream:
        while packed := stream.read(ZSTD_BLOCK):
            while packed:
                if block := frame.decompress(packed):
                    yield block
                inside, packed = not frame.eof, frame.unused_data if frame.eof else b""
                if frame.eof:
                    frame = start()
    if inside:
        raise EOFError("the last frame is not complete")


def _module(source: Source):  # type: ignore[no-untyped-def]  # four modules without common type
    name = COMPRESSED[source.compression]
    try:
        return import_module(name)
    except ImportError as error:
        hint = f": {install_hint('zstd')}" if name == "zstandard" else ", missing in this Python"
        needs = f"{source.compression} files need {name}{hint}"
        raise CorpusError(f"{source.name}: {needs}.") from error
