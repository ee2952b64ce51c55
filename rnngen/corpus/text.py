"""Blocks of bytes to text in one shape: decoded, "\\n" line ends, Unicode NFC; errors by line."""

from __future__ import annotations

import codecs
import dataclasses
import re
from itertools import chain
from typing import TYPE_CHECKING

from rnngen.canonical import attaches, nfc
from rnngen.corpus import signs
from rnngen.corpus.files import blocks
from rnngen.corpus.tally import HANDLERS, Tally
from rnngen.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rnngen.config import ReadingConfig
    from rnngen.corpus.files import Source

LONG_LINE = 1 << 16  # characters; a shorter line is never cut
MOST_MARKS = 1 << 20  # combining characters in a row that are waited for


def read(source: Source, reading: ReadingConfig, tally: Tally | None = None) -> Iterator[str]:
    """The text of a file: "\\n" line ends, NFC, in pieces that end at a line where they can."""
    return compose(decode(source, reading, tally))


def decode(source: Source, reading: ReadingConfig, tally: Tally | None = None) -> Iterator[str]:
    """The text of a file as it comes, without BOM, "\\r\\n" and "\\r" made "\\n".

    tally: where bytes that are not in the encoding are counted, if `reading` tolerates them.
    Raises CorpusError that names the line and byte if it is not text, or does not.
    """
    tally = tally or Tally()
    handler = HANDLERS.get(reading.errors, "strict")
    decoder = codecs.getincrementaldecoder(reading.encoding)(handler)
    is_first = not source.start
    tally.lines_before = lambda: lines_before(source, reading)
    for block in chain(_check_blocks(source, reading.encoding), [b""]):
        try:
            text = tally.held + tally.decode(decoder, block)
        except UnicodeError as error:
            reason = getattr(error, "reason", str(error))
            if isinstance(error, UnicodeDecodeError) and "BOM" not in reason:
                raise _undecodable(source, reading, tally, error) from error
            raise CorpusError(
                f"{source.name}: not {reading.encoding}: {reason}. Without a byte order mark, "
                f"pass `encoding` {reading.encoding}-le or {reading.encoding}-be."
            ) from error
        if is_first and text:
            text, is_first = text.removeprefix("\ufeff"), False
        # The "\n" of a "\r" may be in the next block.
        tally.held = "\r" if block and text.endswith("\r") else ""
        text = unix_newlines(text.removesuffix(tally.held))
        tally.lines += text.count("\n")
        tally.is_ascii = tally.is_ascii and text.isascii()
        if text:
            yield text


def lines_before(source: Source, reading: ReadingConfig) -> int:
    """How many lines of the file end before the range that is read; only for messages."""
    before = dataclasses.replace(source, start=0, stop=source.start)
    return sum(text.count("\n") for text in decode(before, reading)) if source.start else 0


def compose(texts: Iterable[str]) -> Iterator[str]:
    """The same text in NFC, cut where neither side can change the other."""
    held = ""
    for text in texts:
        text = held + text
        end = cut(text, len(text) - 1)
        if len(text) <= LONG_LINE and text[end - 1] != "\n":
            end = 0
        if not end and len(text) > max(
            MOST_MARKS, LONG_LINE
        ):  # nothing but combining marks: no language's text
            end = len(text)
        held = text[end:]
        if end:
            yield nfc(text[:end])
    if held:
        yield nfc(held)


def cut(text: str, limit: int) -> int:
    """Where to cut `text`, at most `limit` < len(text): after a newline, else between characters.

    A combining mark or Hangul vowel or final stays with what it stands on. 0 if there is no place.
    """
    end = text.rfind("\n", 0, limit) + 1
    if not end:
        end = limit
        while end > 0 and attaches(text[end]):
            end -= 1
    return end


def unix_newlines(text: str) -> str:
    """`text` with "\\n" line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def replace_surrogates(text: str) -> str:
    """`text` with each half of a surrogate pair, which no encoding can write, made U+FFFD."""
    if re.search("[\ud800-\udfff]", text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _check_blocks(source: Source, encoding: str) -> Iterator[bytes]:
    """The blocks of a file. Raises CorpusError if its beginning is not that of a text."""
    codec = codecs.lookup(encoding).name
    seen = source.start
    for block in blocks(source):
        if not seen and (what := signs.no_text(block, source.path)):
            raise CorpusError(f"{source.name}: this is {what}")
        if seen < signs.HEAD and not codec.startswith(("utf-16", "utf-32")):
            is_first = not seen and codec.startswith("utf-8")
            _check_width(source, block[: signs.HEAD - seen], is_first=is_first)
        seen += len(block)
        yield block


def _check_width(source: Source, head: bytes, *, is_first: bool) -> None:
    """Raises CorpusError for bytes with NULs among them, which no text of narrow characters has.

    is_first: the text may begin with a byte order mark.
    """
    is_marked = is_first and head.startswith(tuple(signs.BOMS))
    if not is_marked and b"\0" not in head:
        return
    if encoding := signs.wide_encoding(head):
        raise CorpusError(f"{source.name}: this is {encoding.upper()}. Pass `encoding` {encoding}.")
    raise CorpusError(f"{source.name}: holds NUL bytes, so it is no text. {signs.SAVE}")


def _undecodable(
    source: Source, reading: ReadingConfig, tally: Tally, error: UnicodeDecodeError
) -> CorpusError:
    before = tally.held + error.object[: error.start].decode(error.encoding, "replace")
    line = 1 + tally.lines + tally.lines_before() + unix_newlines(before).count("\n")
    is_utf8 = codecs.lookup(reading.encoding).name.startswith("utf-8")
    what = "UTF-8" if is_utf8 else reading.encoding
    return CorpusError(
        f"{source.name}, line {line}: byte 0x{error.object[error.start]:02x} is not {what}. "
        + _advice(error.object, is_utf8=is_utf8, is_ascii=tally.is_ascii)
    )


def _advice(data: bytes, *, is_utf8: bool, is_ascii: bool) -> str:
    """What would work, of bytes that are not in the encoding that was tried.

    is_ascii: all that comes before them is.
    """
    if wide := signs.wide_encoding(data):
        return f"It looks like {wide.upper()}: pass `encoding` {wide}."
    if is_utf8 and is_ascii and signs.may_be_cp1252(data):
        return (
            "It looks like Windows-1252: pass `encoding` cp1252, or re-save the file as UTF-8; "
            "`errors` replace reads on."
        )
    encoding = "`encoding`" if is_utf8 else "another `encoding`"
    return f"Re-save the file as UTF-8, or pass {encoding} or `errors` replace."
