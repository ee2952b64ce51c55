"""One folder of a token store: its files, opened and compared with what `store.json` says.

All but the tokens are looked at here. They are checked block by block, when they are first read.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from rnngen.dataset.checks import CHECK, count_blocks
from rnngen.dataset.encode import id_dtype
from rnngen.dataset.facts import FACTS, STORE_VERSION, Facts
from rnngen.dataset.mapped import TokenFile, map_array
from rnngen.errors import CorpusError
from rnngen.untrusted_json import parse_object

if TYPE_CHECKING:
    from pathlib import Path

AGAIN = "Delete the folder; it is made again from the text."
AT_ONCE = 1 << 18
"""Documents whose places are checked together."""
OFFSETS, HASHES, COUNTS, CHECKS = "offsets.bin", "hashes.bin", "counts.bin", "checks.bin"
OTHERS = (OFFSETS, HASHES, COUNTS, CHECKS)
"""Files that are not of tokens."""


class StoreFolder:
    """What one folder holds."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, KeyError, TypeError or ValueError if it does not hold it."""
        values = parse_object((path / FACTS).read_text(encoding="utf-8"))
        if values["version"] != STORE_VERSION:
            raise CorpusError(
                f"{path}: a token store of version {values['version']}, "
                f"where this program knows {STORE_VERSION}. {AGAIN}"
            )
        self.facts = facts = Facts.from_dict(values)
        self.offsets = map_array(path / OFFSETS, "<u8", facts.num_documents + 1)
        self.hashes = map_array(path / HASHES, "<u8", facts.num_documents)
        self.counts = np.array(map_array(path / COUNTS, "<i8", facts.vocab_size))
        dtype = id_dtype(facts.vocab_size)
        blocks = [count_blocks(length * dtype.itemsize) for _, length in facts.files()]
        ends = np.cumsum([0, *blocks]).tolist()
        checks = map_array(path / CHECKS, CHECK, ends[-1])
        parts = {OFFSETS: self.offsets, HASHES: self.hashes, COUNTS: self.counts, CHECKS: checks}
        for name, array in parts.items():
            if zlib.crc32(array.data) != facts.crc32[name]:
                raise ValueError(f"{name} was changed")
        self.tokens = [
            TokenFile(path / name, dtype, length, checks[ends[index] : ends[index + 1]])
            for index, (name, length) in enumerate(facts.files())
        ]
        self._check_offsets()

    def _check_offsets(self) -> None:
        if self.offsets[0] != 0 or self.offsets[-1] != self.facts.num_tokens:
            raise ValueError(f"{OFFSETS} does not divide the tokens into documents")
        for first in range(0, self.facts.num_documents, AT_ONCE):
            some = self.offsets[first : first + AT_ONCE + 1]
            if (some[:-1] >= some[1:]).any():
                raise ValueError(f"{OFFSETS} does not divide the tokens into documents")
