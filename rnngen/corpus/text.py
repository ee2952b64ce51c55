"""Blocks of bytes to text in one shape: decoded, "\\n" line ends, Unicode NFC; errors by line."""

from __future__ import annotations

import codecs
import dataclasses
import re
import unicodedata
from itertools import chain
from typing import TYPE_CHECKING

from rnngen.corpus.files import blocks
from rnngen.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rnngen.corpus.files import Source

LONG_LINE = 1 << 16  # characters; a shorter line is never cut
MOST_MARKS = 1 << 20  # combining characters in a row that are waited for
HEAD = 1 << 13  # bytes in which a NUL betrays a file that is no text
SAVE = "Save it as plain text (.txt)."
SIGNS = {
    b"\x89PNG": f"a PNG image, no text. {SAVE}",
    b"\xff\xd8\xff": f"a JPEG image, no text. {SAVE}",
    b"GIF87a": f"a GIF image, no text. {SAVE}",
    b"GIF89a": f"a GIF image, no text. {SAVE}",
    b"%PDF-": f"a PDF document, no text. {SAVE}",
    b"{\\rtf": f"an RTF document, no text. {SAVE}",
    b"PK\x03\x04": f"a zip archive (or .docx, .odt, .epub), no text. {SAVE}",
    b"\x1f\x8b": "gzip data. Give the file the ending .gz.",
    b"\xfd7zXZ\0": "xz data. Give the file the ending .xz.",
    b"BZh91AY&SY": "bzip2 data. Give the file the ending .bz2.",
    b"\x28\xb5\x2f\xfd": "zstd data. Give the file the ending .zst.",
}
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def check_encoding(encoding: str) -> None:
    """Raises CorpusError unless Python can decode text from `encoding`, block by block."""
    try:
        codecs.getincrementaldecoder(encoding)
        "a".encode(encoding)
    except (LookupError, ValueError) as error:
        raise CorpusError(
            f"unknown encoding {encoding!r}. Try utf-8, utf-16, latin-1, cp1252 or shift_jis."
        ) from error


def read(source: Source, encoding: str) -> Iterator[str]:
    """The text of a file: "\\n" line ends, NFC, in pieces that end at a line where they can."""
    return compose(decode(source, encoding))


def decode(source: Source, encoding: str) -> Iterator[str]:
    """The text of a file as it comes, without BOM, "\\r\\n" and "\\r" made "\\n".

    Raises CorpusError that names the line and byte if it is not text in `encoding`.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    lines, held, is_first = 0, "", not source.start
    for block in chain(_check_blocks(source, encoding), [b""]):
        try:
            text = held + decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            before = held + error.object[: error.start].decode(error.encoding, "replace")
            lines += lines_before(source, encoding) + unix_newlines(before).count("\n")
            raise _undecodable(source, encoding, lines, error) from error
        except UnicodeError as error:  # UTF-16 without a BOM
            raise CorpusError(f"{source.name}: not {encoding}: {error}.") from error
        if is_first and text:
            text, is_first = text.removeprefix("\ufeff"), False
        held = "\r" if block and text.endswith("\r") else ""  # its "\n" may be in the next block
        text = unix_newlines(text.removesuffix(held))
        lines += text.count("\n")
        if text:
            yield text


def lines_before(source: Source, encoding: str) -> int:
    """How many lines of the file end before the range that is read; only for messages."""
    before = dataclasses.replace(source, start=0, stop=source.start)
    return sum(text.count("\n") for text in decode(before, encoding)) if source.start else 0


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
        while end > 0 and _joins(text[end]):
            end -= 1
    return end


def nfc(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def unix_newlines(text: str) -> str:
    """`text` with "\\n" line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def replace_surrogates(text: str) -> str:
    """`text` with each half of a surrogate pair, which no encoding can write, made U+FFFD."""
    if re.search("[\ud800-\udfff]", text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _joins(char: str) -> bool:
    # All characters that NFC may compose with one before are marks or in this block of jamo.
    return unicodedata.category(char)[0] == "M" or "\u1160" <= char <= "\u11ff"


def _check_blocks(source: Source, encoding: str) -> Iterator[bytes]:
    """The blocks of a file. Raises CorpusError if its beginning is not that of a text."""
    codec = codecs.lookup(encoding).name
    seen = source.start
    for block in blocks(source):
        if not seen:
            _check_signs(source, block, codec)
        if b"\0" in block[: max(0, HEAD - seen)] and not codec.startswith(("utf-16", "utf-32")):
            raise CorpusError(f"{source.name}: holds NUL bytes, so it is no text. {SAVE}")
        seen += len(block)
        yield block


def _check_signs(source: Source, block: bytes, codec: str) -> None:
    for sign, what in SIGNS.items():
        if block.startswith(sign):
            raise CorpusError(f"{source.name}: this is {what}")
    if block.startswith(UTF16) and codec.startswith("utf-8"):
        raise CorpusError(f"{source.name}: this is UTF-16. Pass --encoding utf-16.")


def _undecodable(
    source: Source, encoding: str, lines: int, error: UnicodeDecodeError
) -> CorpusError:
    is_utf8 = codecs.lookup(encoding).name.startswith("utf-8")
    hint = "or pass --encoding" if is_utf8 else "or pass another --encoding"
    return CorpusError(
        f"{source.name}, line {lines + 1}: byte 0x{error.object[error.start]:02x} is not "
        f"{'UTF-8' if is_utf8 else encoding}. Re-save the file as UTF-8, {hint}."
    )
