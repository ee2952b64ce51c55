"""Joins the text that base-en learns from: `scripts/make_base_text.py FOLDER FILE`.

FOLDER holds one file a source, NAME.txt; checkpoints/README.md says where they are from. Each is
cut into stretches of whole lines. A share of them goes in, or several copies. Three in ten are
made small letters, as haiku and songs are. All are put in the order of their digests, so the same
sources give the same bytes.
"""

from __future__ import annotations

import hashlib
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

COPIES = {
    "standardebooks": 1.0,
    "standardebooks_poetry": 2.0,
    "openstax": 1.0,
    "topical_chat": 1.5,
    "wordnet_examples": 2.0,
    "wordnet_glosses": 0.3,
    "masc": 1.0,
    "tatoeba": 2.0,
    "common_voice": 2.0,
    "childrens_stories": 2.0,
    "books": 0.5,
    "poetry": 0.5,
}
"""How often each source goes in, on average."""
STRETCH = 32_768
"""Characters of a stretch, or a line more."""
SMALL = 77
"""Of 256 stretches, those made small letters."""


def stretches(text: str) -> Iterator[str]:
    part: list[str] = []
    length = 0
    for line in text.split("\n"):
        part.append(line)
        length += len(line) + 1
        if length >= STRETCH:
            yield "\n".join(part)
            part, length = [], 0
    if part:
        yield "\n".join(part)


def main(folder: str, file: str) -> None:
    chosen: list[tuple[bytes, str]] = []
    for name, copies in COPIES.items():
        text = unicodedata.normalize("NFC", Path(folder, f"{name}.txt").read_text("utf-8"))
        for stretch in stretches(text.replace("\r", "")):
            for copy in range(2):
                digest = hashlib.sha256(f"{name} {copy} {stretch}".encode()).digest()
                if copy + digest[0] / 256 < copies:
                    chosen.append((digest, stretch.lower() if digest[1] < SMALL else stretch))
    Path(file).write_text("\n".join(text for _, text in sorted(chosen)), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
