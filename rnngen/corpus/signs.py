"""What a file is that is no text, by the bytes it begins with; and which encoding it may be in."""

from __future__ import annotations

import codecs
import re
import unicodedata
import zlib
from pathlib import Path

from rnngen.files import LFS_POINTER

HEAD = 1 << 13  # bytes in which a NUL betrays a file that is no text
SAVE = "Save it as plain text (.txt)."
UNPACK = "Unpack it, and name the texts in it."
SIGNS = {
    b"\x89PNG": f"a PNG image, no text. {SAVE}",
    b"\xff\xd8\xff": f"a JPEG image, no text. {SAVE}",
    b"GIF87a": f"a GIF image, no text. {SAVE}",
    b"GIF89a": f"a GIF image, no text. {SAVE}",
    b"%PDF-": f"a PDF document, no text. {SAVE}",
    b"{\\rtf": f"an RTF document, no text. {SAVE}",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": f"a Microsoft Office document, no text. {SAVE}",
    b"7z\xbc\xaf\x27\x1c": f"a 7z archive, no text. {UNPACK}",
    b"Rar!\x1a\x07": f"a RAR archive, no text. {UNPACK}",
    b"SQLite format 3\0": "an SQLite database, no text. Export its table as .csv.",
    b"PAR1": "a Parquet table, no text. Export it as .csv or .jsonl.",
    b"\x1f\x8b": "gzip data. Give the file the ending .gz.",
    b"\xfd7zXZ\0": "xz data. Give the file the ending .xz.",
    b"BZh91AY&SY": "bzip2 data. Give the file the ending .bz2.",
    b"\x28\xb5\x2f\xfd": "zstd data. Give the file the ending .zst.",
    LFS_POINTER: (
        "a Git LFS pointer, which stands for the file itself. Fetch that with: git lfs pull"
    ),
}
ZIP = b"PK\x03\x04"
ZIPPED = {
    b"application/epub+zip": "an EPUB book. Give the file the ending .epub, or pass `format` epub.",
    b"application/vnd.oasis.opendocument": f"an OpenDocument file, no text. {SAVE}",
    b"word/": f"a Word document (.docx), no text. {SAVE}",
    b"xl/": "an Excel workbook (.xlsx), no text. Save its table as .csv.",
    b"ppt/": f"a PowerPoint file (.pptx), no text. {SAVE}",
}
ENDINGS = {
    ".epub": ZIPPED[b"application/epub+zip"],
    ".odt": ZIPPED[b"application/vnd.oasis.opendocument"],
    ".docx": ZIPPED[b"word/"],
    ".xlsx": ZIPPED[b"xl/"],
    ".pptx": ZIPPED[b"ppt/"],
}
"""Of files whose first bytes do not tell."""
TAR = f"a tar archive, no text. {UNPACK}"
LOCAL_NAME = 30
"""Where in a zip file the name of its first member begins."""
BOMS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
USUAL = set(" \n\r\t.,!?0123456789\u3000\u3002\u3001\uff0c\uff01\uff1f\u060c\u0964")
"""Characters of which every longer text has some."""
LEAST_USUAL = 0.02
MOST_ODD = 0.02
UNDEFINED = frozenset(b"\x81\x8d\x8f\x90\x9d")
"""Bytes that are nothing in Windows-1252."""
LETTERS = frozenset(b"\x8a\x8c\x8e\x9a\x9c\x9e\x9f") | frozenset(range(0xC0, 0x100)) - {0xD7, 0xF7}
"""Its letters beyond ASCII."""
MOST_FOREIGN = 0.3
"""Share of letters beyond ASCII, at most, in the languages of Windows-1252."""


def no_text(head: bytes, path: str) -> str:
    """What the file is, as an end of "this is ..."; "" if nothing speaks against its being text.

    head: its first bytes, unpacked.  path: by whose ending kinds of zip archives are told apart.
    """
    if _is_tar(head) or (head.startswith(b"\x1f\x8b") and _is_tar(_unpacked(head))):
        return TAR
    if head.startswith(ZIP):
        return _zip(head, Path(path).suffix.lower())
    return next((what for sign, what in SIGNS.items() if head.startswith(sign)), "")


def wide_encoding(head: bytes) -> str:
    """`utf-16`, `utf-16-le` and so on if the bytes are text in it, else "".

    Without a byte order mark both orders are tried: in the right one hardly anything is unassigned
    or a control character, and there are blanks, digits, stops and line ends.
    """
    for mark, encoding in BOMS.items():
        if head.startswith(mark):
            return encoding
    shares = {order: _usual_share(head, order) for order in ("utf-16-le", "utf-16-be")}
    best = max(shares, key=lambda order: shares[order])
    return best if shares[best] >= LEAST_USUAL else ""


def may_be_cp1252(data: bytes) -> bool:
    """Whether bytes that are not UTF-8 are likely Windows-1252: letters of western languages."""
    if not data.decode("utf-8", "ignore").isascii():  # most of it is UTF-8, some of it damaged
        return False
    foreign = [byte for byte in data if byte >= 0x80]
    if not UNDEFINED.isdisjoint(foreign):
        return False
    letters = sum(byte in LETTERS for byte in foreign)
    plain = len(re.findall(rb"[A-Za-z]", data))
    return letters <= MOST_FOREIGN * (letters + plain) and not re.search(rb"[\x80-\xff]{4}", data)


def _is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def _unpacked(head: bytes) -> bytes:
    """The beginning of what the beginning of a gzip file holds."""
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(head, HEAD)
    except zlib.error:
        return b""


def _zip(head: bytes, ending: str) -> str:
    for sign, what in ZIPPED.items():
        if sign in head[LOCAL_NAME : LOCAL_NAME + 100]:
            return what
    names = re.findall(rb"PK\x03\x04.{26}([ -~]+)", head, re.DOTALL)
    for sign, what in ZIPPED.items():
        if any(name.startswith(sign) for name in names):
            return what
    return ENDINGS.get(ending, f"a zip archive (or .docx, .odt, .epub), no text. {UNPACK}")


def _usual_share(head: bytes, encoding: str) -> float:
    """The share of `USUAL` characters if the bytes are text in an encoding, else 0."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(head[:HEAD])
    except UnicodeDecodeError:
        return 0.0
    odd = sum(unicodedata.category(c) in ("Cc", "Cn", "Co") and c not in USUAL for c in text)
    if not text or odd > MOST_ODD * len(text):
        return 0.0
    return sum(char in USUAL for char in text) / len(text)
